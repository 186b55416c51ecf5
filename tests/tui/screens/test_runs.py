from collections.abc import Callable

from tests.tui.driving import Driver, drive, lines, place, screen, settled, until
from tests.tui.stage import DONE, FAILED, LIVE, Hands, Stage, run
from trainauto_tui.screens.runs import PAGE
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.live_rows import LiveRows

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
            f" {LIVE} flights-nightly     ▶ running   cron    07-10 02:00 11:02 11m",
            f" {DONE} flights-nightly     ✔ succeeded manual  07-10 02:00  3:20  3h",
            f" {FAILED} flights-nightly     ✘ failed    manual  07-09 02:00  3:20 24h",
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
