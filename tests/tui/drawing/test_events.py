from typing import Any

import pytest

from trainauto_tui.documents import Event
from trainauto_tui.drawing.events import kind_look, words
from trainauto_tui.drawing.sayings import KINDS

STEPS: dict[str, Any] = {"run": None, "steps": {}}


def event(kind: str, step: str | None = None, **data: Any) -> Event:
    changes = data.pop("changes", STEPS)
    return {
        "seq": 7,
        "at": "2013-07-10T06:11:00.000+00:00",
        "kind": kind,
        "run_id": "0bq3k7x2m9d4f6hs",
        "step": step,
        "attempt": data.get("attempt"),
        "pipeline": "flights-nightly",
        "data": data,
        "changes": changes,
    }


def finished(outcome: str, message: str | None = None, changes: Any = STEPS) -> Event:
    return event(
        "attempt_finished", "fit", attempt=2, outcome=outcome, message=message, changes=changes
    )


def resolved(verdict: str, **more: Any) -> Event:
    return event("step_resolved", "fit", verdict={"verdict": verdict, **more})


def said(one: Event) -> str:
    return "".join(span.text for span in words(one))


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (event("run_submitted", steps=4), "4 steps"),
        (event("run_submitted", steps=1), "1 step"),
        (event("run_retried", actor="ana"), "goes on by ana"),
        (event("cancel_requested", actor="ana"), "asked to end by ana"),
        (event("run_given_up", message="step x is unknown\nmore"), "step x is unknown"),
        (event("slots_granted", gpus=[]), "starts"),
        (event("slots_granted", gpus=[0, 2]), "starts, GPU 0, 2"),
        (event("slots_granted", gpus=list(range(8))), "starts, 8 GPUs"),
        (event("retry_due"), "its wait is over"),
        (finished("succeeded"), "attempt 2 succeeded"),
        (finished("stopped"), "attempt 2 was stopped"),
        (finished("failed", "exited with 3\nboom"), "exited with 3"),
        (finished("lost"), "attempt 2 failed"),
        (resolved("execute", reason="no earlier result"), "must run: no earlier result"),
        (resolved("reuse", reason="unchanged"), "reused: unchanged"),
        (resolved("skip", reason="when was false"), "skipped: when was false"),
        (resolved("refuse", message="no such input"), "cannot run: no such input"),
        (resolved("expand", instances=[["a", {}], ["b", {}]]), "becomes 2 steps"),
        (event("model_registered", model="delay", version=3, stage="none"), "delay version 3"),
        (
            event("model_registered", model="delay", version=3, stage="staging"),
            "delay version 3 in staging",
        ),
        (
            event("slot_fired", cron="0 2 * * *", slot="2013-07-10T02:00:00-04:00"),
            "0 2 * * * for 2013-07-10 02:00",
        ),
        (
            event("slot_refused", cron="0 2 * * *", slot="2013-07-10T02:00", reason="no lock\nx"),
            "0 2 * * * for 2013-07-10 02:00 has no run: no lock",
        ),
        (event("slots_refused", message="needs 4 gpus"), "needs 4 gpus"),
        (event("pipeline_added", path="/srv/a.yaml"), "/srv/a.yaml"),
        (event("pipeline_updated", path="/srv/a.yaml"), "/srv/a.yaml"),
        (event("pipeline_removed"), "its runs and results stay"),
        (event("pipeline_broken", problems=["a.yaml:1: bad", "b"]), "a.yaml:1: bad (and 1 more)"),
        (event("pipeline_broken", problems=[]), "its file is broken"),
        (event("daemon_started", pid=12, adopted_runs=0), "pid 12"),
        (event("daemon_started", pid=12, adopted_runs=2), "pid 12, 2 runs went on"),
        (event("daemon_stopping", live_runs=[]), "nothing was running"),
        (event("daemon_stopping", live_runs=["a"]), "1 run left to go on"),
        (event("store_recovered", was="full"), "there is room again; it was: full"),
        (event("task_died", task="scheduler", error="Boom: x"), "scheduler: Boom: x"),
        (event("of_tomorrow", weight=3, long="a\nb", nested={}), "weight=3"),
    ],
)
def test_each_kind_says_what_changed(one: Event, text: str) -> None:
    assert said(one) == text


def test_a_failed_attempt_that_has_a_successor_warns() -> None:
    goes_on = finished("failed", "exited with 3", {"run": None, "steps": {"fit": "running"}})
    assert said(goes_on) == "exited with 3, will be tried again"
    assert kind_look(goes_on).role == "warn"
    assert kind_look(finished("failed", "exited with 3")).role == "bad"


def test_the_end_of_a_run_comes_first_and_other_steps_last() -> None:
    changes = {"run": "failed", "steps": {"fit": "failed", "check": "skipped", "send": "skipped"}}
    ended = finished("failed", "exited with 3", changes)
    assert said(ended) == "run failed; exited with 3; 2 steps skipped"
    assert words(ended)[0].role == "bad"
    begun = event("run_submitted", steps=2, changes={"run": "queued", "steps": {}})
    assert said(begun) == "2 steps; run queued"


def test_one_skipped_step_is_named_and_waiting_ones_are_no_news() -> None:
    changes = {"run": None, "steps": {"fit": "succeeded", "check": "skipped", "send": "pending"}}
    assert said(finished("succeeded", changes=changes)) == "attempt 2 succeeded; check skipped"


def test_a_mark_tells_the_meaning_and_the_word_is_the_kind() -> None:
    assert kind_look(finished("succeeded"))[:] == ("✔", "*", "attempt_finished", "good")
    assert kind_look(resolved("reuse"))[:] == ("✔", "=", "step_resolved", "accent")
    assert kind_look(event("task_died"))[:] == ("✘", "x", "task_died", "bad")
    assert kind_look(event("of_tomorrow"))[:] == ("·", ".", "of_tomorrow", "plain")


def test_malformed_data_is_no_error() -> None:
    assert said(event("step_resolved", verdict=None)) == ""
    assert kind_look(event("attempt_finished")).role == "bad"


def test_every_kind_that_the_daemon_writes_is_known() -> None:
    from trainautod.lineage import events

    assert set(KINDS) == set(events.KINDS)
