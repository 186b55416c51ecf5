"""Which events people can be told of."""

from typing import Any

import pytest

from trainautod.lineage.events import KINDS
from trainautod.notify import notices
from trainautod.spec.notify import NOTICES


def event(kind: str, **fields: Any) -> dict[str, Any]:
    told = {"seq": 7, "at": "2013-07-10T02:00:00.000+00:00", "kind": kind, "run_id": None}
    changes: dict[str, Any] = {"run": None, "steps": {}}
    return {**told, "pipeline": None, "data": {}, "changes": changes, **fields}


@pytest.mark.parametrize("kind", ["attempt_finished", "step_resolved", "run_given_up"])
@pytest.mark.parametrize("status", ["failed", "succeeded", "cancelled"])
def test_the_end_of_a_run_is_told_whatever_ended_it(kind: str, status: str) -> None:
    ended = event(kind, changes={"run": status, "steps": {}})
    assert notices.notice_of(ended) == f"run_{status}"


@pytest.mark.parametrize("status", [None, "queued", "running"])
def test_what_does_not_end_a_run_concerns_nobody(status: str | None) -> None:
    assert notices.notice_of(event("run_retried", changes={"run": status, "steps": {}})) is None


def test_other_events_are_told_under_their_own_name() -> None:
    told = {kind for kind in KINDS if notices.notice_of(event(kind)) == kind}
    assert told == set(NOTICES) - {"run_failed", "run_succeeded", "run_cancelled"}
    assert "notification_failed" not in told


def test_an_event_is_about_its_pipeline_or_about_those_it_names() -> None:
    assert notices.pipelines_of(event("slot_refused", pipeline="a")) == ("a",)
    assert notices.pipelines_of(event("drift_stale", data={"pipelines": ["a", "b"]})) == ("a", "b")
    assert notices.pipelines_of(event("task_died")) == ()


def test_a_key_is_the_events_own() -> None:
    again = notices.key_of("run_failed", event("attempt_finished", run_id="0mfz3k"))
    assert again == "run_failed-7-0mfz3k"
    assert notices.key_of("task_died", event("task_died")) == "task_died-7-201307100200000000000"
