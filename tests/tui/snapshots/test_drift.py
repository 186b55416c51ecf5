"""Pictures of the Drift screen, at both sizes: live, stale, empty, with an error, and in trouble.

After a deliberate change: ``pytest tests/tui/snapshots --snapshot-update``, and look.
"""

from typing import Any

import pytest

from tests.tui.driving import Driver, settled
from tests.tui.snapshots.states import SIZES, Compare, MakeApp, opened, refused, silent
from tests.tui.stage import Hands, Stage

pytestmark = pytest.mark.parametrize("size", SIZES)
go = opened("6", "drift")


def test_live(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=go)


def test_stale(snap_compare: Compare, make_app: MakeApp, hands: Hands, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=silent(hands, go))


def test_empty(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.empty()
    assert snap_compare(make_app(theme="light"), terminal_size=size, run_before=go)


def test_error(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.fail("/drift", 503, "the store cannot be read: disk I/O error")
    assert snap_compare(make_app(), terminal_size=size, run_before=refused("6", "drift"))


def test_unknown(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    """A file whose newest report cannot be read, and the history of one of its features."""

    async def choose(pilot: Driver) -> None:
        await go(pilot)
        await pilot.press("j", "tab", "j")
        await settled(pilot)

    assert snap_compare(make_app(theme="light"), terminal_size=size, run_before=choose)


def test_ascii(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    assert snap_compare(make_app(ascii=True), terminal_size=size, run_before=go)
