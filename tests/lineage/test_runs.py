"""Finding runs and paging through them."""

import sqlite3

import pytest

from tests.lineage.rows import FIRST_MS, add_runs, set_status
from trainautod.lineage.errors import AmbiguousRun, UnknownRun
from trainautod.lineage.queries import sql
from trainautod.lineage.runs import find_run, last_runs, run_document, summary

Connection = sqlite3.Connection


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
    row = connection.execute(sql("run_row"), {"run_id": "a2"}).fetchone()
    assert summary(row)["duration_s"] == 1.5


def test_counts_are_of_what_is_not_finished(connection: Connection) -> None:
    add_runs(connection, ["a", "b", "c", "d"])
    set_status(connection, "a", "running", 1)
    set_status(connection, "b", "succeeded", 1)
    counts = {row["status"]: row["count"] for row in connection.execute(sql("run_counts"))}
    assert counts == {"queued": 2, "running": 1}
    unfinished = [row["run_id"] for row in connection.execute(sql("unfinished_runs"))]
    assert unfinished == ["a", "c", "d"]
