import threading
from collections.abc import Callable
from functools import partial

from tests.tui.documents import steps
from tests.tui.driving import (
    PATIENCE_S,
    Driver,
    app,
    drive,
    lines,
    place,
    screen,
    settled,
    taken,
    until,
)
from tests.tui.stage import FAILED, LIVE, Stage
from trainauto_tui.screens.metrics_pane import MetricsPane
from trainauto_tui.screens.step import PARTS, StepScreen
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.chart import Chart
from trainauto_tui.widgets.log_view import LogView
from trainauto_tui.widgets.step_lists import AttemptsView, OutputsView
from trainauto_tui.widgets.tabs import Tabs

MakeApp = Callable[..., TrainautoApp]
SMALL = (80, 24)


def opened(
    make_app: MakeApp,
    stage: Stage,
    step: str,
    script: Callable[[Driver], object],
    size: tuple[int, int] = SMALL,
    run_id: str = LIVE,
) -> None:
    """Run ``script`` on the screen of ``step``."""
    steps.on(stage)

    async def go(pilot: Driver) -> None:
        await settled(pilot)
        place(pilot).shell.open_step(run_id, step)
        await until(pilot, lambda: place(pilot).SCOPE == "step")
        await settled(pilot)
        await script(pilot)  # type: ignore[misc]

    drive(make_app(), go, size)


def shows(pilot: Driver, text: str) -> bool:
    return text in screen(pilot)


def test_it_opens_with_the_facts_and_the_log(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        shown = screen(pilot)
        assert f"run {LIVE} › train_xgb" in shown
        assert "▶ running 2:58" in shown
        assert "$ python train.py --model xgb --days 7 --out model" in shown
        log = place(pilot).query_one(LogView)
        assert log.has_focus
        assert lines(log)[-1].strip() == "100%|####| 40/40 [00:12<00:00]"

    opened(make_app, stage, "train_xgb", script)


def test_the_parts_are_shown_one_after_the_other(make_app: MakeApp, stage: Stage) -> None:
    said = {
        "attempts": "exit code 137: MemoryError",
        "outputs": "model/model.json",
        "why": "compared  with run",
        "resources": "asks for  2 cpus, 4 GiB memory",
        "environment": "scikit-learn 1.7.2",
        "curves": "━ loss 0.207",
        "log": "epoch 13/40",
    }

    async def script(pilot: Driver) -> None:
        for name in (*PARTS[1:], PARTS[0]):
            await pilot.press("right_square_bracket")
            await until(pilot, partial(shows, pilot, f"[{name}]"))
            await until(pilot, partial(shows, pilot, said[name]))
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: "[curves]" in screen(pilot))

    opened(make_app, stage, "train_mlp", script)


def test_only_what_happens_to_the_step_or_to_all_of_its_run_is_asked_about(
    make_app: MakeApp, stage: Stage
) -> None:
    at = f"GET /runs/{LIVE}/steps/train_xgb"

    def asked(since: int) -> list[str]:
        wanted = (at, f"{at}/explain", f"GET /runs/{LIVE}")
        return [one for one in stage.requests[since:] if one in wanted]

    async def script(pilot: Driver) -> None:
        await until(pilot, lambda: stage.listeners == 1)
        stage.answers[at.removeprefix("GET ")] |= {"status": "succeeded"}
        place(pilot).load()
        await until(pilot, lambda: not place(pilot).moving())  # else it asks by the clock as well
        await settled(pilot)
        before = len(stage.requests)
        stage.tell("attempt_finished", LIVE, steps={"train_mlp": "failed"})
        stage.tell("run_progressed", LIVE, steps={"train_xgb": "running"})
        await until(pilot, lambda: asked(before))
        await settled(pilot)
        assert asked(before) == [at, f"GET /runs/{LIVE}"]

    opened(make_app, stage, "train_xgb", script)


def test_why_another_attempt_ran_is_asked_for(make_app: MakeApp, stage: Stage) -> None:
    at = f"/runs/{LIVE}/steps/train_xgb"

    async def script(pilot: Driver) -> None:
        await until(pilot, lambda: stage.listeners == 1)
        before = stage.requests.count(f"GET {at}/explain")
        stage.answers[at] |= {"attempt": 2}
        stage.tell("attempt_started", LIVE, steps={"train_xgb": "running"})
        await until(pilot, lambda: stage.requests.count(f"GET {at}/explain") == before + 1)

    opened(make_app, stage, "train_xgb", script)


