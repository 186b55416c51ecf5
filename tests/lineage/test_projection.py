"""The tables always say what the state machine says."""

import json
import sqlite3
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lineage.rows import (
    FIRST_MS,
    Recorder,
    add_spec,
    attempts_of,
    facts,
    stored_events,
    submission,
)
from tests.support.shells import conclude, execute, random_submission, reuse, wander
from trainautod.engine import (
    CancelRequested,
    Expand,
    Refuse,
    RetryRule,
    RunSubmitted,
    Skip,
    StepNode,
    status_of,
)
from trainautod.engine.replay import replay
from trainautod.lineage.projection import Artifact, Metric
from trainautod.lineage.results import AttemptRef, earlier_result, result_before, result_of_key
from trainautod.lineage.runs import run_document

Connection = sqlite3.Connection


@pytest.fixture
def recorder(connection: Connection) -> Recorder:
    """A stored run: a, then b which needs it, then a group, then z."""
    add_spec(connection)
    nodes = (
        StepNode("a", retry=RetryRule(limit=1, interval_s=5)),
        StepNode("b", ("a",)),
        StepNode("g", ("a",), foreach=True),
        StepNode("z", ("b", "g")),
    )
    return Recorder(connection, RunSubmitted("run", nodes, 4))


def rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid")]


def expect_agreement(recorder: Recorder) -> None:
    """Compare documents and rows with the engine's state."""
    document = run_document(recorder.connection, recorder.state.run_id)
    state = recorder.state
    groups = {node.group for node in state.nodes.values() if node.group is not None}
    shown = {step["id"]: step["status"] for step in document["steps"]}
    assert shown == {i: status_of(s) for i, s in state.states.items() if i not in groups}
    assert document["status"] == state.status
    kept = {row["step"]: row for row in rows(recorder.connection, "steps")}
    assert {i: row["status"] for i, row in kept.items()} == {
        i: status_of(s) for i, s in state.states.items()
    }
    assert {i: row["attempt"] for i, row in kept.items()} == attempts_of(state)
    failure = state.first_failure() if state.status == "failed" else None
    error = document["error"]
    assert (error and (error["step"], error["message"])) == failure
    assert (document["ended_at"] is None) == bool(state.unfinished)
    assert state.status == "queued" or document["started_at"] is not None


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_rows_documents_and_stored_events_agree_with_the_engine(
    empty_store: bytes, seed: int
) -> None:
    random = Random(seed)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(empty_store[:18] + b"\1\1" + empty_store[20:])  # no WAL in memory
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys=ON")
    add_spec(connection)
    recorder = Recorder(connection, random_submission(random))
    for _ in range(12):
        wander(recorder, random, 8)
        expect_agreement(recorder)
    conclude(recorder, random)
    expect_agreement(recorder)
    assert replay(stored_events(connection, "run")) == recorder.state
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    told: dict[str, str] = {}
    for document in recorder.documents:
        told |= document["changes"]["steps"]
    assert told == {i: status_of(s) for i, s in recorder.state.states.items()}
    attempts = rows(connection, "attempts")
    assert len({(r["step"], r["attempt"]) for r in attempts}) == len(attempts)
    assert all(row["outcome"] is not None for row in attempts)
    connection.close()


def test_a_new_run_is_queued_with_all_its_steps(recorder: Recorder) -> None:
    document = run_document(recorder.connection, "run")
    assert document["status"] == "queued"
    assert [(s["id"], s["status"], s["needs"]) for s in document["steps"]] == [
        ("a", "pending", []),
        ("b", "pending", ["a"]),
        ("g", "pending", ["a"]),
        ("z", "pending", ["b", "g"]),
    ]
    (event,) = recorder.documents
    assert event["kind"] == "run_submitted"
    assert event["changes"]["run"] == "queued"
    assert event["data"] == {"steps": 4, "max_parallel": 4}
    assert document["params"] == {"days": 7}
    assert document["trigger"] == {"kind": "manual"}
    assert document["submitted_at"] == "2013-07-10T07:00:00.000+00:00"
    assert document["started_at"] is None


