from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.tui.driving import Driver, app, drive, place, screen, settled, type_ahead, until
from tests.tui.stage import FAILED, LIVE, Stage
from trainauto_tui.clipboard import TERMINAL_LIMIT
from trainauto_tui.keymap import Keymap
from trainauto_tui.screens.place import Place
from trainauto_tui.settings import Settings
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.live_rows import LiveRows

MakeApp = Callable[..., TrainautoApp]


def is_at(pilot: Driver, address: tuple[str, ...]) -> bool:
    return isinstance(pilot.app.screen, Place) and place(pilot).address == address


def test_the_screen_left_last_is_one_key_away_and_back(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        app(pilot).open_runs("flights-nightly")
        await until(pilot, lambda: place(pilot).address == ("runs", "flights-nightly"))
        app(pilot).open_run(LIVE)
        await until(pilot, lambda: place(pilot).address == ("run", LIVE))
        await pilot.press("2")
        await until(pilot, lambda: app(pilot).view().mode == "runs")
        for expected in [("run", LIVE), ("runs",), ("run", LIVE)]:
            await pilot.press("minus")
            await until(pilot, partial(is_at, pilot, expected))
        assert [one.address[0] for one in app(pilot).way()] == ["pipelines", "runs", "run"]

    drive(make_app(), script)


def test_a_tick_after_the_last_screen_has_gone_does_no_harm(make_app: MakeApp) -> None:
    tui = make_app()
    drive(tui, settled)
    assert not tui.screen_stack
    tui._tick()


def test_a_screen_that_was_climbed_out_of_comes_back(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).address == ("runs",))
        await pilot.press("minus")
        await until(pilot, lambda: place(pilot).address == ("run", FAILED))
        await settled(pilot)

    drive(make_app(run=FAILED), script)


def test_keys_are_those_that_the_reader_wants(make_app: MakeApp) -> None:
    keymap = Keymap({"go.runs": ("f2",), "zoom": ("Z",), "help": ("f1",)})

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        assert "f1 help" in screen(pilot)
        await pilot.press("f2")
        await until(pilot, lambda: place(pilot).address == ("runs",))
        await pilot.press("z")
        assert place(pilot).zoomed is None
        await pilot.press("Z")
        await until(pilot, lambda: place(pilot).zoomed is not None)

    drive(make_app(settings=Settings(keymap=keymap)), script)


def test_paused_nothing_moves_until_it_goes_on(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("p")
        await until(pilot, lambda: "paused" in screen(pilot))
        asked = len(stage.requests)
        stage.runs[LIVE]["status"] = "succeeded"
        stage.tell("run_ended", LIVE, run="succeeded")
        await until(pilot, lambda: app(pilot).session.live)
        assert not [one for one in stage.requests[asked:] if one.startswith("GET /runs")]
        await pilot.press("p")
        await until(pilot, lambda: "paused" not in screen(pilot))
        await until(pilot, lambda: len(stage.requests) > asked)

    drive(make_app(pipeline="flights-nightly"), script)


def test_read_only_is_said_and_changes_are_off(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        assert "read-only" in screen(pilot)
        assert {"trigger", "cancel", "retry"} <= place(pilot).pointless()
        await pilot.press("T")
        await until(pilot, lambda: "trigger: this UI was opened read-only" in screen(pilot))
        assert place(pilot).SCOPE == "runs"

    drive(make_app(pipeline="flights-nightly", read_only=True), script)


class TestCopying:
    def test_puts_what_is_selected_on_the_terminals_clipboard(self, make_app: MakeApp) -> None:
        async def script(pilot: Driver) -> None:
            await settled(pilot)
            await pilot.press("y")
            await until(pilot, lambda: f"copied {LIVE}" in screen(pilot))
            assert app(pilot).clipboard == LIVE

        drive(make_app(pipeline="flights-nightly"), script)

    @pytest.mark.parametrize("settings", [Settings(), Settings(clipboard="file")])
    def test_goes_to_a_file_where_the_terminal_will_not_do(
        self,
        make_app: MakeApp,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        settings: Settings,
    ) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        size = TERMINAL_LIMIT + 1 if settings.clipboard == "terminal" else 3

        async def script(pilot: Driver) -> None:
            await settled(pilot)
            app(pilot).copy("x" * size, "the log")
            await until(pilot, lambda: "the log is in" in screen(pilot))
            assert app(pilot).clipboard == ""

        drive(make_app(settings=settings), script)
        file = tmp_path / "trainauto" / "copied.txt"
        assert file.read_text() == "x" * size
        assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_typed_behind_the_key_of_a_prompt_is_no_command(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        type_ahead(pilot, "slash", *"q1x", "enter", "j")
        await until(pilot, lambda: place(pilot).query_one(LiveRows).filter_text == "q1x")
        await until(pilot, lambda: not place(pilot).prompting)
        assert place(pilot).SCOPE == "pipelines"

    drive(make_app(), script)


def test_a_prompt_tells_of_every_change_and_gives_the_focus_back(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        changes: list[str] = []
        answers: list[str | None] = []
        before = place(pilot).focused
        asked = place(pilot).prompt("filter", "a", changes.append, answers.append)
        await until(pilot, lambda: asked.has_focus_within)
        await pilot.press("b", "q")
        asked.say("3 of 20")
        await until(pilot, lambda: "3 of 20" in screen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: answers == ["abq"])
        assert changes == ["ab", "abq"]
        await until(pilot, lambda: place(pilot).focused is before)
        again = place(pilot).prompt("filter", "", changes.append, answers.append)
        await until(pilot, lambda: again.has_focus_within)
        await pilot.press("escape")
        await until(pilot, lambda: answers == ["abq", None])
        assert place(pilot).SCOPE == "pipelines"

    drive(make_app(), script)


def test_a_theme_that_there_is_not_is_said(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await until(pilot, lambda: "no theme is called 'nosuch'" in screen(pilot))
        assert app(pilot).theme == "textual-dark"

    drive(make_app(theme="nosuch"), script)


def test_lifting_a_filter_is_no_way_to_go_back(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("2")
        await until(pilot, partial(is_at, pilot, ("runs",)))
        app(pilot).open_run(LIVE)
        await until(pilot, partial(is_at, pilot, ("run", LIVE)))
        await settled(pilot)
        place(pilot).query(LiveRows).first().filter_text = "train"
        await pilot.press("escape", "minus")
        await until(pilot, partial(is_at, pilot, ("runs",)))

    drive(make_app(), script)


def test_what_is_no_text_is_copied_as_far_as_it_is(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        app(pilot).copy("a\udcffb", "the name")
        assert app(pilot).clipboard == "a?b"

    drive(make_app(), script)
