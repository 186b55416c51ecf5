"""What all screens share: the link, dimming, hints, help, palette, sizes."""

from collections.abc import Callable
from importlib import import_module

import pytest

from tests.tui.driving import Driver, app, drive, lines, place, screen, settled, until
from tests.tui.stage import LIVE, NOW, Hands, Stage
from trainauto_tui.commands import DESTINATIONS, Destination
from trainauto_tui.live.link import Live, Reconnecting, Stale
from trainauto_tui.screens.help import HelpScreen
from trainauto_tui.screens.place import Place
from trainauto_tui.screens.run_place import RunPlace
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.live_rows import LiveRows

MakeApp = Callable[..., TrainautoApp]


def linked(pilot: Driver, state: type) -> Callable[[], bool]:
    return lambda: isinstance(app(pilot).session.link, state)


def test_a_lost_daemon_is_said_and_its_data_stays_dimmed(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        stage.close()
        await until(pilot, linked(pilot, Reconnecting))
        assert "✘ reconnecting 1s" in screen(pilot)
        assert "flights-nightly" in screen(pilot)
        assert place(pilot).query_one(LiveRows).has_class("-stale")

    drive(make_app(), script)


def test_it_comes_back_by_itself_with_what_it_missed(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        stage.close()
        await until(pilot, linked(pilot, Reconnecting))
        stage.pipelines[0]["state"] = "broken"
        stage.open()
        await pilot.press("r")
        await until(pilot, linked(pilot, Live))
        await until(pilot, lambda: "broken" in lines(place(pilot).query_one(LiveRows))[1])
        assert not place(pilot).query_one(LiveRows).has_class("-stale")

    drive(make_app(), script)


def test_changes_are_disabled_unless_live(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        stage.close()
        await until(pilot, linked(pilot, Reconnecting))
        await pilot.press("T", "X", "K")
        assert place(pilot).SCOPE == "run"

    drive(make_app(run=LIVE), script)


def test_silence_is_stale_and_a_ping_ends_it(make_app: MakeApp, stage: Stage, hands: Hands) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        hands.at = NOW + 12
        app(pilot).session.tick()
        assert linked(pilot, Stale)()
        await until(pilot, lambda: "◐ stale 12s" in screen(pilot))
        stage.ping()
        await until(pilot, linked(pilot, Live))

    drive(make_app(), script)


def test_without_a_daemon_it_waits_and_says_why(make_app: MakeApp, stage: Stage) -> None:
    stage.close()
    stage.socket.unlink(missing_ok=True)

    async def script(pilot: Driver) -> None:
        await until(pilot, lambda: "no daemon answers at" in screen(pilot))
        await pilot.press("2")
        await until(pilot, lambda: place(pilot).SCOPE == "runs")
        await until(pilot, lambda: "no daemon answers at" in screen(pilot))
        stage.open()
        await pilot.press("r")
        await settled(pilot)
        assert LIVE in screen(pilot)

    drive(make_app(), script)


@pytest.mark.parametrize("options", [{}, {"run": LIVE}, {"pipeline": "hello"}])
def test_help_lists_the_keys_of_the_screen(make_app: MakeApp, options: dict[str, str]) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        keys = {key for command in place(pilot).commands() for key in command.keys}
        assert {"T", "enter", "question_mark"} - keys <= {"question_mark"}
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        await until(pilot, lambda: "Start a run of this pipeline" in screen(pilot))
        await pilot.press("question_mark")
        assert not isinstance(pilot.app.screen, HelpScreen)

    drive(make_app(**options), script, (80, 60))


def test_digits_go_to_destinations_and_back_to_their_top(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: place(pilot).SCOPE == "runs")
        await pilot.press("2")
        await until(pilot, lambda: len(app(pilot).way()) == 1)
        await pilot.press("1")
        await until(pilot, lambda: len(app(pilot).way()) == 2)
        await pilot.press("1")
        await until(pilot, lambda: place(pilot).SCOPE == "pipelines")

    drive(make_app(), script)


def test_resizing_never_breaks_a_screen(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        for size in [(200, 60), (80, 24), (60, 15), (30, 6), (10, 3), (160, 50), (80, 24)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert "train_xgb" in screen(pilot)

    drive(make_app(run=LIVE), script)


def test_below_full_size_it_says_what_it_hides(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        assert "55×15 hides at" in screen(pilot)

    drive(make_app(), script, (55, 15))


def test_an_idle_screen_writes_nothing(make_app: MakeApp, stage: Stage) -> None:
    for one in stage.runs.values():
        one["status"] = "succeeded"

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        written: list[str] = []
        pilot.app._display = lambda *_: written.append("frame")  # type: ignore[method-assign]
        quiet = 0
        while quiet < 30:  # the second fetch, which follows the opening of the link, is over
            quiet = 0 if written else quiet + 1
            written.clear()
            await pilot.pause(0.02)
        for _ in range(30):
            app(pilot)._tick()
            stage.ping()
            await pilot.pause()
        assert written == []

    drive(make_app(run=LIVE), script)


@pytest.mark.parametrize("to", DESTINATIONS, ids=lambda to: to.id)
def test_every_screen_says_what_it_shows_and_when(to: Destination) -> None:
    import_module("trainauto_tui.screens.run")
    import_module("trainauto_tui.screens.step")
    screen = getattr(import_module(to.module), to.screen)
    for kind in (screen, *RunPlace.__subclasses__()):
        for name in ("crumb", "panes", "fetch", "show", "concerns"):
            assert getattr(kind, name) is not getattr(Place, name), f"{kind.__name__}.{name}"
    for kind in RunPlace.__subclasses__():
        assert kind.selected_pipeline is not RunPlace.selected_pipeline, kind.__name__
