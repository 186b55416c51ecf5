from typing import Any, cast

from tests.tui.stage import NOW, failed_run, live_run, step
from trainauto_tui.documents import Run, StepRun
from trainauto_tui.drawing.steps import note, run_line


def said(name: str, status: str, *needs: str, **more: Any) -> str:
    spans = note(cast("StepRun", step(name, status, *needs, **more)), needs)
    return "".join(span.text for span in spans).strip()


def test_a_failed_step_has_the_first_line_of_its_error() -> None:
    assert said("train", "failed", error="no such file\nmore") == "no such file"


def test_a_failed_step_without_a_message_has_its_exit_code() -> None:
    assert said("train", "failed", exit_code=3) == "exit code 3"
    assert said("train", "cancelled") == ""


def test_a_waiting_step_names_what_it_waits_for() -> None:
    assert said("train", "pending", "split", "fetch") == "after split, fetch"
    assert said("train", "pending") == "waits for a slot"


def test_a_reused_step_has_its_reason_even_with_metrics() -> None:
    text = said("train", "succeeded", cached=True, reason="as before", metrics={"auc": 0.9})
    assert text == "as before"


def test_a_finished_step_has_its_metrics_or_why_it_ran() -> None:
    assert said("train", "succeeded", metrics={"auc": 0.88341, "rows": 5}) == "auc 0.8834  rows 5"
    assert said("train", "succeeded", reason="code train.py changed") == "code train.py changed"


def test_a_run_in_one_line() -> None:
    text = "".join(span.text for span in run_line(cast("Run", live_run()), NOW, plain=True))
    assert text == ("> running 11:02  for 2013-07-10 02:00  by cron  days=7  learning_rate=0.1")


def test_an_ended_run_has_its_duration() -> None:
    text = "".join(span.text for span in run_line(cast("Run", failed_run()), NOW, plain=False))
    assert text.startswith("✘ failed 3:20  for 2013-07-09 02:00  by manual")
