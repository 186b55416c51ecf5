from collections.abc import Callable
from typing import Any

from tests.tui.documents import events as documents
from tests.tui.documents import steps
from tests.tui.driving import (
    Driver,
    answered,
    app,
    drive,
    lines,
    place,
    screen,
    settled,
    taken,
    until,
    write,
)
from tests.tui.stage import FAILED, LIVE, Hands, Stage, run, step
from trainauto_tui.documents import Run
from trainauto_tui.screens.metrics_pane import MetricsPane
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.boxes_view import BoxesView
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


def test_it_says_in_full_what_started_the_run(make_app: MakeApp, stage: Stage) -> None:
    cause = f"12 files: {', '.join(f'incoming/2013-07-{day:02}.parquet' for day in range(1, 13))}"
    stage.runs[LIVE]["trigger"] = {"kind": "data", "cause": cause}

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        text = " ".join(screen(pilot).split())
        assert "by data" in text
        assert f"cause {cause}" in text

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
        found = {one["id"]: one for one in stage.runs[LIVE]["steps"]}
        found["train_xgb"]["status"] = "succeeded"
        stage.tell("attempt_finished", LIVE, steps={"train_xgb": "succeeded"})
        await until(pilot, lambda: "succeeded" in lines(rail(pilot))[6])
        assert "7/12 steps" in screen(pilot)
        await until(pilot, lambda: rail(pilot).selected == "train_mlp")

    drive(make_app(run=LIVE), script)


def test_a_burst_of_events_is_drawn_a_few_times(
    make_app: MakeApp, stage: Stage, monkeypatch: Any
) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        drawn: list[object] = []
        draw = rail(pilot).show_run

        def noted(run: Run, now: float) -> None:
            drawn.append(run)
            draw(run, now)

        monkeypatch.setattr(rail(pilot), "show_run", noted)
        stage.runs[LIVE]["steps"][5]["status"] = "succeeded"
        changed = {"train_xgb": "succeeded"}
        for number in range(300):
            ended: Any = documents.event(number, "06:10:00.000", "due", None, None, changed)
            place(pilot).events_arrived([ended | {"run_id": LIVE}])
        assert len(drawn) < 3
        await until(pilot, lambda: "succeeded" in lines(rail(pilot))[6])

    drive(make_app(run=LIVE), script)


