"""Pictures of a step, at both sizes: live, stale, empty, and with an error; and of its parts.

After a deliberate change: ``pytest tests/tui/snapshots --snapshot-update``, and look.
"""

from typing import Any

import pytest

from tests.tui.documents import steps
from tests.tui.driving import Driver, place, screen, settled, until
from tests.tui.snapshots.states import SIZES, Compare, MakeApp, Script, silent
from tests.tui.stage import FAILED, LIVE, Hands, Stage, step
from trainauto_tui.screens.metrics_pane import MetricsPane
from trainauto_tui.screens.step import PARTS, StepScreen


@pytest.fixture(autouse=True)
def _training(stage: Stage) -> None:
    steps.on(stage)


def opened(name: str, part: str = "log", run_id: str = LIVE) -> Script:
    """Return what goes into a step and to one of its parts."""

    async def go(pilot: Driver) -> None:
        await settled(pilot)
        place(pilot).shell.open_step(run_id, name)
        await until(pilot, lambda: place(pilot).SCOPE == "step")
        await settled(pilot)
        curves = place(pilot).query_one(MetricsPane)
        await until(pilot, lambda: curves.display or run_id == FAILED)
        await pilot.press(*["right_square_bracket"] * PARTS.index(part))
        await settled(pilot)

    return go


@pytest.mark.parametrize("size", SIZES)
def test_live(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=opened("train_mlp"))


@pytest.mark.parametrize("size", SIZES)
def test_stale(snap_compare: Compare, make_app: MakeApp, hands: Hands, size: Any) -> None:
    before = silent(hands, opened("train_mlp"))
    assert snap_compare(make_app(), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_empty(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    waiting = step("canary", "pending", "register") | steps.document("canary", failed_before=False)
    nothing: dict[str, Any] = {"command": None, "environment": None}
    nothing |= {"inputs": [], "outputs": [], "attempts": []}
    stage.answers[f"/runs/{LIVE}/steps/canary"] = waiting | nothing

    async def wait(pilot: Driver) -> None:
        await settled(pilot)
        place(pilot).shell.open_step(LIVE, "canary")
        await until(pilot, lambda: place(pilot).SCOPE == "step")
        await settled(pilot)

    assert snap_compare(make_app(), terminal_size=size, run_before=wait)


@pytest.mark.parametrize("size", SIZES)
def test_error(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    stage.fail(f"/runs/{LIVE}/steps/train_mlp", 503, "the store cannot be read: disk I/O error")

    async def refused(pilot: Driver) -> None:
        await settled(pilot)
        place(pilot).shell.open_step(LIVE, "train_mlp")
        await until(pilot, lambda: isinstance(pilot.app.screen, StepScreen))
        await until(pilot, lambda: place(pilot).problem)
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=size, run_before=refused)


@pytest.mark.parametrize("part", PARTS[1:])
def test_parts(snap_compare: Compare, make_app: MakeApp, part: str) -> None:
    assert snap_compare(make_app(), run_before=opened("train_mlp", part))


def test_ascii(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(ascii=True), run_before=opened("train_mlp", "curves"))


def test_a_failed_attempt(snap_compare: Compare, make_app: MakeApp) -> None:
    async def look_back(pilot: Driver) -> None:
        await opened("train_mlp")(pilot)
        await pilot.press("a")
        await until(pilot, lambda: "attempt 1 of 2" in screen(pilot))
        await settled(pilot)

    assert snap_compare(make_app(theme="light"), run_before=look_back)


def test_a_failed_step(snap_compare: Compare, make_app: MakeApp) -> None:
    assert snap_compare(make_app(), run_before=opened("evaluate", run_id=FAILED))
