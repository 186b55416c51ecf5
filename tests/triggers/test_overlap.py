"""What becomes of a slot while an earlier run has not ended."""

import pytest

from trainautod.spec.triggers import Schedule
from trainautod.triggers.overlap import (
    FIRE,
    MOST_WAITING,
    QUEUE,
    REPLACE,
    SKIP,
    verdict,
)


def schedule(overlap: str, catchup: str = "latest") -> Schedule:
    return Schedule.model_validate({"cron": "@daily", "overlap": overlap, "catchup": catchup})


@pytest.mark.parametrize("overlap", ["skip", "queue", "cancel_running"])
def test_a_slot_that_nothing_precedes_fires(overlap: str) -> None:
    assert verdict(schedule(overlap), [], []).action == FIRE


@pytest.mark.parametrize(
    ("overlap", "action"), [("skip", SKIP), ("queue", QUEUE), ("cancel_running", REPLACE)]
)
def test_a_run_that_has_not_ended_is_named(overlap: str, action: str) -> None:
    found = verdict(schedule(overlap), ["0mwsnnem7cxs0xh6"], [])
    assert (found.action, found.reason) == (action, "run 0mwsnnem7cxs0xh6 has not ended")


def test_a_slot_is_skipped_while_others_wait() -> None:
    found = verdict(schedule("skip"), [], ["queued", "queued"])
    assert (found.action, found.reason) == (SKIP, "2 earlier slots wait")


def test_while_missed_slots_are_made_up_for_one_by_one_the_next_joins_them() -> None:
    for overlap in ("skip", "queue", "cancel_running"):
        assert verdict(schedule(overlap, "all"), ["r"], ["queued"]).action == QUEUE


def test_the_later_of_two_that_replace_a_run_replaces_it() -> None:
    assert verdict(schedule("cancel_running"), ["r"], ["replacing"]).action == REPLACE


def test_a_slot_does_not_replace_a_run_that_others_wait_for() -> None:
    assert verdict(schedule("cancel_running"), ["r"], ["queued"]).action == QUEUE


def test_no_more_wait_than_some() -> None:
    full = ["queued"] * MOST_WAITING
    found = verdict(schedule("queue"), ["r"], full)
    assert found.action == SKIP
    assert str(MOST_WAITING) in found.reason
    assert verdict(schedule("queue"), ["r"], full[1:]).action == QUEUE