def test_a_status_that_changes_in_a_pause_is_shown_at_its_end(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        await pilot.press("p")
        await until(pilot, lambda: app(pilot).paused)
        shown = place(pilot).document
        assert shown is not None
        changing = shown["steps"][5]
        stage.runs[LIVE]["steps"][5]["status"] = "succeeded"
        stage.tell("attempt_finished", LIVE, steps={"train_xgb": "succeeded"})
        await until(pilot, lambda: changing["status"] == "succeeded")
        await taken(pilot)
        assert "running" in lines(rail(pilot))[6]
        await pilot.press("p")
        await until(pilot, lambda: "succeeded" in lines(rail(pilot))[6])

    drive(make_app(run=LIVE), script)


def test_the_cursor_stays_where_the_reader_put_it(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        await pilot.press("g")
        found = {one["id"]: one for one in stage.runs[LIVE]["steps"]}
        found["train_xgb"]["status"] = "succeeded"
        stage.tell("attempt_finished", LIVE, steps={"train_xgb": "succeeded"})
        await until(pilot, lambda: "succeeded" in lines(rail(pilot))[6])
        assert rail(pilot).selected == "ingest"

    drive(make_app(run=LIVE), script)


def test_a_step_chosen_before_the_run_began_is_kept(make_app: MakeApp, stage: Stage) -> None:
    waiting = [step("first", "pending"), step("second", "pending", "first")]
    stage.runs[LIVE] = run(LIVE, "queued", waiting)

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        await pilot.press("j")
        await settled(pilot)
        waiting[0]["status"] = stage.runs[LIVE]["status"] = "running"
        stage.tell("attempt_started", LIVE, run="running", steps={"first": "running"})
        await until(pilot, lambda: "running" in lines(rail(pilot))[1])
        assert rail(pilot).selected == "second"

    drive(make_app(run=LIVE), script)


def test_a_run_that_begins_takes_the_cursor_to_what_runs(make_app: MakeApp, stage: Stage) -> None:
    waiting = [step("first", "pending"), step("second", "pending", "first")]
    stage.runs[LIVE] = run(LIVE, "queued", waiting)

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        waiting[0]["status"], waiting[1]["status"] = "succeeded", "running"
        changed = {"first": "succeeded", "second": "running"}
        stage.tell("attempt_started", LIVE, run="running", steps=changed)
        await until(pilot, lambda: rail(pilot).selected == "second")

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


def test_a_filter_that_no_step_passes_leaves_the_log_as_it_is(
    make_app: MakeApp, stage: Stage
) -> None:
    stage.complete = False

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        before = log(pilot)
        await pilot.press("slash")
        await write(pilot, "no such step")
        await pilot.press("enter")
        await until(pilot, lambda: rail(pilot).selected is None)
        place(pilot).load()
        await settled(pilot)
        assert before[-1] in log(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: rail(pilot).selected == "train_xgb")
        await settled(pilot)
        stage.logs[LIVE, "train_xgb"] += b"round 411\n"
        await until(pilot, lambda: log(pilot)[-1] == "round 411")

    drive(make_app(run=LIVE), script)


def test_what_is_said_in_place_of_a_log_stays_true(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        await pilot.press("G")
        await until(pilot, lambda: log(pilot)[0] == "canary has not run: it is pending.")
        stage.runs[LIVE]["steps"][-1]["status"] = "skipped"
        stage.tell("attempt_finished", LIVE, steps={"canary": "skipped"})
        await until(pilot, lambda: log(pilot)[0] == "canary has not run: it is skipped.")

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


def test_a_log_that_another_screen_hides_is_not_looked_at(make_app: MakeApp, stage: Stage) -> None:
    stage.complete = False

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        hidden = place(pilot).query_one(LogView)
        app(pilot).open_lineage(f"run:{LIVE}")
        await until(pilot, lambda: place(pilot).SCOPE == "lineage")
        await settled(pilot)
        await answered(pilot, "logs")
        asked = len(stage.requests)
        for _ in range(2):
            before = hidden._poll
            await until(pilot, lambda before=before: hidden._poll is not before)  # type: ignore[misc]
        await answered(pilot, "logs")
        assert not [one for one in stage.requests[asked:] if "/log?" in one]
        stage.logs[LIVE, "train_xgb"] += b"round 411\n"
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).SCOPE == "run" and log(pilot)[-1] == "round 411")

    drive(make_app(run=LIVE), script)


def test_enter_goes_into_the_step_and_escape_back(make_app: MakeApp, stage: Stage) -> None:
    steps.on(stage)

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: place(pilot).SCOPE == "step")
        await settled(pilot)
        assert f"run {LIVE} › train_xgb" in screen(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.focused, RailView))
        assert place(pilot).SCOPE == "run"
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).SCOPE == "runs")

    drive(make_app(run=LIVE), script)


def test_zoom_gives_the_log_the_screen_and_takes_it_back(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("tab", "z")
        await until(pilot, lambda: len(log(pilot)) == 21)
        await pilot.press("g")
        assert log(pilot)[0] == "epoch   0/40 loss 0.8000"
        await pilot.press("z")
        await until(pilot, lambda: len(log(pilot)) < 21)

    drive(make_app(run=LIVE), script)


def test_a_running_step_has_a_bar_of_its_progress_and_its_last_metric(
    make_app: MakeApp, stage: Stage
) -> None:
    steps.on(stage)

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        assert "▕███▏  ▏ round 410/800  val_loss 0.2312" in lines(rail(pilot))[6]
        assert "log train_xgb  ran: code train.py changed" in screen(pilot)
        await pilot.press("j")
        await until(pilot, lambda: "log train_mlp  attempt 2  ran: code" in screen(pilot))

    drive(make_app(run=LIVE), script)


def test_what_running_steps_report_is_looked_at_every_few_seconds(
    make_app: MakeApp, stage: Stage
) -> None:
    steps.on(stage)

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        running = next(one for one in stage.runs[LIVE]["steps"] if one["id"] == "train_xgb")
        running["progress"]["done"] = 420
        for _ in range(2):
            place(pilot).tick()
        await until(pilot, lambda: "round 420/800" in lines(rail(pilot))[6])

    drive(make_app(run=LIVE), script)


def test_metrics_are_shown_one_family_after_the_other_and_then_hidden(
    make_app: MakeApp, stage: Stage
) -> None:
    steps.on(stage)

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        pane = place(pilot).query_one(MetricsPane)
        shown = place(pilot).query_one("#log")
        assert not pane.display
        for said in ("━ loss 0.207  ━ val_loss 0.2412", "━ auc 0.8857"):
            await pilot.press("c")
            await until(pilot, lambda said=said: said in screen(pilot))  # type: ignore[misc]
            await settled(pilot)
            assert not shown.size.height
        await pilot.press("c")
        await until(pilot, lambda: shown.size.height > 0)
        await pilot.press("g")
        await until(pilot, lambda: "log ingest" in screen(pilot))
        await pilot.press("c")
        await until(pilot, lambda: "has logged no metrics" in screen(pilot))

    drive(make_app(run=LIVE), script)


def test_a_wide_screen_has_log_and_curves_side_by_side_unasked(
    make_app: MakeApp, stage: Stage
) -> None:
    steps.on(stage)

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: place(pilot).query_one(MetricsPane).size.height > 0)
        left, right = (place(pilot).query_one(one).region for one in ("#log", "#curves"))
        assert left.y == right.y
        assert left.right == right.x

    drive(make_app(run=LIVE), script, (160, 50))


