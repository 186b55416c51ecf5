"""Pages of runs: filtered by anything, cut anywhere, and never from a scan of the table."""

import random
import sqlite3
from itertools import product

import pytest

from tests.lineage.rows import FIRST_MS, Recorder, add_runs, add_spec, set_status, submission
from trainautod.engine import RunSubmitted, StepNode
from trainautod.lineage.errors import UnknownWord
from trainautod.lineage.pages import RUN_STATUSES, RunFilter, knows_pipeline, run_page
from trainautod.lineage.queries import sql, statements
from trainautod.lineage.runs import run_document

Connection = sqlite3.Connection
PIPELINES = ("nightly", "weekly")
TRIGGERS = ("manual", "cron", "ci")


def ids(connection: Connection, wanted: RunFilter, limit: int = 1000) -> list[str]:
    return [run["run_id"] for run in run_page(connection, wanted, limit)["runs"]]


@pytest.fixture
def mixed(connection: Connection) -> list[tuple[str, str, str, str]]:
    """Runs of every pipeline, status and trigger in a random order: (id, pipeline, status, ...)."""
    kinds = [*product(PIPELINES, RUN_STATUSES, TRIGGERS)] * 4
    random.Random(3).shuffle(kinds)
    rows = [(f"r{number:04d}", *kind) for number, kind in enumerate(kinds)]
    for run_id, pipeline, status, trigger in rows:
        add_runs(connection, [run_id], pipeline, trigger)
        set_status(connection, run_id, status)
    return rows


def test_pages_are_stable_while_new_runs_arrive(connection: Connection) -> None:
    stored = [f"{number:016d}" for number in range(10_000)]
    add_runs(connection, stored)
    seen: list[str] = []
    wanted, newer = RunFilter(), 10_000
    while True:
        page = run_page(connection, wanted, 730)
        seen += [run["run_id"] for run in page["runs"]]
        add_runs(connection, [f"{newer:016d}"])
        newer += 1
        if page["next"] is None:
            break
        wanted = RunFilter(before=page["next"])
    assert seen == list(reversed(stored))


def test_pages_end_where_the_runs_end(connection: Connection) -> None:
    add_runs(connection, ["a", "b", "c"])
    assert run_page(connection, RunFilter(), 3)["next"] == "a"
    assert run_page(connection, RunFilter(before="a"), 3) == {"runs": [], "next": None}


@pytest.mark.parametrize("pipeline", [None, "nightly", "weekly", "never"])
@pytest.mark.parametrize("statuses", [(), ("failed",), ("failed", "queued", "failed")])
@pytest.mark.parametrize("triggers", [(), ("cron",), ("manual", "ci")])
def test_every_combination_of_filters_finds_what_a_search_of_all_rows_finds(
    connection: Connection,
    mixed: list[tuple[str, str, str, str]],
    pipeline: str | None,
    statuses: tuple[str, ...],
    triggers: tuple[str, ...],
) -> None:
    expected = [
        run_id
        for run_id, of, status, trigger in reversed(mixed)
        if pipeline in (None, of)
        and (not statuses or status in statuses)
        and (not triggers or trigger in triggers)
    ]
    wanted = RunFilter(pipeline, statuses, triggers)
    assert ids(connection, wanted) == expected
    inner = RunFilter(pipeline, statuses, triggers, first="r0030", before="r0110")
    assert ids(connection, inner) == [i for i in expected if "r0030" <= i < "r0110"]

    paged: list[str] = []
    page = run_page(connection, wanted, 5)
    while page["runs"]:
        paged += [run["run_id"] for run in page["runs"]]
        if page["next"] is None:
            break
        page = run_page(connection, RunFilter(pipeline, statuses, triggers, before=page["next"]), 5)
    assert paged == expected


