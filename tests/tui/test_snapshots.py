"""Pictures of every screen, at both sizes, live, stale and empty.

After a deliberate change: ``pytest tests/tui/test_snapshots.py --snapshot-update``, and look.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.tui.driving import Driver, app, place, settled, until
from tests.tui.stage import FAILED, LIVE, Hands, Stage, run
from trainauto_tui.live.link import Stale
from trainauto_tui.shell import TrainautoApp

SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((160, 50), id="160x50")]
SCREENS = {"run": {"run": LIVE}}
MakeApp = Callable[..., TrainautoApp]
Compare = Callable[..., bool]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("screen", SCREENS)
def test_live(snap_compare: Compare, make_app: MakeApp, screen: str, size: Any) -> None:
    assert snap_compare(make_app(**SCREENS[screen]), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("screen", SCREENS)
def test_stale(
    snap_compare: Compare, make_app: MakeApp, hands: Hands, screen: str, size: Any
) -> None:
    async def fall_silent(pilot: Driver) -> None:
        await settled(pilot)
        hands.at += 19
        await until(pilot, lambda: isinstance(app(pilot).session.link, Stale))
        place(pilot).tick()
        await pilot.pause()

    assert snap_compare(make_app(**SCREENS[screen]), terminal_size=size, run_before=fall_silent)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("screen", SCREENS)
def test_empty(
    snap_compare: Compare, make_app: MakeApp, stage: Stage, screen: str, size: Any
) -> None:
    stage.empty()
    if screen == "run":
        stage.runs[LIVE] = run(LIVE, "queued", [], started_at=None)
    assert snap_compare(make_app(**SCREENS[screen]), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("theme", ["light", "ansi"])
def test_themes(snap_compare: Compare, make_app: MakeApp, theme: str) -> None:
    assert snap_compare(make_app(run=LIVE, theme=theme), run_before=settled)


def test_ascii(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(run=LIVE, ascii=True), run_before=settled)


def test_failed_run(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(run=FAILED), run_before=settled)


def test_below_full_size_it_says_what_is_hidden(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(run=LIVE), terminal_size=(60, 12), run_before=settled)
