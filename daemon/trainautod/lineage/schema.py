"""Which migrations a store has, read without sqlite-utils so that a start-up stays quick."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from trainautod.lineage.errors import MigrationFailed, StoreCorrupt, StoreTooNew

STORE = "store.db"  # in the home directory
MIGRATION_SET = "trainauto"

#: In order; a test holds it equal to ``migrations.py``.
MIGRATIONS = (
    "0001_events_and_runs",
    "0002_artifacts_and_results",
    "0003_registry_and_slots",
    "0004_filters",
    "0005_walks",
    "0006_last_metrics",
    "0007_causes",
)


def prepare(path: Path) -> None:
    """Check the store at ``path`` and migrate it to the current schema when it is older.

    Raises:
        StoreCorrupt: SQLite's quick check fails; the file is left as it is.
        StoreTooNew: the store has migrations that this version does not know.
        MigrationFailed: a migration failed; each one is a transaction of its own.
    """
    applied = _applied(path) if path.exists() else ()
    unknown = sorted(set(applied) - set(MIGRATIONS))
    if unknown:
        raise StoreTooNew(f"{path} has {unknown[-1]}, which this version does not know; upgrade")
    if tuple(applied) != MIGRATIONS:
        _migrate(path)


def _applied(path: Path) -> tuple[str, ...]:
    untouched = f"{path.absolute().as_uri()}?mode=ro"  # a damaged store must not change further
    try:
        with closing(sqlite3.connect(untouched, uri=True)) as connection:
            check = connection.execute("PRAGMA quick_check(1)").fetchone()
            if check != ("ok",):
                told = check[0].splitlines()[-1]
                raise StoreCorrupt(f"{path} is damaged ({told}); restore a backup of it")
            found = connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'"
            ).fetchone()
            rows = connection.execute(
                "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY rowid"
                if found
                else "SELECT 1 WHERE ? = ''",
                (MIGRATION_SET,),
            ).fetchall()
    except sqlite3.DatabaseError as error:
        raise StoreCorrupt(f"{path} cannot be read ({error}); restore a backup of it") from error
    return tuple(name for (name,) in rows)


def _migrate(path: Path) -> None:
    command = [sys.executable, "-P", "-m", "trainautod.lineage.migrations", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        told = done.stderr.strip().splitlines()
        raise MigrationFailed(f"{path}: {told[-1] if told else 'migration ended without a word'}")
    path.chmod(0o600)
