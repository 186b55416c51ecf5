"""Finding runs and paging through them."""

import json
import sqlite3

import pytest

from tests.lineage.rows import FIRST_MS, add_spec
from trainautod.lineage.errors import AmbiguousRun, UnknownRun
from trainautod.lineage.queries import sql
from trainautod.lineage.runs import find_run, last_runs, run_document, run_page

Connection = sqlite3.Connection


def add_runs(connection: Connection, ids: list[str], pipeline: str = "nightly") -> None:
    """Write rows of runs without steps."""
    add_spec(connection)
    row = {
        "pipeline": pipeline,
        "path": "/p.yaml",
        "spec_digest": "spec",
        "scheduled_time": "2013-07-10T00:00:00+00:00",
        "trigger": json.dumps({"kind": "manual"}),
        "params": "{}",
        "options": "{}",
        "code": "{}",
        "submitted_ms": FIRST_MS,
    }
    connection.execute("BEGIN")
    connection.executemany(sql("add_run"), [{**row, "run_id": i} for i in ids])
    connection.execute("COMMIT")


def set_status(connection: Connection, run_id: str, status: str, at_ms: int) -> None:
    error = {"error_step": None, "error_message": None}
    row = {"run_id": run_id, "status": status, "at_ms": at_ms, **error}
    connection.execute(sql("set_run_status"), row)


class TestFinding:
    def test_by_id_by_beginning_and_the_latest(self, connection: Connection) -> None:
        add_runs(connection, ["aa1", "aa2", "ab1"])
        assert find_run(connection, "aa2") == "aa2"
        assert find_run(connection, "ab") == "ab1"
        assert find_run(connection, "latest") == "ab1"

    def test_a_beginning_of_several_is_not_enough(self, connection: Connection) -> None:
        add_runs(connection, ["aa1", "aa2", "ab1"])
        with pytest.raises(AmbiguousRun, match="'aa'; give more characters"):
            find_run(connection, "aa")

    def test_a_whole_id_is_never_ambiguous(self, connection: Connection) -> None:
        add_runs(connection, ["aa", "aa1", "aa2"])
        assert find_run(connection, "aa") == "aa"

    @pytest.mark.parametrize("wanted", ["b", "aa11", "AA1", "%", "_", "a'1", "~"])
    def test_what_no_run_begins_with_is_unknown(self, connection: Connection, wanted: str) -> None:
        add_runs(connection, ["aa1"])
        with pytest.raises(UnknownRun, match="trainauto runs"):
            find_run(connection, wanted)

    def test_before_the_first_run_there_is_no_latest(self, connection: Connection) -> None:
        with pytest.raises(UnknownRun, match="there is no run yet"):
            find_run(connection, "latest")

    def test_a_document_needs_a_run(self, connection: Connection) -> None:
        with pytest.raises(UnknownRun):
            run_document(connection, "ghost")


class TestPages:
    def test_are_stable_while_new_runs_arrive(self, connection: Connection) -> None:
        ids = [f"{number:016d}" for number in range(10_000)]
        add_runs(connection, ids)
        seen: list[str] = []
        before, newer = None, 10_000
        while True:
            page = run_page(connection, pipeline=None, status=None, before=before, limit=730)
            seen += [run["run_id"] for run in page["runs"]]
            add_runs(connection, [f"{newer:016d}"])
            newer, before = newer + 1, page["next"]
            if before is None:
                break
        assert seen == list(reversed(ids))

    def test_never_scan_the_whole_table(self, connection: Connection) -> None:
        add_runs(connection, [f"r{i:03d}" for i in range(50)])
        every = {"pipeline": None, "status": None, "before": "r020", "limit": 10}
        (plan,) = connection.execute("EXPLAIN QUERY PLAN " + sql("run_page"), every).fetchall()
        assert "USING INDEX" in plan["detail"]

    def test_end_where_the_runs_end(self, connection: Connection) -> None:
        add_runs(connection, ["a", "b", "c"])
        page = run_page(connection, pipeline=None, status=None, before=None, limit=3)
        assert page["next"] == "a"
        page = run_page(connection, pipeline=None, status=None, before="a", limit=3)
        assert page == {"runs": [], "next": None}

    def test_show_one_pipeline_or_one_status(self, connection: Connection) -> None:
        add_runs(connection, ["a1", "a2"], "nightly")
        add_runs(connection, ["b1", "b2"], "weekly")
        set_status(connection, "a1", "failed", FIRST_MS)
        set_status(connection, "b2", "failed", FIRST_MS)

        def ids(pipeline: str | None, status: str | None) -> list[str]:
            page = run_page(connection, pipeline=pipeline, status=status, before=None, limit=9)
            return [run["run_id"] for run in page["runs"]]

        assert ids("nightly", None) == ["a2", "a1"]
        assert ids(None, "failed") == ["b2", "a1"]
        assert ids("weekly", "failed") == ["b2"]
        assert ids("weekly", "running") == []


def test_the_newest_runs_of_a_pipeline_come_with_their_times(connection: Connection) -> None:
    add_runs(connection, ["a1", "a2", "a3"])
    add_runs(connection, ["b1"], "weekly")
    set_status(connection, "a2", "running", FIRST_MS + 500)
    set_status(connection, "a2", "succeeded", FIRST_MS + 2000)
    newest, older = last_runs(connection, "nightly", 2)
    assert (newest["run_id"], newest["status"], newest["started_at"]) == ("a3", "queued", None)
    assert older["run_id"] == "a2"
    assert older["started_at"] == "2013-07-10T07:00:00.500+00:00"
    assert older["ended_at"] == "2013-07-10T07:00:02.000+00:00"
    page = run_page(connection, pipeline=None, status="succeeded", before=None, limit=1)
    assert page["runs"][0]["duration_s"] == 1.5


def test_counts_are_of_what_is_not_finished(connection: Connection) -> None:
    add_runs(connection, ["a", "b", "c", "d"])
    set_status(connection, "a", "running", 1)
    set_status(connection, "b", "succeeded", 1)
    counts = {row["status"]: row["count"] for row in connection.execute(sql("run_counts"))}
    assert counts == {"queued": 2, "running": 1}
    unfinished = [row["run_id"] for row in connection.execute(sql("unfinished_runs"))]
    assert unfinished == ["a", "c", "d"]
