"""The states in which every screen has its picture taken."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.tui.driving import Driver, app, place, settled, until
from tests.tui.stage import Hands
from trainauto_tui.live.link import Stale
from trainauto_tui.shell import TrainautoApp

SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((160, 50), id="160x50")]
MakeApp = Callable[..., TrainautoApp]
Compare = Callable[..., bool]
Script = Callable[[Driver], Awaitable[Any]]


def opened(key: str, scope: str) -> Script:
    """Return what goes to a destination and waits until its document is shown."""

    async def go(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press(key)
        await until(pilot, lambda: scope == place(pilot).SCOPE)
        await settled(pilot)

    return go


def refused(key: str, scope: str) -> Script:
    """Return what goes to a destination whose document cannot be had."""

    async def go(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press(key)
        await until(pilot, lambda: scope == place(pilot).SCOPE and place(pilot).problem)
        await pilot.pause()

    return go


def silent(hands: Hands, go: Script) -> Script:
    """Return what does ``go``, and lets the link fall silent for 19 s then."""

    async def fall_silent(pilot: Driver) -> None:
        await go(pilot)
        hands.at += 19
        await until(pilot, lambda: isinstance(app(pilot).session.link, Stale))
        place(pilot).tick()
        await pilot.pause()

    return fall_silent
