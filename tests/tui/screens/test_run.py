from collections.abc import Callable

from tests.tui.driving import Driver, drive, lines, place, screen, settled, until
from tests.tui.stage import FAILED, LIVE, Hands, Stage
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.log_view import LogView
from trainauto_tui.widgets.rail_view import RailView

MakeApp = Callable[..., TrainautoApp]


def rail(pilot: Driver) -> RailView:
    return place(pilot).query_one(RailView)


def log(pilot: Driver) -> list[str]:
    return [line.strip() for line in lines(place(pilot).query_one(LogView))]


def test_the_rail_has_status_time_and_reason_on_one_row(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        assert lines(rail(pilot))[1:9] == [
            " ✔         ingest      succeeded  12s rows 1204113",
            " ✔─╮       validate    succeeded 3.2s no earlier result",
            " │ ✔       featurize   reused         same as run 0bq2z5p3o7i1u9yt",
            " │ ✔─┬─┬─╮ split       succeeded 5.1s no earlier result",
            " │ │ │ │ ✔ train_lr    succeeded 1:07 auc 0.8712",
            " │ │ │ ▶ │ train_xgb   running   2:58 round 410",
            " │ │ ▶ │ │ train_mlp   running   2:58 no earlier result",
            " │ ○─┴─┴─╯ evaluate    pending        after train_xgb, train_mlp",
        ]

    drive(make_app(run=LIVE), script)


def test_it_opens_on_what_runs_and_on_what_failed(make_app: MakeApp) -> None:
    async def on_running(pilot: Driver) -> None:
        await settled(pilot)
        assert rail(pilot).selected == "train_xgb"
        assert log(pilot)[-1] == "100%|####| 40/40 [00:12<00:00]"

    async def on_failed(pilot: Driver) -> None:
        await settled(pilot)
        assert rail(pilot).selected == "evaluate"
        assert log(pilot)[0] == "roc_auc 0.71 is below 0.82"
        assert "evaluate: evaluate missed its threshold" in screen(pilot)

    drive(make_app(run=LIVE), on_running)
    drive(make_app(run=FAILED), on_failed)


def test_a_status_changes_with_its_event(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        steps = {one["id"]: one for one in stage.runs[LIVE]["steps"]}
        steps["train_xgb"]["status"] = "succeeded"
        stage.tell("attempt_finished", LIVE, steps={"train_xgb": "succeeded"})
        await until(pilot, lambda: "succeeded" in lines(rail(pilot))[6])
        assert "7/12 steps" in screen(pilot)
        await until(pilot, lambda: rail(pilot).selected == "train_mlp")

    drive(make_app(run=LIVE), script)


def test_the_cursor_stays_where_the_reader_put_it(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        await pilot.press("g")
        steps = {one["id"]: one for one in stage.runs[LIVE]["steps"]}
        steps["train_xgb"]["status"] = "succeeded"
        stage.tell("attempt_finished", LIVE, steps={"train_xgb": "succeeded"})
        await until(pilot, lambda: "succeeded" in lines(rail(pilot))[6])
        assert rail(pilot).selected == "ingest"

    drive(make_app(run=LIVE), script)


def test_selecting_a_step_shows_its_log(make_app: MakeApp, stage: Stage) -> None:
    stage.logs[LIVE, "train_lr"] = b"linear and quick\n"

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("k")
        await until(pilot, lambda: log(pilot)[0] == "linear and quick")
        await pilot.press("G")
        await until(pilot, lambda: log(pilot)[0] == "canary has not run: it is pending.")

    drive(make_app(run=LIVE), script)


def test_the_log_follows_what_the_step_writes(make_app: MakeApp, stage: Stage) -> None:
    stage.complete = False

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        assert "FOLLOW" in screen(pilot)
        stage.logs[LIVE, "train_xgb"] += b"round 411\n"
        await until(pilot, lambda: log(pilot)[-1] == "round 411")
        await pilot.press("f")
        await until(pilot, lambda: "f follows" in screen(pilot))
        stage.logs[LIVE, "train_xgb"] += b"round 412\n"
        await pilot.press("f")
        await until(pilot, lambda: log(pilot)[-1] == "round 412")

    drive(make_app(run=LIVE), script)


def test_enter_gives_the_log_the_screen_and_escape_takes_it_back(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: len(log(pilot)) == 21)
        assert f"run {LIVE} › train_xgb" in screen(pilot)
        await pilot.press("g")
        assert log(pilot)[0] == "epoch   0/40 loss 0.8000"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.focused, RailView))
        assert place(pilot).SCOPE == "run"
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).SCOPE == "runs")

    drive(make_app(run=LIVE), script)


def test_running_steps_count_their_seconds(make_app: MakeApp, hands: Hands) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        hands.at += 3
        place(pilot).tick()
        assert "3:01" in lines(rail(pilot))[6]
        assert "11:05" in screen(pilot) or "11:05" in lines(place(pilot).query_one("#facts"))[0]  # type: ignore[arg-type]

    drive(make_app(run=LIVE), script)


def test_a_wide_screen_has_figures(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        heads = lines(rail(pilot))[0].split()
        assert heads[-5:] == ["try", "started", "cpu", "memory", "log"]
        assert lines(rail(pilot))[1].split()[-5:] == ["11s", "412", "MB", "20.5", "kB"]

    drive(make_app(run=LIVE), script, (160, 50))


def test_an_unknown_run_says_so(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await until(pilot, lambda: "no such thing: /runs/0nothere" in screen(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).SCOPE == "runs")

    drive(make_app(run="0nothere"), script)


def test_a_thousand_steps_stay_usable(make_app: MakeApp, stage: Stage) -> None:
    from tests.tui.stage import run, step

    steps = [step(f"s{n}", "pending", *([f"s{n - 7}"] if n > 7 else [])) for n in range(1000)]
    stage.runs[LIVE] = run(LIVE, "running", steps)

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("G")
        assert rail(pilot).cursor == 999
        assert any(rail(pilot).selected in line for line in lines(rail(pilot)))  # type: ignore[operator]

    drive(make_app(run=LIVE), script)
