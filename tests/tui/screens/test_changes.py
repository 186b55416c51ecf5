from typing import cast

from tests.tui.stage import LIVE, live_run, run, step
from trainauto_tui.documents import Run
from trainauto_tui.screens.changes import followers, rerun_request

NIGHTLY = cast("Run", live_run())


def test_a_run_from_a_step_is_for_the_same_day_with_the_same_params() -> None:
    assert rerun_request(NIGHTLY, "split") == {
        "name": "flights-nightly",
        "params": {"days": 7, "learning_rate": 0.1},
        "from_step": "split",
        "ds": "2013-07-10",
    }


def test_a_run_without_a_scheduled_time_names_no_day() -> None:
    assert "ds" not in rerun_request(cast("Run", live_run() | {"scheduled_time": None}), "split")


def test_an_instance_of_a_group_is_run_again_with_its_group() -> None:
    assert rerun_request(NIGHTLY, "train[feature=dep_delay]")["from_step"] == "train"


def test_followers_are_those_that_need_it_however_far_away() -> None:
    assert followers(NIGHTLY["steps"], "drift_check") == {"compare", "register", "canary"}
    assert followers(NIGHTLY["steps"], "canary") == set()


def test_followers_of_a_group_come_after_any_of_its_instances() -> None:
    steps = [
        step("evaluate", "pending", "train[a]", "train[b]"),
        step("train[a]", "running", "split"),
        step("train[b]", "running", "split"),
        step("split", "succeeded"),
    ]
    assert followers(cast("Run", run(LIVE, "running", steps))["steps"], "train") == {"evaluate"}
