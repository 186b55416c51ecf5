"""Stores of every age and condition: new, empty, old, newer, damaged."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from trainautod.lineage import Store, events
from trainautod.lineage import schema as schema_module
from trainautod.lineage.errors import LineageError, MigrationFailed, StoreCorrupt, StoreTooNew
from trainautod.lineage.runs import run_document
from trainautod.lineage.schema import MIGRATIONS, prepare
from trainautod.registry import models_document

RELEASES = sorted((Path(__file__).parent / "stores").glob("*.sql"))


def applied(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name FROM _sqlite_migrations ORDER BY rowid").fetchall()
    return [name for (name,) in rows]


def tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite_%'"
    )
    return [row[0] for row in rows]


def test_the_names_of_the_migrations_are_those_that_are_registered() -> None:
    ask = "from trainautod.lineage.migrations import migrations as m, Database; "
    ask += "print(*(p.name for p in m.pending(Database(memory=True))))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert tuple(done.stdout.split()) == MIGRATIONS


def test_migrating_imports_no_pandas_into_this_process(tmp_path: Path) -> None:
    ask = (
        "import sys; from pathlib import Path; from trainautod.lineage import Store;"
        "Store.open(Path(sys.argv[1])).close();"
        "print([m for m in ('pandas', 'numpy', 'sqlite_utils') if m in sys.modules])"
    )
    command = [sys.executable, "-c", ask, str(tmp_path / "store.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class TestNew:
    def test_a_store_is_created(self, tmp_path: Path) -> None:
        path = tmp_path / "store.db"
        prepare(path)
        assert applied(path) == list(MIGRATIONS)

    def test_an_empty_file_is_a_store_without_rows(self, tmp_path: Path) -> None:
        path = tmp_path / "store.db"
        path.touch()
        prepare(path)
        assert applied(path) == list(MIGRATIONS)

    def test_a_current_store_is_opened_without_another_process(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "executable", "/no/such/python")
        Store.open(path).close()

    def test_tables_are_strict(self, connection: sqlite3.Connection) -> None:
        made = dict(
            connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
            ).fetchall()
        )
        loose = [n for n in tables(connection) if not made[n].rstrip().endswith("STRICT")]
        assert loose == []
        with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT value"):
            connection.execute("INSERT INTO models VALUES ('m', 'yesterday')")

    def test_rows_name_only_rows_that_exist(self, connection: sqlite3.Connection) -> None:
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            connection.execute(
                "INSERT INTO steps (run_id, step, position, needs, foreach, status, cached,"
                " attempt) VALUES ('ghost', 'a', 0, '[]', 0, 'pending', 0, 0)"
            )

    def test_is_sound(self, connection: sqlite3.Connection) -> None:
        assert [r[0] for r in connection.execute("PRAGMA integrity_check")] == ["ok"]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


class TestOld:
    @pytest.mark.parametrize("count", range(len(MIGRATIONS)))
    def test_a_store_is_brought_up_to_date_from_any_migration(
        self, tmp_path: Path, count: int
    ) -> None:
        path = tmp_path / "store.db"
        stop = f"stop_before='{MIGRATIONS[count]}'"
        made = (
            "import sys; from trainautod.lineage.migrations import migrations, Database;"
            f"db = Database(sys.argv[1]); migrations.apply(db, {stop}); db.close()"
        )
        subprocess.run([sys.executable, "-c", made, str(path)], check=True)
        assert applied(path) == list(MIGRATIONS[:count])
        prepare(path)
        assert applied(path) == list(MIGRATIONS)

    @pytest.mark.parametrize("dump", RELEASES, ids=lambda path: path.stem)
    def test_the_store_of_each_release_keeps_all_its_rows(self, tmp_path: Path, dump: Path) -> None:
        path = tmp_path / "store.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(dump.read_text("utf-8"))
            before = {
                table: connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
                for table in tables(connection)
            }
        store = Store.open(path)

        def read(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
            assert [r[0] for r in connection.execute("PRAGMA integrity_check")] == ["ok"]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            return {
                table: [tuple(row) for row in connection.execute(f"SELECT * FROM {table}")]
                for table in before
            }

        after = store.submit(read).result(10)
        store.close()
        assert all(len(before[table]) == len(after[table]) for table in before)
        assert all(before[table] for table in before), "a release's store has rows in each table"

    @pytest.mark.parametrize("dump", RELEASES, ids=lambda path: path.stem)
    def test_the_store_of_each_release_can_be_read_and_written(
        self, tmp_path: Path, dump: Path
    ) -> None:
        path = tmp_path / "store.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(dump.read_text("utf-8"))
        store = Store.open(path)

        def read(connection: sqlite3.Connection) -> None:
            runs = connection.execute("SELECT run_id FROM runs").fetchall()
            for (run_id,) in runs:
                assert run_document(connection, run_id)["steps"]
            (model,) = models_document(connection)
            assert model["versions"][0]["stage"] == "staging"
            last = events.last(connection)
            assert events.append(connection, kind="more", at_ms=1)["seq"] == last + 1

        store.submit(read, writes=True).result(10)
        store.close()

    def test_the_last_value_of_each_metric_of_older_stores_is_found(self, tmp_path: Path) -> None:
        path = tmp_path / "store.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(RELEASES[0].read_text("utf-8"))
            points = connection.execute("SELECT * FROM metrics ORDER BY position").fetchall()
        expected: dict[tuple[str, str], dict[str, float]] = {}
        for run_id, step, _, _, name, value, _ in points:
            expected.setdefault((run_id, step), {})[name] = value
        store = Store.open(path)

        def read(connection: sqlite3.Connection) -> dict[tuple[str, str], dict[str, float]]:
            ids = [row["run_id"] for row in connection.execute("SELECT run_id FROM runs")]
            steps = [(i, step) for i in ids for step in run_document(connection, i)["steps"]]
            return {
                (i, step["id"]): step["metrics"]
                for i, step in steps
                if step["metrics"] and not step["cached"]
            }

        found = store.submit(read).result(10)
        store.close()
        assert found == expected
        assert expected

    def test_runs_of_older_stores_are_found_by_their_trigger(self, tmp_path: Path) -> None:
        path = tmp_path / "store.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(RELEASES[0].read_text("utf-8"))
            told = connection.execute("SELECT run_id, trigger FROM runs").fetchall()
            first = told[0][0]
            connection.execute("UPDATE runs SET trigger = '{{' WHERE run_id = ?", (first,))
            connection.commit()
        store = Store.open(path)
        ask = "SELECT run_id, trigger_kind FROM runs"
        found = dict(store.submit(lambda c: [tuple(r) for r in c.execute(ask)]).result(10))
        store.close()
        kinds = {run_id: json.loads(trigger)["kind"] for run_id, trigger in told}
        assert found == {**kinds, first: None}


class TestNewer:
    def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(self, path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
                " VALUES ('trainauto', '0099_from_the_future', '2031-01-01')"
            )
        before = path.read_bytes()
        with pytest.raises(StoreTooNew, match=r"0099_from_the_future.*upgrade"):
            Store.open(path)
        assert path.read_bytes() == before


def damaged(path: Path) -> dict[str, bytes]:
    """The same store with different harms done to it."""
    sound = path.read_bytes()
    page = 4096
    return {
        "not a database": b"{}" * 4000,
        "cut short": sound[: 5 * page],
        "a page overwritten": sound[: 2 * page] + b"\xaa" * page + sound[3 * page :],
        "header lost": b"\0" * 100 + sound[100:],
    }


class TestDamaged:
    @pytest.mark.parametrize(
        "harm", ["not a database", "cut short", "a page overwritten", "header lost"]
    )
    def test_a_damaged_store_is_refused_and_left_as_it_is(self, path: Path, harm: str) -> None:
        content = damaged(path)[harm]
        path.write_bytes(content)
        with pytest.raises(StoreCorrupt, match=r"store\.db .*restore a backup"):
            Store.open(path)
        assert path.read_bytes() == content

    def test_a_damaged_store_with_a_log_beside_it_is_left_as_it_is(self, path: Path) -> None:
        store = Store.open(path)
        store.submit(lambda c: events.append(c, kind="k", at_ms=1), writes=True).result(10)
        log = path.with_name("store.db-wal").read_bytes()
        store.close()
        content = damaged(path)["a page overwritten"]
        path.write_bytes(content)
        path.with_name("store.db-wal").write_bytes(log)
        with pytest.raises(StoreCorrupt):
            Store.open(path)
        assert path.read_bytes() == content
        assert path.with_name("store.db-wal").read_bytes() == log

    def test_a_folder_in_its_place_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(StoreCorrupt, match="cannot be read"):
            prepare(tmp_path)

    def test_a_migration_that_fails_says_why(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(MigrationFailed, match="unable to open database file"):
            prepare(tmp_path / "no such folder" / "store.db")

    def test_what_a_last_transaction_left_in_the_log_is_not_lost(self, path: Path) -> None:
        store = Store.open(path)
        store.submit(lambda c: events.append(c, kind="k", at_ms=1), writes=True).result(10)
        copy = path.with_name("copy.db")
        copy.write_bytes(path.read_bytes())
        log = path.with_name("store.db-wal").read_bytes()
        copy.with_name("copy.db-wal").write_bytes(log)
        store.close()
        again = Store.open(copy)
        assert again.submit(events.last).result(10) == 1
        again.close()


def test_every_error_says_what_to_do() -> None:
    for error in (StoreCorrupt, StoreTooNew, MigrationFailed):
        assert issubclass(error, LineageError)
        assert str(error()) == error.__doc__
    assert schema_module.MIGRATION_SET == "trainauto"
