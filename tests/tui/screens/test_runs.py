from collections.abc import Callable

from tests.tui.documents import runs, steps
from tests.tui.driving import (
    Driver,
    answered,
    app,
    drive,
    lines,
    place,
    screen,
    settled,
    until,
    write,
)
from tests.tui.stage import DONE, FAILED, LIVE, Hands, Stage, run
from trainauto_tui.screens.confirm import ConfirmScreen
from trainauto_tui.screens.run_preview import RunPreview
from trainauto_tui.screens.runs import PAGE
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.live_rows import LiveRows
from trainauto_tui.widgets.rail_view import RailView

MakeApp = Callable[..., TrainautoApp]


def table(pilot: Driver) -> LiveRows:
    return place(pilot).query_one(LiveRows)


async def open_runs(pilot: Driver) -> None:
    await settled(pilot)
    await pilot.press("2")
    await until(pilot, lambda: place(pilot).SCOPE == "runs")
    await settled(pilot)


def test_each_run_has_its_row(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        assert lines(table(pilot))[1:4] == [
            f" {LIVE} flights-nightly ▶ running   cron    07-10 02:00 11:02 11m",
            f" {DONE} flights-nightly ✔ succeeded manual  07-10 02:00  3:20  3h",
            f" {FAILED} flights-nightly ✘ failed    manual  07-09 02:00  3:20 24h",
        ]

    drive(make_app(), script)


def test_the_selected_run_tells_its_error(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await pilot.press("G")
        assert "evaluate missed its threshold" in "\n".join(lines(place(pilot).query_one(Detail)))

    drive(make_app(), script)


def test_running_seconds_count_and_nothing_else_moves(make_app: MakeApp, hands: Hands) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        before = lines(table(pilot))
        hands.at += 5
        place(pilot).tick()
        after = lines(table(pilot))
        assert "11:07" in after[1]
        assert before[2:] == after[2:]

    drive(make_app(), script)


def test_a_page_is_all_that_is_ever_fetched(make_app: MakeApp, stage: Stage) -> None:
    for number in range(PAGE + 50):
        stage.runs[f"0aaa{number:012}"] = run(f"0aaa{number:012}", "succeeded", [])

    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        assert len(table(pilot).rows) == PAGE
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: len(table(pilot).rows) == 53)
        await pilot.pause()
        assert "runs page 2" in screen(pilot)
        await pilot.press("right_square_bracket", "left_square_bracket")
        await until(pilot, lambda: table(pilot).selected == LIVE)
        asked = [request for request in stage.requests if request.startswith("GET /runs?")]
        assert all(f"limit={PAGE}" in request for request in asked)

    drive(make_app(), script)


def test_a_new_run_appears_by_itself(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        stage.runs["0zzz"] = run("0zzz", "queued", [], started_at=None)
        stage.tell("run_submitted", "0zzz", run="queued")
        await until(pilot, lambda: table(pilot).rows[0].key == "0zzz")
        assert table(pilot).selected == LIVE

    drive(make_app(), script)


def test_a_burst_of_events_costs_few_fetches(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        before = len(stage.requests)
        for _ in range(200):
            stage.tell("attempt_finished", LIVE, run="running")
        stage.runs["0zzz"] = run("0zzz", "queued", [], started_at=None)
        stage.tell("run_submitted", "0zzz", run="queued")
        await until(pilot, lambda: table(pilot).rows[0].key == "0zzz")
        assert len(stage.requests) - before < 8

    drive(make_app(), script)


def test_cancel_and_retry_ask_for_the_selected_run(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await pilot.press("X")
        assert f"$ trainauto cancel {LIVE}" in screen(pilot)
        await pilot.press("y")
        await until(pilot, lambda: f"POST /runs/{LIVE}/cancel" in stage.requests)
        await until(pilot, lambda: "cancelled" in lines(table(pilot))[1])
        await pilot.press("G", "K")
        assert f"$ trainauto retry {FAILED}" in screen(pilot)
        await pilot.press("n")
        assert f"POST /runs/{FAILED}/retry" not in stage.requests
        await pilot.press("K", "y")
        await until(pilot, lambda: f"POST /runs/{FAILED}/retry" in stage.requests)

    drive(make_app(), script)


def test_what_makes_no_sense_is_refused_with_a_reason(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await pilot.press("K", "j", "X")
        await until(pilot, lambda: "The run has not ended yet." in screen(pilot))
        await until(pilot, lambda: "The run has ended: it succeeded." in screen(pilot))
        assert not any(request.startswith("POST") for request in stage.requests)

    drive(make_app(), script)


async def filter_by(pilot: Driver, text: str) -> None:
    await pilot.press("slash")
    await write(pilot, text)
    await pilot.press("enter")
    await settled(pilot)


def keys(pilot: Driver) -> list[str]:
    return [row.key for row in table(pilot).rows]


def test_facets_are_sent_to_the_daemon_and_told_in_the_crumbs(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await filter_by(pilot, "trigger:manual status:failed,succeeded since:2013-07-10")
        await until(pilot, lambda: keys(pilot) == [DONE])
        asked = "trigger=manual&since=2013-07-10"
        assert any("status=failed%2Csucceeded" in one and asked in one for one in stage.requests)
        crumb = screen(pilot).splitlines()[0]
        assert "runs status:failed,succeeded trigger:manual since:2013-07-10" in crumb
        await pilot.press("escape")
        await until(pilot, lambda: len(keys(pilot)) == 3)
        assert place(pilot).SCOPE == "runs"

    drive(make_app(), script)


def test_words_narrow_the_page_without_a_request(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        asked = [one for one in stage.requests if "/runs" in one]
        await pilot.press("slash", *"manu")
        assert keys(pilot) == [DONE, FAILED]
        assert "/manu  2 of 3" in screen(pilot)
        await pilot.press("escape")
        assert keys(pilot) == [LIVE, DONE, FAILED]
        await filter_by(pilot, "!manual")
        assert keys(pilot) == [LIVE]
        assert [one for one in stage.requests if "/runs" in one] == asked

    drive(make_app(), script)


def test_what_is_not_understood_is_told_and_asked_for_again(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        asked = len(stage.requests)
        await filter_by(pilot, "status:fale")
        assert "unknown status 'fale': did you mean failed?" in screen(pilot)
        assert not any("status" in one for one in stage.requests[asked:])
        await pilot.press("backspace", "backspace", "tab")
        assert "status:failed" in screen(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: keys(pilot) == [FAILED])

    drive(make_app(), script)


def test_a_filter_that_nothing_has_says_so(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await filter_by(pilot, "status:skipped")
        await until(pilot, lambda: "No run has status:skipped." in screen(pilot))
        assert keys(pilot) == []

    drive(make_app(), script)


def test_what_the_daemon_refuses_is_shown_in_place_of_the_runs(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        stage.fail("/runs", 404, "no run of a pipeline called 'nope'")
        await pilot.press("slash")
        await write(pilot, "pipeline:nope")
        await pilot.press("enter")
        await until(pilot, lambda: "no run of a pipeline called 'nope'" in screen(pilot))
        assert keys(pilot) == []
        assert LIVE not in screen(pilot)
        stage.failures.clear()
        await pilot.press("escape")
        await until(pilot, lambda: len(keys(pilot)) == 3)

    drive(make_app(), script)


def test_without_a_link_the_page_stays_as_it_is(make_app: MakeApp, stage: Stage) -> None:
    for number in range(PAGE):
        stage.runs[f"0aaa{number:012}"] = run(f"0aaa{number:012}", "succeeded", [])

    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        stage.close()
        await until(pilot, lambda: not app(pilot).session.live)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "Only the page on the screen is here" in screen(pilot))
        await pilot.press("slash")
        await write(pilot, "status:failed")
        await pilot.press("enter")
        assert len(keys(pilot)) == PAGE
        assert "status:failed" not in screen(pilot).splitlines()[0]

    drive(make_app(), script)


def test_the_slower_of_two_pages_does_not_replace_the_one_that_is_wanted(
    make_app: MakeApp, stage: Stage
) -> None:
    for number in range(3 * PAGE):
        stage.runs[f"0aaa{number:012}"] = run(f"0aaa{number:012}", "succeeded", [])

    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        first = keys(pilot)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: keys(pilot) != first)
        await pilot.press("right_square_bracket", "left_square_bracket", "left_square_bracket")
        await until(pilot, lambda: keys(pilot) == first)
        await settled(pilot)
        assert keys(pilot) == first

    drive(make_app(), script)


def test_a_screen_is_found_again_by_its_address(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        app(pilot).open_address(("runs", "flights-nightly", "status:failed evaluate"))
        await until(pilot, lambda: place(pilot).SCOPE == "runs")
        await settled(pilot)
        assert place(pilot).address == ("runs", "flights-nightly", "status:failed evaluate")
        await pilot.press("escape")
        assert place(pilot).address == ("runs", "flights-nightly")
        await pilot.press("escape")
        assert place(pilot).SCOPE == "pipelines"

    drive(make_app(), script)


def test_what_started_the_selected_run_stands_below_and_on_a_wide_screen_in_its_row(
    make_app: MakeApp, stage: Stage
) -> None:
    stage.runs[LIVE]["trigger"] = runs.trigger("drift")

    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        cause = runs.CAUSES["drift"]
        assert f"cause   {cause}" in screen(pilot)
        row = lines(table(pilot))[1]
        assert "drift" in row
        assert (cause[:20] in row) == (pilot.app.size.width > 100)
        await pilot.press("j")
        await until(pilot, lambda: "cause  " not in screen(pilot).partition("─ ")[2])

    for size in ((80, 24), (160, 50)):
        drive(make_app(), script, size=size)


def test_a_wide_screen_shows_all_columns_and_the_steps_of_the_selected_run(
    make_app: MakeApp,
) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        heads = lines(table(pilot))[0].split()
        assert heads == [
            *("run", "pipeline", "status", "trigger", "scheduled"),
            *("took", "age", "cause", "params", "error"),
        ]
        await until(pilot, lambda: "6/12 steps" in screen(pilot))
        assert "train_xgb" in screen(pilot)
        await pilot.press("G")
        await until(pilot, lambda: "4/4 steps" in screen(pilot))
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(place(pilot).focused, RailView))

    drive(make_app(), script, size=(160, 50))


def end(stage: Stage, run_id: str) -> None:
    """Let all of a run succeed, and tell so."""
    ended = stage.runs[run_id]
    ended["status"] = "succeeded"
    for one in ended["steps"]:
        one["status"] = "succeeded"
    all_of_them = {one["id"]: "succeeded" for one in ended["steps"]}
    stage.tell("attempt_finished", run_id, run="succeeded", steps=all_of_them)


def test_a_run_that_ended_while_its_list_was_covered_has_ended_in_the_preview_too(
    make_app: MakeApp, stage: Stage
) -> None:
    steps.on(stage)

    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await until(pilot, lambda: "6/12 steps" in screen(pilot) and stage.listeners == 1)
        await pilot.press("enter")
        await until(pilot, lambda: place(pilot).SCOPE == "run")
        await settled(pilot)
        below = place(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: place(pilot).SCOPE == "step")
        await settled(pilot)
        end(stage, LIVE)
        await until(pilot, lambda: (below.document or {})["status"] == "succeeded")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: place(pilot).SCOPE == "runs")
        await until(pilot, lambda: "succeeded" in lines(table(pilot))[1])
        await until(pilot, lambda: f"12/12 steps of {LIVE}" in screen(pilot))
        assert "running" not in screen(pilot)

    drive(make_app(), script, size=(160, 50))


def test_steps_that_changed_while_the_list_was_covered_are_shown_on_the_way_back(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await until(pilot, lambda: "6/12 steps" in screen(pilot) and stage.listeners == 1)
        await pilot.press("enter")
        await until(pilot, lambda: place(pilot).SCOPE == "run")
        await settled(pilot)
        stage.runs[LIVE]["steps"][5]["status"] = "succeeded"
        stage.tell("attempt_finished", LIVE, steps={"train_xgb": "succeeded"})
        await until(pilot, lambda: "7/12 steps" in screen(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: f"7/12 steps of {LIVE}" in screen(pilot))

    drive(make_app(), script, size=(160, 50))


def test_the_steps_of_the_selected_run_stay_as_they_are_in_a_pause(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await until(pilot, lambda: "6/12 steps" in screen(pilot))
        await pilot.press("p")
        await until(pilot, lambda: app(pilot).paused)
        preview = place(pilot).query_one(RunPreview)
        stage.runs[LIVE]["steps"][5]["status"] = "succeeded"
        asked = len(stage.requests)
        preview.touch()
        await until(pilot, lambda: preview._timer is None)
        await answered(pilot, "documents")
        assert f"GET /runs/{LIVE}" not in stage.requests[asked:]
        await pilot.press("p")
        await until(pilot, lambda: f"7/12 steps of {LIVE}" in screen(pilot))

    drive(make_app(), script, size=(160, 50))


def test_a_list_that_a_run_hides_asks_for_nothing_until_it_is_seen_again(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        await pilot.press("enter")
        await until(pilot, lambda: place(pilot).SCOPE == "run")
        await settled(pilot)
        asked = len(stage.requests)
        end(stage, LIVE)
        await until(pilot, lambda: "12/12 steps" in screen(pilot))
        await settled(pilot)
        await answered(pilot, "documents")
        assert not [one for one in stage.requests[asked:] if one.startswith("GET /runs?")]
        await pilot.press("escape")
        await until(pilot, lambda: "succeeded" in lines(table(pilot))[1])

    drive(make_app(), script)


def test_a_list_behind_a_dialog_stays_current(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        rows = table(pilot)
        await pilot.press("X")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        end(stage, LIVE)
        await until(pilot, lambda: "succeeded" in lines(rows)[1])

    drive(make_app(), script)


def test_the_page_is_sorted_by_what_is_meant_and_not_by_its_text(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await open_runs(pilot)
        await pilot.press(*"sssss")
        assert table(pilot).sorting is not None
        assert lines(table(pilot))[0].split()[-2:] == ["took▼", "age"]
        assert keys(pilot) == [LIVE, FAILED, DONE]
        await pilot.press("s")
        assert keys(pilot) == [FAILED, DONE, LIVE]

    drive(make_app(), script)
