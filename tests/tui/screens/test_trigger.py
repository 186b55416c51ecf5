import threading
from collections.abc import Callable

import pytest
from textual.widgets import Input

from tests.tui.driving import (
    PATIENCE_S,
    Driver,
    answered,
    drive,
    place,
    screen,
    settled,
    taken,
    type_ahead,
    until,
    write,
)
from tests.tui.stage import LIVE, Stage
from trainauto_tui.screens.run import RunScreen
from trainauto_tui.screens.trigger import TriggerScreen
from trainauto_tui.shell import TrainautoApp

MakeApp = Callable[..., TrainautoApp]


async def open_form(pilot: Driver) -> None:
    await settled(pilot)
    await pilot.press("T")
    await until(pilot, lambda: isinstance(pilot.app.screen, TriggerScreen))
    await until(pilot, lambda: pilot.app.focused is not None)
    await pilot.pause()


def focused(pilot: Driver) -> str | None:
    return pilot.app.focused.id if pilot.app.focused else None


def posted(stage: Stage) -> int:
    return stage.requests.count("POST /runs")


def test_enter_walks_through_the_fields_and_runs_on_the_button_only(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_form(pilot)
        seen = [focused(pilot)]
        for _ in range(5):
            await pilot.press("enter")
            seen.append(focused(pilot))
        assert seen == ["param-0", "param-1", "ds", "from_step", "force_all", "run"]
        assert posted(stage) == 0
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        assert posted(stage) == 1

    drive(make_app(), script)


def test_a_key_that_is_pressed_twice_opens_one_form(make_app: MakeApp, stage: Stage) -> None:
    go_on = threading.Event()

    def slow(_query: dict[str, str]) -> object:
        go_on.wait(PATIENCE_S)
        return stage.pipelines[0]

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        stage.answers["/pipelines/flights-nightly"] = slow
        type_ahead(pilot, "T", "T")
        await taken(pilot)
        go_on.set()
        await answered(pilot, "changes")
        forms = [one for one in pilot.app.screen_stack if isinstance(one, TriggerScreen)]
        assert len(forms) == 1

    drive(make_app(), script)


def test_the_equal_command_line_follows_what_is_typed(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_form(pilot)
        assert "$ trainauto run --home /srv/ta flights-nightly --detach" in screen(pilot)
        await pilot.press("1", "4", "enter", "enter")
        await write(pilot, "2013-07-10")
        await pilot.press("enter")
        await write(pilot, "split")
        await pilot.press("enter", "space")
        await pilot.pause()
        shown = " ".join(screen(pilot).replace("│", " ").split())
        assert (
            "$ trainauto run --home /srv/ta flights-nightly --param days=14 --ds 2013-07-10 "
            "--from split --force-all --detach" in shown
        )
        assert "A run for 2013-07-10 is queued. Every step runs; nothing is reused." in shown
        await pilot.press("enter", "y")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        assert stage.bodies[-1] == {
            "name": "flights-nightly",
            "params": {"days": "14"},
            "ds": "2013-07-10",
            "from_step": "split",
            "force_all": True,
        }

    drive(make_app(home="/srv/ta"), script)


def test_a_mistake_is_told_beside_its_field_and_nothing_is_asked(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_form(pilot)
        await pilot.press(*"lots")
        assert "not a whole number" in screen(pilot)
        pilot.app.screen.query_one("#run").focus()
        await pilot.press("enter")
        assert focused(pilot) == "param-0"
        assert posted(stage) == 0

    drive(make_app(), script)


def test_letters_answer_on_the_buttons_only(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_form(pilot)
        await pilot.press("y", "n")
        assert pilot.app.screen.query(Input).first().value == "yn"
        pilot.app.screen.query_one("#force_all").focus()
        await pilot.press("y", "n")
        assert isinstance(pilot.app.screen, TriggerScreen)
        await pilot.press("down", "n")
        await until(pilot, lambda: not isinstance(pilot.app.screen, TriggerScreen))
        assert posted(stage) == 0

    drive(make_app(), script)


def test_what_the_daemon_says_against_it_is_shown_and_nothing_typed_is_lost(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_form(pilot)
        stage.fail("/runs", 422, "the lock of the environment is missing")
        await pilot.press("9")
        pilot.app.screen.query_one("#run").focus()
        await pilot.press("enter")
        await until(pilot, lambda: "the lock of the environment is missing" in screen(pilot))
        assert pilot.app.screen.query(Input).first().value == "9"
        stage.failures.clear()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        assert stage.bodies[-1]["params"] == {"days": "9"}

    drive(make_app(), script)


def test_the_mouse_is_enough(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_form(pilot)
        await pilot.click("#force_all")
        await pilot.pause()
        assert "--force-all" in screen(pilot)
        await pilot.click("#leave")
        await until(pilot, lambda: not isinstance(pilot.app.screen, TriggerScreen))
        await open_form(pilot)
        await pilot.click("#run")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        assert posted(stage) == 1

    drive(make_app(), script)


def test_a_step_is_completed_by_the_right_key(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await open_form(pilot)
        field = pilot.app.screen.query_one("#from_step", Input)
        field.focus()
        await pilot.press(*"train_x")
        await until(pilot, lambda: field._suggestion)
        await pilot.press("right")
        assert field.value == "train_xgb"

    drive(make_app(), script)


def test_many_params_scroll_and_the_buttons_stay(make_app: MakeApp, stage: Stage) -> None:
    stage.pipelines[0]["params"] = {f"param_{n:02}": n for n in range(30)}

    async def script(pilot: Driver) -> None:
        await open_form(pilot)
        assert "Leave" in screen(pilot)
        assert "param_29" not in screen(pilot)
        await pilot.press(*["enter"] * 29)
        await pilot.pause()
        assert "param_29" in screen(pilot)
        assert "Leave" in screen(pilot)

    drive(make_app(), script)


def test_a_small_screen_has_the_whole_form(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await open_form(pilot)
        await pilot.press("end", *"000")
        await pilot.pause()
        shown = screen(pilot)
        assert "Run" in shown
        assert "Leave" in shown
        assert "$ trainauto run flights-nightly --param" in shown

    drive(make_app(), script, size=(60, 15))


@pytest.mark.parametrize("refused", [False, True])
def test_what_the_daemon_says_after_it_was_left_is_told(
    make_app: MakeApp, stage: Stage, refused: bool
) -> None:
    asked, go_on = threading.Event(), threading.Event()
    made = stage.runs[LIVE]

    def slow(_query: dict[str, str]) -> object:
        asked.set()
        go_on.wait(PATIENCE_S)
        return None if refused else made

    async def script(pilot: Driver) -> None:
        await open_form(pilot)
        stage.answers["/runs"] = slow
        await pilot.press(*["enter"] * 6)
        await until(pilot, asked.is_set)
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).SCOPE == "pipelines")
        go_on.set()
        told = "no such thing: /runs" if refused else f"run {LIVE} is queued"
        await until(pilot, lambda: told in screen(pilot))

    drive(make_app(), script)