def test_an_attempt_is_recorded_with_all_it_left_behind(recorder: Recorder) -> None:
    model = Artifact("model.bin", "d1", 10, executable=False)
    script = Artifact("bin/serve", "d2", 5, executable=True)
    wish = {"path": "model.bin", "digest": "d1", "name": "delays", "stage": "staging"}
    recorder.facts["a"] = facts(
        [model, script],
        [Metric("auc", 0.5, 1.0), Metric("auc", 0.9, 2.0), Metric("loss", None)],
        params={"rate": 0.1, "layers": [1, 2]},
        registrations=[wish],
    )
    given = {
        "placements": [["a.py", "c", 3, False, "code"]],
        "inputs": [["raw", "/data/raw", True, {"raw": "r"}]],
    }
    environment = recorder.connection
    environment.execute("INSERT INTO environments VALUES ('env', '{}')")
    recorder.resolve("a", execute("key", key_inputs='{"v": 1}', environment="env", **given))
    recorder.grant("a")
    recorder.finish("a", "succeeded", 0)

    connection = recorder.connection
    result = result_of_key(connection, "key")
    assert result is not None
    assert result.source == AttemptRef("run", "a", 1)
    assert result.artifacts == (script, model)
    assert result.metrics == {"auc": 0.9, "loss": None}
    assert [(m["name"], m["value"], m["at_step"]) for m in rows(connection, "metrics")] == [
        ("auc", 0.5, 1.0),
        ("auc", 0.9, 2.0),
        ("loss", None, None),
    ]
    assert result.registrations == [wish]
    (attempt,) = rows(connection, "attempts")
    assert attempt["outcome"] == "succeeded"
    assert attempt["cause"] == "exited"
    assert attempt["cache_key"] == "key"
    assert attempt["key_inputs"] == '{"v": 1}'
    assert attempt["environment"] == "env"
    assert attempt["duration_s"] == 1.5
    assert {(r["role"], r["path"], r["digest"]) for r in rows(connection, "uses")} == {
        ("code", "a.py", "c"),
        ("input", "raw", "r"),
    }
    params = {r["name"]: json.loads(r["value"]) for r in rows(connection, "params")}
    assert params == {"rate": 0.1, "layers": [1, 2]}

    step = run_document(connection, "run")["steps"][0]
    assert step["metrics"] == {"auc": 0.9, "loss": None}
    assert [o["path"] for o in step["outputs"]] == ["bin/serve", "model.bin"]
    assert (step["exit_code"], step["duration_s"], step["cpu_s"]) == (0, 1.5, 1.25)
    assert (step["peak_memory_bytes"], step["log_bytes"]) == (4096, 12)
    assert step["reason"] == "no earlier result"
    assert step["started_at"] == "2013-07-10T07:00:01.000+00:00"


def test_a_failed_attempt_is_kept_but_is_no_result(recorder: Recorder) -> None:
    recorder.facts["a"] = facts([Artifact("half.bin", "h", 1)])
    recorder.resolve("a", execute("key"))
    recorder.grant("a")
    recorder.finish("a", "failed", 1)
    assert result_of_key(recorder.connection, "key") is None
    step = run_document(recorder.connection, "run")["steps"][0]
    assert (step["status"], step["attempt"], step["error"]) == ("running", 1, None)
    recorder.due("a")
    recorder.grant("a")
    recorder.finish("a", "failed", 2)
    step = run_document(recorder.connection, "run")["steps"][0]
    assert (step["status"], step["attempt"], step["exit_code"]) == ("failed", 2, 2)
    assert step["error"] == "a failed"
    assert step["outputs"] == []
    run = run_document(recorder.connection, "run")
    assert run["error"] == {"step": "a", "message": "a failed"}
    assert [row["outcome"] for row in rows(recorder.connection, "attempts")] == ["failed"] * 2


def test_a_step_without_cache_leaves_no_result_to_reuse(recorder: Recorder) -> None:
    recorder.resolve("a", execute(None))
    recorder.grant("a")
    recorder.finish("a", "succeeded", 0)
    assert rows(recorder.connection, "results") == []


def test_a_newer_result_of_the_same_key_takes_the_place(connection: Connection) -> None:
    add_spec(connection)
    for run_id in ("run1", "run2"):
        run = Recorder(connection, RunSubmitted(run_id, (StepNode("a"),), 1))
        run.resolve("a", execute("key"))
        run.grant("a")
        run.finish("a", "succeeded", 0)
    found = result_of_key(connection, "key")
    assert found is not None
    assert found.source.run_id == "run2"


def test_a_reused_step_shows_what_its_source_made(connection: Connection) -> None:
    add_spec(connection)
    first = Recorder(connection, RunSubmitted("run1", (StepNode("a"),), 1))
    first.facts["a"] = facts([Artifact("out.csv", "d", 3)], [Metric("auc", 0.9)])
    first.resolve("a", execute("key"))
    first.grant("a")
    first.finish("a", "succeeded", 0)
    again = Recorder(connection, RunSubmitted("run2", (StepNode("a"),), 1))
    verdict = reuse("key")
    again.resolve("a", type(verdict)("key", "nothing changed", "run1", "a", 1))
    (step,) = run_document(connection, "run2")["steps"]
    assert step["cached"] is True
    assert step["attempt"] == 0
    assert (step["exit_code"], step["duration_s"]) == (0, 0.0)
    assert step["metrics"] == {"auc": 0.9}
    assert [o["digest"] for o in step["outputs"]] == ["d"]
    assert (step["source_run_id"], step["reason"]) == ("run1", "nothing changed")


