"""Pictures of the lineage, at both sizes: live, stale, empty, and with an error.

After a deliberate change: ``pytest tests/tui/snapshots --snapshot-update``, and look.
"""

from typing import Any

import pytest

from tests.tui.driving import Driver, place, settled, until
from tests.tui.snapshots.states import SIZES, Compare, MakeApp, opened, refused, silent
from tests.tui.stage import Hands, Stage

pytestmark = pytest.mark.parametrize("size", SIZES)
go = opened("7", "lineage")


def test_live(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=go)


def test_stale(snap_compare: Compare, make_app: MakeApp, hands: Hands, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=silent(hands, go))


def test_empty(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    """There is no run yet."""
    stage.empty()
    stage.fail("/lineage", 404, "there is no run yet")
    assert snap_compare(make_app(), terminal_size=size, run_before=refused("7", "lineage"))


def test_error(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.fail("/lineage", 503, "the store cannot be read: disk I/O error")
    assert snap_compare(make_app(), terminal_size=size, run_before=refused("7", "lineage"))


def test_a_walk_to_a_model(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    async def walk(pilot: Driver) -> None:
        await go(pilot)
        await pilot.press("l", "j", "j", "j", "enter")
        await until(pilot, lambda: "train_lr" in place(pilot).address[1])
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "delay@18" in place(pilot).address[1])
        await settled(pilot)

    assert snap_compare(make_app(theme="light"), terminal_size=size, run_before=walk)