def test_boxes_and_rail_are_on_the_same_step(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("v")
        boxes = place(pilot).query_one(BoxesView)
        await until(pilot, lambda: boxes.has_focus)
        assert boxes.selected == "train_xgb"
        await pilot.press("h")
        await until(pilot, lambda: rail(pilot).selected == "train_lr")
        await pilot.press("v")
        await until(pilot, lambda: rail(pilot).has_focus)
        assert rail(pilot).selected == "train_lr"

    drive(make_app(run=LIVE), script, (120, 40))


def test_news_of_the_run_take_no_key_back_that_moved_the_boxes(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("v")
        boxes = place(pilot).query_one(BoxesView)
        await until(pilot, lambda: boxes.has_focus)
        boxes.action_right()
        place(pilot).show(place(pilot).document)
        await until(pilot, lambda: rail(pilot).selected == "train_mlp")
        place(pilot).show(place(pilot).document)
        await settled(pilot)
        assert boxes.selected == rail(pilot).selected == "train_mlp"

    drive(make_app(run=LIVE), script, (120, 40))


def test_boxes_need_room_and_say_so(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("v")
        await until(pilot, lambda: "Boxes need 120 columns; this screen has 119." in screen(pilot))
        assert not place(pilot).query_one(BoxesView).display

    drive(make_app(run=LIVE), script, (119, 40))


def test_a_screen_that_becomes_too_narrow_for_boxes_has_the_rail_again(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("v")
        await until(pilot, lambda: place(pilot).query_one(BoxesView).has_focus)
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: rail(pilot).has_focus and rail(pilot).display)

    drive(make_app(run=LIVE), script, (130, 40))


def test_a_run_from_a_step_is_confirmed_and_asked_for(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("F")
        await until(pilot, lambda: "Run flights-nightly again from train_xgb?" in screen(pilot))
        assert "train_xgb and the 4 after it" in screen(pilot)
        await pilot.press("enter")
        assert not any(asked.startswith("POST /runs") for asked in stage.requests)
        await pilot.press("y")
        await until(pilot, lambda: place(pilot).address == ("run", "0bq3newnewnewnew"))
        assert stage.bodies[-1] == {
            "name": "flights-nightly",
            "params": {"days": 7, "learning_rate": 0.1},
            "from_step": "train_xgb",
            "ds": "2013-07-10",
        }

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
        assert heads[-5:] == ["attempt", "started", "cpu", "memory", "log"]
        assert lines(rail(pilot))[1].split()[-5:] == ["11s", "393", "MiB", "20", "KiB"]

    drive(make_app(run=LIVE), script, (160, 50))


def test_an_unknown_run_says_so(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await until(pilot, lambda: "no such thing: /runs/0nothere" in screen(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).SCOPE == "runs")

    drive(make_app(run="0nothere"), script)


def test_a_thousand_steps_stay_usable(make_app: MakeApp, stage: Stage) -> None:
    many = [step(f"s{n}", "pending", *([f"s{n - 7}"] if n > 7 else [])) for n in range(1000)]
    stage.runs[LIVE] = run(LIVE, "running", many)

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("G")
        assert rail(pilot).cursor == 999
        assert any(rail(pilot).selected in line for line in lines(rail(pilot)))  # type: ignore[operator]

    drive(make_app(run=LIVE), script)


def test_any_size_will_do(make_app: MakeApp, stage: Stage) -> None:
    steps.on(stage)

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("v")
        for size in ((139, 60), (60, 15), (30, 6), (160, 50), (80, 24)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
            assert pilot.app.size == size

    drive(make_app(run=LIVE), script, (200, 60))
