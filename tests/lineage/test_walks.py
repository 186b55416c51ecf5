"""Walking an index, not a history: what the statements of lineage cost."""

import json
import re
import sqlite3

import pytest

from tests.lineage.rows import FIRST_MS, add_spec
from trainautod.lineage.errors import AmbiguousDigest, UnknownNode
from trainautod.lineage.queries import sql
from trainautod.lineage.walks import MOST, lineage_document

WALKS = (
    "inputs_of_run",
    "steps_shown_of_run",
    "runs_reused_by_run",
    "runs_reusing_run",
    "step_with_pipeline",
    "steps_reusing_step",
    "files_used_by_attempt",
    "files_made_by_attempt",
    "file_made",
    "file_used",
    "steps_that_made_file",
    "steps_that_used_file",
    "digests_beginning_with",
    "version_row",
    "versions_with_file",
    "versions_made_by_step",
)
#: Those of which a history has no end: they must answer in the order of an index.
ENDLESS = ("file_made", "file_used", "steps_that_made_file", "steps_that_used_file")


def plan_of(connection: sqlite3.Connection, name: str) -> list[str]:
    parameters = dict.fromkeys(re.findall(r":(\w+)", sql(name)))
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql(name)}", parameters).fetchall()
    return [row["detail"] for row in rows]


@pytest.mark.parametrize("name", WALKS)
def test_no_table_is_read_from_end_to_end(connection: sqlite3.Connection, name: str) -> None:
    scanned = [line for line in plan_of(connection, name) if re.match(r"SCAN \w+", line)]
    assert [line for line in scanned if line != "SCAN CONSTANT ROW"] == []


@pytest.mark.parametrize("name", ENDLESS)
def test_a_long_history_is_not_sorted(connection: sqlite3.Connection, name: str) -> None:
    assert [line for line in plan_of(connection, name) if "TEMP B-TREE" in line] == []


@pytest.mark.parametrize(
    ("of", "told"),
    [
        ("latest", "there is no run yet"),
        ("nothing", "there is no run 'nothing'"),
        ("abc", "no run, and no file that a run made or used, is called 'abc'"),
        ("run:abc", "there is no run 'abc'"),
        ("artifact:xyz", "'xyz' is not a digest"),
        ("artifact:", "'' is not a digest"),
        ("churn@1", "there is no model version 'churn@1'"),
        ("version:churn", "there is no model version 'churn'"),
        ("step:abc", "there is no run 'abc'"),
        ("abc/train", "there is no run 'abc'"),
        ("what:ever", "there is no run 'what:ever'"),
    ],
)
def test_what_is_not_there_is_named(connection: sqlite3.Connection, of: str, told: str) -> None:
    with pytest.raises(UnknownNode, match=re.escape(told)):
        lineage_document(connection, of)


def add_run(connection: sqlite3.Connection, run_id: str) -> None:
    """Write a run with a step ``a`` that has run once."""
    row = {
        "run_id": run_id,
        "pipeline": "nightly",
        "path": "/p.yaml",
        "spec_digest": "spec",
        "scheduled_time": "2013-07-10T02:00:00-04:00",
        "scheduled_ms": 1_373_436_000_000,
        "trigger": json.dumps({"kind": "cron"}),
        "trigger_kind": "cron",
        "params": "{}",
        "options": "{}",
        "code": "{}",
        "submitted_ms": FIRST_MS,
    }
    connection.execute(sql("add_run"), row)
    step = {"step": "a", "position": 0, "needs": "[]", "foreach": False, "step_group": None}
    connection.execute(sql("add_step"), {"run_id": run_id, **step})
    connection.execute("UPDATE steps SET status = 'succeeded', attempt = 1")


def add_artifact(connection: sqlite3.Connection, run_id: str, path: str, digest: str) -> None:
    attempt = {"run_id": run_id, "step": "a", "attempt": 1}
    file = {"path": path, "digest": digest, "size": 3_500_000, "executable": False}
    connection.execute(sql("add_artifact"), {**attempt, **file})


def test_a_beginning_of_several_digests_is_not_enough(connection: sqlite3.Connection) -> None:
    add_spec(connection)
    add_run(connection, "r1")
    add_artifact(connection, "r1", "x", "abc0")
    add_artifact(connection, "r1", "y", "abd0")

    found = lineage_document(connection, "abc")["node"]

    assert (found["id"], found["label"], found["detail"]) == ("abc0", "x", "output, 3.3 MiB")
    with pytest.raises(AmbiguousDigest, match="begins with 'ab'"):
        lineage_document(connection, "ab")
    with pytest.raises(UnknownNode):
        lineage_document(connection, "abe")


def test_of_a_long_history_the_newest_is_told(connection: sqlite3.Connection) -> None:
    add_spec(connection)
    runs = [f"r{number:03d}" for number in range(MOST + 5)]
    for run_id in runs:
        add_run(connection, run_id)
        add_artifact(connection, run_id, "x", "abc0")

    found = lineage_document(connection, "artifact:abc0")

    assert [node["id"] for node in found["up"]] == [f"{r}/a" for r in reversed(runs[5:])]
    assert found["more"] == {"up": True, "down": False}
    assert found["up"][0]["detail"] == "nightly, attempt 1"
