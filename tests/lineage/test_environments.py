"""Environment manifests are stored once per content."""

import json
import sqlite3

from tests.lineage.rows import add_runs
from trainautod.lineage.environments import add_manifest, put_environment


def test_the_same_manifest_is_stored_once(connection: sqlite3.Connection) -> None:
    first = add_manifest(connection, {"python": "CPython 3.11.7", "packages": {"numpy": "2.4.6"}})
    again = add_manifest(connection, {"packages": {"numpy": "2.4.6"}, "python": "CPython 3.11.7"})
    other = add_manifest(connection, {"python": "CPython 3.12.0", "packages": {}})
    assert first == again != other
    stored = connection.execute("SELECT * FROM environments").fetchall()
    assert len(stored) == 2
    kept = {row["digest"]: json.loads(row["manifest"]) for row in stored}
    assert kept[first]["packages"] == {"numpy": "2.4.6"}


def test_a_run_names_its_environment(connection: sqlite3.Connection) -> None:
    add_runs(connection, ["run"])
    put_environment(connection, "run", {"git": {"commit": "abc", "dirty": False}})
    row = connection.execute("SELECT environment FROM runs").fetchone()
    found = connection.execute("SELECT manifest FROM environments WHERE digest = ?", tuple(row))
    assert json.loads(found.fetchone()[0]) == {"git": {"commit": "abc", "dirty": False}}
