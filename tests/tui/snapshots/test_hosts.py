"""Pictures of the screen of hosts, at both sizes, live, stale, empty and with a broken file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tui.driving import Driver, app, place, settled, until
from tests.tui.stage import NOW, Hands
from trainauto_tui.client import hosts
from trainauto_tui.live.link import Live, Stale
from trainauto_tui.live.visits import Visit
from trainauto_tui.screens.hosts import HostsScreen
from trainauto_tui.shell import TrainautoApp

SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((160, 50), id="160x50")]
VISITS = {"": Visit(NOW - 240, Live(2)), "lab": Visit(NOW - 90_000, Live(38))}
MakeApp = Callable[..., TrainautoApp]
Compare = Callable[..., bool]

pytestmark = pytest.mark.parametrize("size", SIZES)


@pytest.fixture(autouse=True)
def _kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    hosts.keep("gpu-box", "ssh://me@gpu-box")
    hosts.keep("lab", "ssh://me@lab.example.org:2222/srv/trainauto")
    hosts.keep("old-workstation", "ssh://192.0.2.17")


async def opened(pilot: Driver) -> None:
    """Go to the screen of hosts."""
    await settled(pilot)
    await pilot.press("9")
    await until(pilot, lambda: isinstance(pilot.app.screen, HostsScreen))
    await pilot.pause()


def test_live(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    tui = make_app(host="gpu-box", home="ssh://me@gpu-box", visits=VISITS)
    assert snap_compare(tui, terminal_size=size, run_before=opened)


def test_stale(snap_compare: Compare, make_app: MakeApp, hands: Hands, size: Any) -> None:
    async def fall_silent(pilot: Driver) -> None:
        await opened(pilot)
        hands.at += 19
        await until(pilot, lambda: isinstance(app(pilot).session.link, Stale))
        place(pilot).tick()
        await pilot.pause()

    tui = make_app(host="gpu-box", home="ssh://me@gpu-box", visits=VISITS)
    assert snap_compare(tui, terminal_size=size, run_before=fall_silent)


def test_empty(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    hosts.file().unlink()
    assert snap_compare(make_app(), terminal_size=size, run_before=opened)


def test_error(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:

    tui = make_app(
        notice="me@gpu-box does not let you in:\n  Permission denied (publickey).\n"
        "this has to work first: ssh me@gpu-box"
    )
    assert snap_compare(tui, terminal_size=size, run_before=opened)