def test_news_that_come_while_an_attempt_is_chosen_take_nothing_back(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        here = place(pilot)
        assert isinstance(here, StepScreen)
        assert here.document is not None
        here.action_attempt()
        here.show(here.document)  # before the choice is acted on
        await taken(pilot)
        assert "attempt 1 of 2" in screen(pilot)
        assert "log of attempt 1" in screen(pilot)

    opened(make_app, stage, "train_mlp", script)


def test_a_click_on_a_name_shows_that_part(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        names = lines(place(pilot).query_one(Tabs))[0]
        await pilot.click(Tabs, offset=(names.index("outputs") + 2, 0))
        await until(pilot, lambda: "[outputs]" in screen(pilot))
        assert place(pilot).query_one(OutputsView).has_focus

    opened(make_app, stage, "train_xgb", script)


def test_a_failed_attempt_of_a_retried_step_has_its_error_and_its_log(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        assert "running 2:58  attempt 2 of 2" in screen(pilot)
        await pilot.press("a")
        await until(pilot, lambda: "log of attempt 1" in screen(pilot))
        assert "attempt 1 of 2" in screen(pilot)
        assert "MemoryError: cannot allocate 2.1 GiB" in screen(pilot)
        await until(pilot, lambda: any("attempt=1" in asked for asked in stage.requests))
        place(pilot).load()
        await settled(pilot)
        assert "log of attempt 1" in screen(pilot)
        await pilot.press("a")
        await until(pilot, lambda: "log of attempt 2" in screen(pilot))

    opened(make_app, stage, "train_mlp", script)


def test_enter_on_a_try_shows_its_log(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await pilot.press("right_square_bracket")
        attempts = place(pilot).query_one(AttemptsView)
        await until(pilot, lambda: attempts.has_focus)
        await pilot.press("k", "enter")
        await until(pilot, lambda: "[log]" in screen(pilot) and "log of attempt 1" in screen(pilot))

    opened(make_app, stage, "train_mlp", script)


def test_the_digest_of_an_output_is_copied_whole(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await pilot.press("right_square_bracket", "right_square_bracket")
        await until(pilot, lambda: place(pilot).query_one(OutputsView).has_focus)
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard == steps.DATA)

    opened(make_app, stage, "train_xgb", script)


def test_a_wide_screen_has_all_parts_side_by_side(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await until(pilot, lambda: place(pilot).query_one(Chart).size.height > 0)
        await settled(pilot)
        shown = screen(pilot)
        for said in (
            "log of attempt 2",
            "━ loss",
            "how it ended",
            "model.json",
            "compared",
            "numpy",
        ):
            assert said in shown
        await pilot.press("c", "c")
        await until(pilot, lambda: not place(pilot).query_one(Chart).size.height)

    opened(make_app, stage, "train_mlp", script, (160, 50))


def test_a_step_without_metrics_says_so(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await pilot.press("c")
        await until(pilot, lambda: "It has logged no metrics." in screen(pilot))

    opened(make_app, stage, "evaluate", script, run_id=FAILED)


def test_a_step_whose_reason_is_not_known_is_shown_all_the_same(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        at = f"/runs/{LIVE}/steps/train_xgb"
        stage.answers[at] |= {"attempt": 2}
        del stage.answers[f"{at}/explain"]
        place(pilot).refetch()
        await pilot.press(*["right_square_bracket"] * 3)
        await until(pilot, lambda: "It was not decided yet." in screen(pilot))

    opened(make_app, stage, "train_xgb", script)


def test_a_run_from_the_step_is_confirmed(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await pilot.press("F")
        await until(pilot, lambda: "again from train_mlp?" in screen(pilot))
        await pilot.press("n")
        await until(pilot, lambda: place(pilot).SCOPE == "step")
        assert not any(asked.startswith("POST /runs") for asked in stage.requests)

    opened(make_app, stage, "train_mlp", script)


def test_an_unknown_step_says_so(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        place(pilot).shell.open_step(LIVE, "nothere")
        await until(pilot, lambda: "no such thing" in screen(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).SCOPE == "pipelines")

    drive(make_app(), script)


def test_any_size_will_do(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        for size in ((100, 30), (60, 15), (30, 6), (139, 60), (160, 50), (80, 24)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
            assert pilot.app.size == size

    opened(make_app, stage, "train_mlp", script, (200, 60))


def test_it_is_told_of_once_and_forgotten_when_left(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        assert [one.SCOPE for one in app(pilot)._places] == ["pipelines", "step"]
        await pilot.press("escape")
        await until(pilot, lambda: [one.SCOPE for one in app(pilot)._places] == ["pipelines"])

    opened(make_app, stage, "train_xgb", script)


def test_curves_that_come_after_it_was_left_are_not_drawn(make_app: MakeApp, stage: Stage) -> None:
    asked, go_on = threading.Event(), threading.Event()

    async def script(pilot: Driver) -> None:
        left = place(pilot)
        path = f"/runs/{LIVE}/steps/train_xgb/metrics"
        curves = stage.answers[path]

        def slow(query: dict[str, str]) -> object:
            asked.set()
            go_on.wait(PATIENCE_S)
            return curves(query) if callable(curves) else curves

        stage.answers[path] = slow
        pane = left.query_one(MetricsPane)
        pane._document = None
        left.load()
        await until(pilot, asked.is_set)
        await pilot.press("escape")
        await until(pilot, lambda: not left.is_running)
        go_on.set()
        await until(pilot, lambda: not pane._asking)
        await settled(pilot)

    opened(make_app, stage, "train_xgb", script, (160, 50))
