"""Pictures of the list of runs, at both sizes: live, stale, empty, and with an error.

After a deliberate change: ``pytest tests/tui/snapshots --snapshot-update``, and look.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.tui.documents import runs
from tests.tui.driving import Driver, app, place, settled, until, write
from tests.tui.stage import Hands, Stage
from trainauto_tui.live.link import Stale
from trainauto_tui.screens.run_preview import RunPreview
from trainauto_tui.screens.runs import RunRows
from trainauto_tui.shell import TrainautoApp

SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((160, 50), id="160x50")]
MakeApp = Callable[..., TrainautoApp]
Compare = Callable[..., bool]

pytestmark = pytest.mark.parametrize("size", SIZES)


@pytest.fixture(autouse=True)
def _week(stage: Stage) -> None:
    stage.runs |= {run["run_id"]: run for run in runs.week(120)}


async def opened(pilot: Driver) -> None:
    """Go to all runs, and wait for the steps of the selected one where they are shown."""
    await settled(pilot)
    await pilot.press("2")
    await until(pilot, lambda: place(pilot).SCOPE == "runs")
    await settled(pilot)
    preview = place(pilot).query_one(RunPreview)
    await until(pilot, lambda: preview.run is not None or not preview.display)
    await pilot.pause()


def test_live(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=opened)


def test_stale(snap_compare: Compare, make_app: MakeApp, hands: Hands, size: Any) -> None:
    async def fall_silent(pilot: Driver) -> None:
        await opened(pilot)
        hands.at += 19
        await until(pilot, lambda: isinstance(app(pilot).session.link, Stale))
        place(pilot).tick()
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=size, run_before=fall_silent)


def test_empty(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.empty()

    async def go(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("2")
        await until(pilot, lambda: place(pilot).SCOPE == "runs")
        await settled(pilot)

    assert snap_compare(make_app(), terminal_size=size, run_before=go)


def test_error(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.fail("/runs", 503, "the store cannot be read: disk I/O error")

    async def refused(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("2")
        await until(pilot, lambda: place(pilot).SCOPE == "runs" and place(pilot).problem)
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=size, run_before=refused)


def test_facets_and_words(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    async def narrow(pilot: Driver) -> None:
        await opened(pilot)
        await pilot.press("slash")
        await write(pilot, "status:failed churn")
        await pilot.press("enter")
        await until(pilot, lambda: len(place(pilot).query_one(RunRows).rows) == 5)
        await pilot.press("j", "s", "s", "s", "s")
        preview, chosen = place(pilot).query_one(RunPreview), place(pilot).query_one(RunRows)
        await until(
            pilot,
            lambda: (
                not preview.display
                or (preview.run is not None and preview.run["run_id"] == chosen.selected)
            ),
        )
        await settled(pilot)

    assert snap_compare(make_app(theme="light"), terminal_size=size, run_before=narrow)


def test_a_mistaken_facet(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    async def mistype(pilot: Driver) -> None:
        await opened(pilot)
        await pilot.press("slash")
        await write(pilot, "trigger:hand")
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=size, run_before=mistype)