def test_instances_stand_where_their_group_stood(recorder: Recorder) -> None:
    recorder.resolve("a", reuse())
    numbers = (2, 10, 1)
    recorder.resolve("g", Expand(tuple((f"g[n={n}]", {"n": n}) for n in numbers)))
    steps = run_document(recorder.connection, "run")["steps"]
    assert [s["id"] for s in steps] == ["a", "b", "g[n=2]", "g[n=10]", "g[n=1]", "z"]
    assert steps[-1]["needs"] == ["b", "g[n=2]", "g[n=10]", "g[n=1]"]
    assert recorder.documents[-1]["changes"]["steps"]["g[n=1]"] == "pending"


def test_why_a_step_was_skipped_is_told(recorder: Recorder) -> None:
    recorder.resolve("a", reuse())
    recorder.resolve("b", Skip("when: days > 7 is false"))
    steps = {s["id"]: s for s in run_document(recorder.connection, "run")["steps"]}
    assert (steps["b"]["status"], steps["b"]["reason"]) == ("skipped", "when: days > 7 is false")
    assert (steps["z"]["status"], steps["z"]["reason"]) == ("skipped", "b was skipped")


def test_a_retried_run_forgets_its_end_and_keeps_its_beginning(recorder: Recorder) -> None:
    recorder.resolve("a", reuse())
    recorder.resolve("g", reuse())
    recorder.resolve("b", Refuse("no such input"))
    began = run_document(recorder.connection, "run")["started_at"]
    ended = run_document(recorder.connection, "run")
    assert ended["status"] == "failed"
    assert ended["duration_s"] is not None
    recorder.retry()
    run = run_document(recorder.connection, "run")
    assert run["status"] == "running"
    assert (run["ended_at"], run["error"], run["duration_s"]) == (None, None, None)
    assert run["started_at"] == began
    step = next(s for s in run["steps"] if s["id"] == "b")
    assert (step["status"], step["error"]) == ("pending", None)


def test_a_cancelled_run_has_no_error(recorder: Recorder) -> None:
    recorder.cancel()
    run = run_document(recorder.connection, "run")
    assert run["status"] == "cancelled"
    assert run["error"] is None
    assert {s["status"] for s in run["steps"]} == {"cancelled"}
    assert isinstance(recorder.trace[-1][0], CancelRequested)


def test_an_execution_plan_is_stored_but_not_shown(recorder: Recorder) -> None:
    recorder.resolve("a", execute("key", env={"A": "1"}))
    shown = recorder.documents[-1]["data"]["verdict"]
    assert shown == {"verdict": "execute", "key": "key", "reason": "no earlier result"}
    kind, data = stored_events(recorder.connection, "run")[-1]
    assert kind == "step_resolved"
    assert data["verdict"]["plan"]["env"] == {"A": "1"}


def test_earlier_results_of_a_step_are_found_whatever_their_key(connection: Connection) -> None:
    add_spec(connection)
    for number, pipeline in ((1, "nightly"), (2, "nightly"), (3, "weekly")):
        event = RunSubmitted(f"run{number}", (StepNode("a"),), 1)
        told = submission(f"run{number}", pipeline)
        run = Recorder(connection, event, told)
        run.now_ms = FIRST_MS + number
        run.resolve("a", execute(f"key{number}", key_inputs=f'"{number}"'))
        run.grant("a")
        run.finish("a", "succeeded", 0)
    newest = earlier_result(connection, "nightly", "a")
    assert newest is not None
    assert (newest.source.run_id, newest.cache_key, newest.key_inputs) == ("run2", "key2", '"2"')
    before = result_before(connection, "run2", "a")
    assert before is not None
    assert before.source == AttemptRef("run1", "a", 1)
    assert result_before(connection, "run1", "a") is None
    assert earlier_result(connection, "nightly", "b") is None


def test_a_verdict_that_comes_after_the_cancel_is_not_the_steps(recorder: Recorder) -> None:
    recorder.resolve("a", reuse())
    recorder.resolve("g", Expand((("g[n=0]", {"n": 0}),)))
    recorder.resolve("g[n=0]", execute())
    recorder.grant("g[n=0]")  # it keeps the run going until it has been stopped
    recorder.cancel()
    recorder.answer_late("b")
    step = run_document(recorder.connection, "run")["steps"][1]
    assert (step["status"], step["cached"]) == ("cancelled", False)
    assert (step["reason"], step["cache_key"], step["source_run_id"]) == (None, None, None)
