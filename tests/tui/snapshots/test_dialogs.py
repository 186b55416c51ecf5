"""Pictures of what asks before it changes something, and of the help, at both sizes.

After a deliberate change: ``pytest tests/tui/snapshots --snapshot-update``, and look.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.tui.driving import Driver, place, screen, settled, until, write
from tests.tui.stage import Stage
from trainauto_tui.screens.run_preview import RunPreview
from trainauto_tui.screens.runs import RunRows
from trainauto_tui.screens.trigger import TriggerScreen
from trainauto_tui.shell import TrainautoApp

SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((160, 50), id="160x50")]
MakeApp = Callable[..., TrainautoApp]
Compare = Callable[..., bool]

BOTH = pytest.mark.parametrize("size", SIZES)


@BOTH
@pytest.mark.parametrize("keys", ["X", "GK"], ids=["cancel", "retry"])
def test_confirmations(snap_compare: Compare, make_app: MakeApp, keys: str, size: Any) -> None:
    async def ask(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("2")
        await until(pilot, lambda: place(pilot).SCOPE == "runs")
        await settled(pilot)
        preview, rows = place(pilot).query_one(RunPreview), place(pilot).query_one(RunRows)
        await pilot.press(*keys[:-1])
        await until(
            pilot,
            lambda: (
                not preview.display
                or (preview.run is not None and preview.run["run_id"] == rows.selected)
            ),
        )
        await pilot.press(keys[-1])
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=size, run_before=ask)


@BOTH
def test_typed_name(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    async def ask(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("D", *"flights")
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=size, run_before=ask)


async def form(pilot: Driver) -> None:
    """Open the form of a run."""
    await settled(pilot)
    await pilot.press("T")
    await until(pilot, lambda: isinstance(pilot.app.screen, TriggerScreen))
    await until(pilot, lambda: pilot.app.focused is not None)
    await pilot.pause()


@BOTH
def test_form(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=form)


@pytest.mark.parametrize("theme", ["light", "ansi", "contrast"])
def test_form_in_other_colours(snap_compare: Compare, make_app: MakeApp, theme: str) -> None:
    assert snap_compare(make_app(theme=theme), run_before=form)


def test_form_with_a_mistake(snap_compare: Compare, make_app: MakeApp) -> None:
    async def edit(pilot: Driver) -> None:
        await form(pilot)
        await write(pilot, "fourteen")
        await pilot.press("enter", "enter")
        await write(pilot, "2013-07")
        await pilot.press("enter")
        await write(pilot, "train")
        await pilot.press("enter", "space")
        await pilot.pause()

    assert snap_compare(make_app(ascii=True), run_before=edit)


def test_form_that_was_refused(snap_compare: Compare, make_app: MakeApp, stage: Stage) -> None:
    async def refused(pilot: Driver) -> None:
        await form(pilot)
        stage.fail("/runs", 422, "flights-nightly: the lock file requirements.lock is missing")
        await pilot.press(*"14")
        pilot.app.screen.query_one("#run").focus()
        await pilot.press("enter")
        await until(pilot, lambda: "requirements.lock is missing" in screen(pilot))
        await pilot.pause()

    assert snap_compare(make_app(), run_before=refused)


@BOTH
def test_help(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    async def ask(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("question_mark")
        await pilot.pause()

    assert snap_compare(make_app(), terminal_size=size, run_before=ask)
