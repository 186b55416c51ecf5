"""Pictures of a run, at both sizes: live, stale, empty, and with an error; and of its drawings.

After a deliberate change: ``pytest tests/tui/snapshots --snapshot-update``, and look.
"""

from typing import Any

import pytest

from tests.tui.documents import steps
from tests.tui.driving import Driver, place, settled, until
from tests.tui.snapshots.states import SIZES, Compare, MakeApp, silent
from tests.tui.stage import FAILED, LIVE, Hands, Stage, run
from trainauto_tui.screens.confirm import ConfirmScreen
from trainauto_tui.screens.metrics_pane import MetricsPane
from trainauto_tui.widgets.boxes_view import BoxesView


@pytest.fixture(autouse=True)
def _training(stage: Stage) -> None:
    steps.on(stage)


async def drawn(pilot: Driver) -> None:
    """Wait until everything is on the screen, the curves included."""
    await settled(pilot)
    wide = pilot.app.size.width >= 140
    curves = place(pilot).query_one(MetricsPane)
    await until(pilot, lambda: bool(curves.display) == wide)
    await settled(pilot)


@pytest.mark.parametrize("size", SIZES)
def test_live(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    assert snap_compare(make_app(run=LIVE), terminal_size=size, run_before=drawn)


@pytest.mark.parametrize("size", SIZES)
def test_stale(snap_compare: Compare, make_app: MakeApp, hands: Hands, size: Any) -> None:
    before = silent(hands, drawn)
    assert snap_compare(make_app(run=LIVE), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_empty(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.runs[LIVE] = run(LIVE, "queued", [], started_at=None)
    assert snap_compare(make_app(run=LIVE), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", SIZES)
def test_error(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.fail(f"/runs/{LIVE}", 503, "the store cannot be read: disk I/O error")

    async def refused(pilot: Driver) -> None:
        await until(pilot, lambda: place(pilot).SCOPE == "run" and place(pilot).problem)
        await pilot.pause()

    assert snap_compare(make_app(run=LIVE), terminal_size=size, run_before=refused)


@pytest.mark.parametrize("theme", ["light", "ansi"])
def test_themes(snap_compare: Compare, make_app: MakeApp, theme: str) -> None:
    assert snap_compare(make_app(run=LIVE, theme=theme), run_before=drawn)


def test_ascii(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(run=LIVE, ascii=True), run_before=drawn)


def test_failed_run(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(run=FAILED), run_before=settled)


def test_below_full_size_it_says_what_is_hidden(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(run=LIVE), terminal_size=(60, 12), run_before=drawn)


@pytest.mark.parametrize("plain", [False, True], ids=["unicode", "ascii"])
def test_boxes(snap_compare: Compare, make_app: MakeApp, plain: bool) -> None:
    async def boxed(pilot: Driver) -> None:
        await drawn(pilot)
        await pilot.press("v")
        await until(pilot, lambda: place(pilot).query_one(BoxesView).has_focus)
        await pilot.press("l")
        await settled(pilot)

    app = make_app(run=LIVE, ascii=plain)
    assert snap_compare(app, terminal_size=(160, 50), run_before=boxed)


def test_curves_take_the_place_of_the_log(snap_compare: Compare, make_app: MakeApp) -> None:
    async def charted(pilot: Driver) -> None:
        await drawn(pilot)
        await pilot.press("c")
        await until(pilot, lambda: place(pilot).query_one(MetricsPane).size.height > 0)
        await settled(pilot)

    assert snap_compare(make_app(run=LIVE, theme="light"), run_before=charted)


def test_a_run_from_a_step_is_confirmed(snap_compare: Compare, make_app: MakeApp) -> None:
    async def ask(pilot: Driver) -> None:
        await drawn(pilot)
        await pilot.press("F")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.pause()

    assert snap_compare(make_app(run=LIVE), run_before=ask)
