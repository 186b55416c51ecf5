import asyncio
from functools import partial

import pytest
from textual.app import App

from trainauto_tui.screens import changes
from trainauto_tui.screens.confirm import ConfirmScreen


def question() -> ConfirmScreen:
    return ConfirmScreen("Do it?", "It is done.", "trainauto do it", "do it", "leave it")


@pytest.mark.parametrize(
    ("keys", "answers"),
    [
        (["y"], [True]),
        (["n"], [False]),
        (["escape"], [False]),
        (["enter", "space", "tab", "Y"], []),
    ],
)
def test_only_y_and_n_and_escape_answer(keys: list[str], answers: list[bool]) -> None:
    said: list[bool | None] = []

    async def script() -> None:
        async with App[None]().run_test() as pilot:
            pilot.app.push_screen(question(), said.append)
            await pilot.press(*keys)
            await pilot.pause()

    asyncio.run(script())
    assert said == answers


@pytest.mark.parametrize(("target", "answer"), [("#yes", True), ("#no", False)])
def test_the_mouse_answers_too(target: str, answer: bool) -> None:
    said: list[bool | None] = []

    async def script() -> None:
        async with App[None]().run_test() as pilot:
            pilot.app.push_screen(question(), said.append)
            await pilot.pause()
            await pilot.click(target)
            await pilot.pause()

    asyncio.run(script())
    assert said == [answer]


NAMED = "hello"


@pytest.mark.parametrize(
    ("keys", "answers"),
    [
        ([*"hello", "enter"], [True]),
        ([*"hell", "enter"], []),
        ([*"hello!", "enter"], []),
        (["enter", "y", "n"], []),
        (["escape"], [False]),
    ],
)
def test_what_asks_for_a_name_wants_all_of_it(keys: list[str], answers: list[bool]) -> None:
    said: list[bool | None] = []

    async def script() -> None:
        async with App[None]().run_test() as pilot:
            asked = ConfirmScreen("Do it?", "Done.", "trainauto do", "do it", "no", name=NAMED)
            pilot.app.push_screen(asked, said.append)
            await pilot.press(*keys)
            await pilot.pause()

    asyncio.run(script())
    assert said == answers


def test_the_mouse_waits_for_the_name_too() -> None:
    said: list[bool | None] = []

    async def script() -> None:
        async with App[None]().run_test() as pilot:
            asked = ConfirmScreen("Do it?", "Done.", "trainauto do", "do it", "no", name=NAMED)
            pilot.app.push_screen(asked, said.append)
            await pilot.pause()
            await pilot.click("#yes")
            assert not said
            await pilot.press(*NAMED)
            await pilot.click("#yes")
            await pilot.pause()

    asyncio.run(script())
    assert said == [True]


def test_the_command_line_is_quoted_and_names_the_home() -> None:
    line = partial(changes.command_line, "/a b")
    assert line("cancel", "0abc") == "trainauto cancel --home '/a b' 0abc"
    assert changes.command_line(None, "retry", "0abc") == "trainauto retry 0abc"
    far = changes.command_line("ssh://me@box", "retry", "0abc")
    assert far == "trainauto retry --host ssh://me@box 0abc"
