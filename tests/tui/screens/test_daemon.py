from collections.abc import Callable
from typing import Any

from tests.tui.documents import daemon
from tests.tui.driving import Driver, app, drive, lines, place, screen, settled, until
from tests.tui.stage import LIVE, Hands, Stage
from trainauto_tui.screens.daemon import LeaseRows
from trainauto_tui.shell import TrainautoApp

MakeApp = Callable[..., TrainautoApp]


async def open_daemon(pilot: Driver, stage: Stage) -> None:
    await until(pilot, lambda: app(pilot).session.live and stage.listeners == 1)
    await pilot.press("0")
    await until(pilot, lambda: place(pilot).SCOPE == "daemon")
    await settled(pilot)


def says(stage: Stage, **more: Any) -> None:
    """Let the daemon say something else of itself from now on."""
    stage.answers["/status"] = daemon.answered(daemon.status(**more), lambda: stage.sequence)


async def seconds(pilot: Driver, hands: Hands, count: int) -> None:
    """Let the app's clock go on."""
    for _ in range(count):
        hands.at += 1
        place(pilot).tick()
    await pilot.pause()


def test_it_says_how_the_daemon_is(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_daemon(pilot, stage)
        text = screen(pilot)
        assert "● running   up 3d   pid 4242" in text
        assert "569 GiB free of 1.82 TiB" in text
        assert "■□■□  2 of 4 taken" in text
        assert "store watch    ● running" in text

    drive(make_app(), script)


def test_it_looks_again_while_it_is_shown(make_app: MakeApp, stage: Stage, hands: Hands) -> None:
    async def script(pilot: Driver) -> None:
        await open_daemon(pilot, stage)
        says(stage, leases=[], runs={"queued": 0, "running": 0})
        await seconds(pilot, hands, 2)
        await until(pilot, lambda: "every slot is free" in screen(pilot))
        await pilot.press("1")
        await until(pilot, lambda: place(pilot).SCOPE == "pipelines")
        asked = stage.requests.count("GET /status")
        await seconds(pilot, hands, 6)
        assert stage.requests.count("GET /status") == asked

    drive(make_app(), script)


def test_on_a_slow_link_it_looks_less_often(make_app: MakeApp, stage: Stage, hands: Hands) -> None:
    async def script(pilot: Driver) -> None:
        await open_daemon(pilot, stage)
        await until(pilot, lambda: place(pilot).at_rest)
        place(pilot)._ticks = 0
        asked = stage.requests.count("GET /status")
        await seconds(pilot, hands, 4)
        assert stage.requests.count("GET /status") == asked
        await seconds(pilot, hands, 1)
        await until(pilot, lambda: stage.requests.count("GET /status") == asked + 1)

    drive(make_app(slow=True), script)


def test_enter_goes_to_the_run_that_holds_slots(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_daemon(pilot, stage)
        await pilot.press("enter")
        await until(pilot, lambda: place(pilot).SCOPE == "run")
        assert f"run {LIVE}" in screen(pilot)

    drive(make_app(), script)


def test_a_look_that_finds_nothing_new_writes_nothing(
    make_app: MakeApp, stage: Stage, hands: Hands
) -> None:
    async def script(pilot: Driver) -> None:
        await open_daemon(pilot, stage)
        await seconds(pilot, hands, 2)  # from now on it knows how much CPU is taken
        await until(pilot, lambda: place(pilot).at_rest and "(<1%)" in screen(pilot))
        await settled(pilot)  # and all of that is drawn
        written: list[str] = []
        pilot.app._display = lambda *_: written.append("frame")  # type: ignore[method-assign]
        asked = stage.requests.count("GET /status")
        says(stage, cpu_s=724.41, memory_bytes=84_310_000)
        while stage.requests.count("GET /status") < asked + 3:
            await seconds(pilot, hands, 1)
            stage.ping()
            await pilot.pause(0.02)
        assert written == []

    drive(make_app(), script)


def test_what_the_daemon_holds_is_one_row_each(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_daemon(pilot, stage)
        shown = lines(place(pilot).query_one(LeaseRows))
        assert shown[1].split() == [LIVE, "train_xgb", "1", "8", "24", "GiB", "0"]
        assert shown[2].split() == [LIVE, "train_mlp", "2", "4", "16", "GiB", "2"]

    drive(make_app(), script)


def test_links_that_were_opened_again_are_counted(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_daemon(pilot, stage)
        stage.close()
        await until(pilot, lambda: not app(pilot).session.live)
        stage.open()
        await pilot.press("r")
        await until(pilot, lambda: "reconnects 1" in screen(pilot))

    drive(make_app(), script)


def test_messages_that_did_not_arrive_are_told(make_app: MakeApp, stage: Stage) -> None:
    says(stage, undelivered=[daemon.undelivered()])

    async def script(pilot: Driver) -> None:
        await open_daemon(pilot, stage)
        told = "messages 3 to HOOK_URL wait, next try in 3m: connection refused"
        assert told in screen(pilot)

    drive(make_app(), script)
