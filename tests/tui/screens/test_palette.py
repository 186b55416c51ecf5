from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.documents import steps
from tests.tui.driving import Driver, app, drive, place, screen, settled, type_ahead, until
from tests.tui.stage import FAILED, LIVE, Stage
from trainauto_tui.screens.palette import PaletteScreen
from trainauto_tui.shell import TrainautoApp

MakeApp = Callable[..., TrainautoApp]


async def type_line(pilot: Driver, line: str) -> None:
    await settled(pilot)
    await pilot.press("colon")
    await until(pilot, lambda: isinstance(pilot.app.screen, PaletteScreen))
    await pilot.press(*["space" if key == " " else key for key in line])


def test_it_runs_a_command_by_its_name(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await type_line(pilot, "zoom")
        await until(pilot, lambda: "Give this pane the whole screen" in screen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen.has_class("-zoomed"))

    drive(make_app(run=LIVE), script)


def test_a_command_is_called_with_what_follows_its_name(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await type_line(pilot, f"run {FAILED[:6]}")
        await until(pilot, lambda: FAILED in screen(pilot))  # its completion
        await pilot.press("enter")
        await until(pilot, lambda: place(pilot).address == ("run", FAILED))

    drive(make_app(), script)


def test_a_name_alone_asks_for_the_argument_and_tab_completes(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await type_line(pilot, "theme")
        await pilot.press("enter")
        await until(pilot, lambda: "contrast" in screen(pilot))
        await pilot.press(*"con", "tab", "enter")
        await until(pilot, lambda: app(pilot).theme == "trainauto-contrast")

    drive(make_app(), script)


def test_what_is_typed_before_it_is_there_is_not_lost(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        type_ahead(pilot, "colon", *"theme", "space", *"light", "enter")
        await until(pilot, lambda: app(pilot).theme == "textual-light")

    drive(make_app(), script)


def test_it_closes_once_however_often_a_key_is_pressed(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        type_ahead(pilot, "question_mark", "escape", "escape", "colon", "escape", "escape")
        await until(pilot, lambda: place(pilot).SCOPE == "runs")
        await settled(pilot)

    drive(make_app(pipeline="flights-nightly"), script)


def test_what_is_unknown_changes_nothing(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await type_line(pilot, "xyzzy")
        await until(pilot, lambda: "No command is called so" in screen(pilot))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, PaletteScreen)
        await pilot.press("escape")
        await settled(pilot)
        await type_line(pilot, "theme nosuch")
        await pilot.press("enter")
        await until(pilot, lambda: "no theme is called 'nosuch'" in screen(pilot))

    drive(make_app(), script)


def test_without_a_link_a_change_is_refused_with_the_reason(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        stage.close()
        await until(pilot, lambda: not app(pilot).session.live)
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(pilot.app.screen, PaletteScreen))
        await pilot.press(*"trigger", "enter")
        await until(pilot, lambda: "trigger: there is no link to the daemon" in screen(pilot))

    drive(make_app(), script)


def test_steps_of_the_run_are_offered_on_the_screen_of_a_step(
    make_app: MakeApp, stage: Stage
) -> None:
    steps.on(stage)

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        app(pilot).open_step(LIVE, "train_xgb")
        await until(pilot, lambda: place(pilot).SCOPE == "step")
        await type_line(pilot, "step dri")
        await until(pilot, lambda: "drift_check" in screen(pilot))

    drive(make_app(), script)


def test_a_broken_file_of_hosts_leaves_this_machine_to_choose(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "trainauto").mkdir()
    (tmp_path / "trainauto" / "hosts.json").write_text("{", "utf-8")

    async def script(pilot: Driver) -> None:
        await type_line(pilot, "host lo")
        await until(pilot, lambda: "local" in screen(pilot))

    drive(make_app(), script)
