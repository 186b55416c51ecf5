"""A run's progress, in a pipe and on a terminal."""

import io
from typing import Any

import pytest

from tests.support.screens import screen_of
from tests.support.scripted_daemon import run_document, step_document
from trainauto_tui.cli.progress import LiveProgress, PlainProgress, plain_line, summary
from trainauto_tui.cli.terminal import Terminal, width_of

NOON = "2026-01-02T12:00:0{}.000+00:00"


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("NO_COLOR", "1")
    time.tzset()


def started(step: str, second: int = 0, **fields: Any) -> dict[str, Any]:
    return step_document(step, "running", started_at=NOON.format(second), **fields)


def ended(step: str, status: str, second: int = 1, **fields: Any) -> dict[str, Any]:
    at = {"started_at": NOON.format(0), "ended_at": NOON.format(second), "duration_s": 1.2}
    return step_document(step, status, **{**at, **fields})


REUSED: dict[str, Any] = {"cached": True, "reason": "nothing changed since run 0abc", "attempt": 0}


def plain(*runs: Any) -> list[str]:
    stream = io.StringIO()
    progress = PlainProgress(Terminal(stream))
    for run in runs:
        progress.show(run)
    progress.finish(runs[-1])
    return stream.getvalue().splitlines()


def test_in_a_pipe_each_change_is_one_line() -> None:
    lines = plain(
        run_document("r", "running", step_document("fetch"), step_document("train")),
        run_document("r", "running", started("fetch"), step_document("train")),
        run_document("r", "running", started("fetch"), step_document("train")),
        run_document("r", "running", ended("fetch", "succeeded"), started("train", 2)),
        run_document(
            "r",
            "succeeded",
            ended("fetch", "succeeded"),
            ended("train", "succeeded", 3, metrics={"roc_auc": 0.886123}),
        ),
    )
    assert lines == [
        "12:00:00 fetch running",
        "12:00:01 fetch succeeded 1.2s",
        "12:00:02 train running",
        "12:00:03 train succeeded 1.2s roc_auc=0.8861",
        "12:00:03 nightly r succeeded in 3.5s (2 steps: 2 succeeded)",
    ]


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (
            ended("features", "succeeded", **REUSED),
            "12:00:01 features reused (nothing changed since run 0abc)",
        ),
        (ended("eval", "failed", exit_code=3), "12:00:01 eval failed 1.2s exit code 3"),
        (
            ended("eval", "succeeded", attempt=2, reason="no earlier result"),
            "12:00:01 eval succeeded 1.2s attempt 2",
        ),
        (
            started("eval", reason="code eval.py\nchanged"),
            "12:00:00 eval running (code eval.py changed)",
        ),
        (
            step_document("notify", "skipped", reason="when is false"),
            "--:--:-- notify skipped (when is false)",
        ),
    ],
)
def test_a_line_says_what_matters_about_its_change(step: Any, line: str) -> None:
    assert plain_line(step) == line


def test_a_second_try_is_told() -> None:
    lines = plain(
        run_document("r", "running", started("flaky")),
        run_document("r", "running", started("flaky", 2, attempt=2)),
        run_document("r", "failed", ended("flaky", "failed", 3, attempt=2, exit_code=1)),
    )
    assert lines[1] == "12:00:02 flaky running attempt 2"


def test_changes_seen_together_are_told_in_the_order_they_happened() -> None:
    run = run_document(
        "r", "succeeded", ended("late", "succeeded", 3), ended("early", "succeeded", 1)
    )
    assert [line.split()[1] for line in plain(run)[:2]] == ["early", "late"]


def test_the_summary_counts_what_happened() -> None:
    steps = [
        ended("a", "succeeded"),
        ended("b", "succeeded", **REUSED),
        ended("c", "succeeded", **REUSED),
    ]
    run: Any = run_document("r", "succeeded", *steps)
    assert summary(run) == "nightly r succeeded in 3.5s (3 steps: 1 succeeded, 2 reused)"
    never: Any = run_document("r", "cancelled", step_document("a"), started_at=None)
    assert summary(never) == "nightly r cancelled (1 step: 1 pending)"


def live(
    monkeypatch: pytest.MonkeyPatch, columns: int, rows: int, *runs: Any
) -> tuple[list[str], list[str]]:
    """Return the screen before the end, and after it."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(rows))
    stream = Screen()
    progress = LiveProgress(Terminal(stream))
    for run in runs:
        progress.show(run)
    before = screen_of(stream.getvalue())
    progress.finish(runs[-1])
    return before[:-1], screen_of(stream.getvalue())[:-1]


def test_on_a_terminal_each_step_keeps_its_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [
        run_document("r", "running", step_document("fetch"), step_document("train")),
        run_document("r", "running", started("fetch"), step_document("train")),
        run_document(
            "r", "failed", ended("fetch", "succeeded", **REUSED), ended("train", "failed")
        ),
    ]
    before, after = live(monkeypatch, 80, 24, *runs)
    assert before == [
        "↻ fetch  reused              nothing changed since run 0abc",
        "✗ train  failed        1.2s",
    ]
    assert after == [*before, "✗ nightly r failed in 3.5s (2 steps: 1 reused, 1 failed)"]


def test_nothing_is_written_while_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = Screen()
    progress = LiveProgress(Terminal(stream))
    run: Any = run_document("r", "running", step_document("a"))
    progress.show(run)
    written = stream.getvalue()
    progress.show(run)
    assert stream.getvalue() == written


@pytest.mark.parametrize("columns", [12, 20, 40, 80])
def test_no_line_reaches_the_last_column(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    step = ended("a_step_with_a_very_long_name_東京", "failed", reason="x" * 200)
    _, after = live(monkeypatch, columns, 24, run_document("r", "running", step, started("b")))
    assert all(width_of(line) < columns for line in after[:-1])


def test_a_low_terminal_keeps_what_runs_and_what_failed_in_sight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = [ended(f"done{number:02d}", "succeeded") for number in range(60)]
    steps += [ended("broken", "failed"), started("busy"), step_document("waiting")]
    before, after = live(monkeypatch, 80, 12, run_document("r", "running", *steps))
    assert len(before) <= 11
    names = [line.split()[1] for line in before]
    assert {"broken", "busy"} <= set(names)
    assert "60 succeeded, 1 failed, 1 running, 1 pending" in before[-1]
    assert len(after) == 64, "the end shows every step"


def test_what_a_step_is_called_cannot_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = Screen()
    bad: Any = run_document("r", "running", started("a", reason="x\x1b[2Jy"))
    LiveProgress(Terminal(stream)).show(bad)
    assert "\x1b[2J" not in stream.getvalue()
