"""Pictures of the pipelines, at both sizes: live, stale, empty, and with an error.

After a deliberate change: ``pytest tests/tui/snapshots --snapshot-update``, and look.
"""

from typing import Any

import pytest

from tests.tui.driving import Driver, app, place, settled, until
from tests.tui.snapshots.states import SIZES, Compare, MakeApp, silent
from tests.tui.stage import Hands, Stage

pytestmark = pytest.mark.parametrize("size", SIZES)


def test_live(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=settled)


def test_stale(snap_compare: Compare, make_app: MakeApp, hands: Hands, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=silent(hands, settled))


def test_empty(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.empty()
    assert snap_compare(make_app(), terminal_size=size, run_before=settled)


def test_error(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.fail("/pipelines", 503, "the store cannot be read: disk I/O error")

    async def refused(pilot: Driver) -> None:
        await until(pilot, lambda: place(pilot).problem)
        await until(pilot, lambda: app(pilot).session.live)
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=size, run_before=refused)


def test_broken_file(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    async def select_last(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("G")

    assert snap_compare(make_app(), terminal_size=size, run_before=select_last)


def test_filter_and_sort(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    async def narrow(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("s", "slash", *"ly", "enter")
        await pilot.pause()

    assert snap_compare(make_app(ascii=True), terminal_size=size, run_before=narrow)
