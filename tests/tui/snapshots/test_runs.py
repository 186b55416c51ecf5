"""Pictures of the list of runs, at both sizes: live, stale, empty, and with an error.

After a deliberate change: ``pytest tests/tui/snapshots --snapshot-update``, and look.
"""

from typing import Any

import pytest

from tests.tui.documents import runs
from tests.tui.driving import Driver, place, settled, until, write
from tests.tui.snapshots.states import SIZES, Compare, MakeApp, opened, refused, silent
from tests.tui.stage import Hands, Stage
from trainauto_tui.screens.run_preview import RunPreview
from trainauto_tui.screens.runs import RunRows

pytestmark = pytest.mark.parametrize("size", SIZES)


@pytest.fixture(autouse=True)
def _week(stage: Stage) -> None:
    stage.runs |= {run["run_id"]: run for run in runs.week(120)}


go = opened("2", "runs")


async def chosen(pilot: Driver) -> None:
    """Go to all runs, and wait for the steps of the selected one where they are shown."""
    await go(pilot)
    preview = place(pilot).query_one(RunPreview)
    await until(pilot, lambda: preview.run is not None or not preview.display)
    await pilot.pause()


def test_live(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=chosen)


def test_stale(snap_compare: Compare, make_app: MakeApp, hands: Hands, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=silent(hands, chosen))


def test_empty(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.empty()
    assert snap_compare(make_app(), terminal_size=size, run_before=go)


def test_error(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.fail("/runs", 503, "the store cannot be read: disk I/O error")
    assert snap_compare(make_app(), terminal_size=size, run_before=refused("2", "runs"))


def test_facets_and_words(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    async def narrow(pilot: Driver) -> None:
        await chosen(pilot)
        await pilot.press("slash")
        await write(pilot, "status:failed churn")
        await pilot.press("enter")
        await until(pilot, lambda: len(place(pilot).query_one(RunRows).rows) == 5)
        await pilot.press("j", "s", "s", "s", "s")
        preview, rows = place(pilot).query_one(RunPreview), place(pilot).query_one(RunRows)
        await until(
            pilot,
            lambda: (
                not preview.display
                or (preview.run is not None and preview.run["run_id"] == rows.selected)
            ),
        )
        await settled(pilot)

    assert snap_compare(make_app(theme="light"), terminal_size=size, run_before=narrow)


def test_a_mistaken_facet(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    async def mistype(pilot: Driver) -> None:
        await chosen(pilot)
        await pilot.press("slash")
        await write(pilot, "trigger:hand")
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=size, run_before=mistype)