@pytest.mark.parametrize("name", sorted(n for n in statements() if n.startswith("ids_")))
def test_a_filter_walks_an_index_that_answers_all_of_it(connection: Connection, name: str) -> None:
    """Not one row is read for its filter, and none is sorted."""
    query = {
        "pipeline": "nightly",
        "status": "failed",
        "trigger": "cron",
        "first": "a",
        "before": "z",
        "limit": 50,
    }
    (plan,) = connection.execute("EXPLAIN QUERY PLAN " + sql(name), query).fetchall()
    told = plan["detail"]
    assert "SEARCH" in told
    assert "COVERING INDEX" in told
    asked = sum(f"= :{column}" in sql(name) for column in ("pipeline", "status", "trigger"))
    assert told.count("=?") == asked
    assert "run_id>? AND run_id<?" in told


def test_the_rows_of_a_page_are_looked_up_and_not_sorted(connection: Connection) -> None:
    plan = connection.execute("EXPLAIN QUERY PLAN " + sql("runs_called"), {"ids": "[]"}).fetchall()
    told = [row["detail"] for row in plan]
    assert told[0].startswith("SEARCH runs USING INDEX")
    assert not any("TEMP B-TREE" in line for line in told)


def test_words_that_no_run_can_have_are_refused_with_the_known_ones(
    connection: Connection,
) -> None:
    add_runs(connection, ["a"], trigger="ci")
    with pytest.raises(UnknownWord, match=r"no run status 'faild'; known: queued, .*skipped"):
        RunFilter(statuses=("failed", "faild")).check(connection)
    with pytest.raises(
        UnknownWord, match=r"no kind of trigger 'corn'; known: manual, cron, .*, ci$"
    ):
        RunFilter(triggers=("corn",)).check(connection)
    RunFilter(statuses=RUN_STATUSES, triggers=("manual", "cron", "ci")).check(connection)


@pytest.mark.parametrize("kind", [None, 7, {"deep": 1}, ["ci"]])
def test_a_trigger_without_a_word_for_its_kind_is_found_by_none(
    connection: Connection, kind: object
) -> None:
    add_spec(connection)
    told = submission("run", trigger={"kind": kind})
    Recorder(connection, RunSubmitted("run", (StepNode("a", ()),), 1), told)
    assert ids(connection, RunFilter()) == ["run"]
    assert ids(connection, RunFilter(triggers=("manual", "cron"))) == []
    RunFilter(triggers=("manual",)).check(connection)


def test_a_submitted_run_is_found_by_its_trigger(connection: Connection) -> None:
    add_spec(connection)
    told = submission("run", trigger={"kind": "cron", "cron": "0 2 * * *"})
    Recorder(connection, RunSubmitted("run", (StepNode("a", ()),), 1), told)
    assert ids(connection, RunFilter(triggers=("cron",))) == ["run"]


def test_a_page_has_causes_without_what_they_carry_by_the_hundred(connection: Connection) -> None:
    add_spec(connection)
    trigger = {"kind": "data", "count": 2, "cause": "2 files: a, b"}
    told = submission("run", trigger={**trigger, "files": ["a", "b"], "features": {"x": 0.2}})
    Recorder(connection, RunSubmitted("run", (StepNode("a", ()),), 1), told)
    (listed,) = run_page(connection, RunFilter(), 10)["runs"]
    assert listed["trigger"] == trigger
    assert run_document(connection, "run")["trigger"]["files"] == ["a", "b"]


def test_a_pipeline_is_known_by_its_registration_or_by_its_runs(connection: Connection) -> None:
    add_runs(connection, ["a"], "ran")
    row = {
        "kind": "pipeline",
        "path": "/p",
        "spec_digest": "spec",
        "problems": "[]",
        "at_ms": FIRST_MS,
    }
    connection.execute(sql("put_pipeline"), {"name": "registered", **row})
    assert knows_pipeline(connection, "ran")
    assert knows_pipeline(connection, "registered")
    assert not knows_pipeline(connection, "never")
