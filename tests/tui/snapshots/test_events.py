"""Pictures of the events, at both sizes: live, stale, empty, and with an error.

After a deliberate change: ``pytest tests/tui/snapshots --snapshot-update``, and look.
"""

from typing import Any

import pytest

from tests.tui.driving import Driver, place, settled, until
from tests.tui.snapshots.states import SIZES, Compare, MakeApp, opened, refused, silent
from tests.tui.stage import Hands, Stage
from trainauto_tui.widgets.event_rows import EventRows

pytestmark = pytest.mark.parametrize("size", SIZES)
go = opened("8", "events")


def test_live(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=go)


def test_stale(snap_compare: Compare, make_app: MakeApp, hands: Hands, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=silent(hands, go))


def test_empty(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.empty()
    assert snap_compare(make_app(), terminal_size=size, run_before=go)


def test_error(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.fail("/events", 503, "the store cannot be read: disk I/O error")
    assert snap_compare(make_app(), terminal_size=size, run_before=refused("8", "events"))


def test_found_and_told(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    async def find(pilot: Driver) -> None:
        await go(pilot)
        await pilot.press("slash", *"kind:attempt_finished !ingest", "enter")
        await until(pilot, lambda: len(place(pilot).query_one(EventRows).rows) == 3)
        await settled(pilot)

    assert snap_compare(make_app(theme="light"), terminal_size=size, run_before=find)
