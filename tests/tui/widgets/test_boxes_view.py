import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tests.tui.stage import LIVE, NOW, live_run, run, step
from trainauto_tui.documents import Run
from trainauto_tui.widgets.boxes_view import BoxesView


class BoxesApp(App[None]):
    """One view of boxes, and what it tells."""

    def __init__(self, plain: bool = False) -> None:
        super().__init__()
        self._plain = plain
        self.told: list[str] = []

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield BoxesView(plain=self._plain)

    def on_boxes_view_highlighted(self, event: BoxesView.Highlighted) -> None:
        """Note where the cursor went."""
        self.told.append(event.key)

    def on_boxes_view_opened(self, event: BoxesView.Opened) -> None:
        """Note what was opened."""
        self.told.append(f"open {event.key}")


def drive(
    document: dict[str, Any],
    script: Callable[[Pilot[None], BoxesView], Awaitable[None]],
    size: tuple[int, int] = (120, 50),
    plain: bool = False,
) -> list[str]:
    app = BoxesApp(plain)

    async def go() -> None:
        async with app.run_test(size=size) as pilot:
            view = app.query_one(BoxesView)
            view.show_run(cast("Run", document), NOW)
            await pilot.pause()
            await script(pilot, view)
            await pilot.pause()

    asyncio.run(go())
    return app.told


def text(view: BoxesView) -> str:
    return "\n".join(view.render_line(y).text for y in range(view.size.height))


def test_a_box_has_mark_name_and_time() -> None:
    async def script(_pilot: Pilot[None], view: BoxesView) -> None:
        shown = text(view)
        assert "│ ✔ split    5.1s │" in shown
        assert "│ ▶ train_mlp    2:58 │" in shown
        assert "┃ ✔ ingest     12s ┃" in shown  # the cursor is here

    drive(live_run(), script)


def test_in_ascii_the_cursor_can_be_told_without_colour() -> None:
    async def script(_pilot: Pilot[None], view: BoxesView) -> None:
        assert text(view).isascii()
        assert "# * ingest     12s #" in text(view)
        assert "| * split    5.1s |" in text(view)

    drive(live_run(), script, plain=True)


def test_the_cursor_walks_and_tells_of_it() -> None:
    async def script(pilot: Pilot[None], _view: BoxesView) -> None:
        await pilot.press("j", "j", "l", "j", "G", "g", "enter")

    told = drive(live_run(), script)
    assert told[:5] == ["ingest", "validate", "featurize", "drift_check", "compare"]
    assert told[5:] == ["canary", "ingest", "open ingest"]


def test_a_click_selects_and_a_second_one_opens() -> None:
    async def script(pilot: Pilot[None], view: BoxesView) -> None:
        lines = text(view).split("\n")
        row = next(y for y, line in enumerate(lines) if "split" in line)
        for _ in range(2):
            await pilot.click(BoxesView, offset=(lines[row].index("split"), row))

    assert drive(live_run(), script)[-2:] == ["split", "open split"]


@pytest.mark.parametrize("size", [(60, 20), (30, 6)])
def test_the_box_under_the_cursor_is_in_view_however_large_the_drawing(
    size: tuple[int, int],
) -> None:
    many = [step("root", "succeeded")]
    many += [step(f"s{n}", "pending", "root") for n in range(60)]
    many += [step("end", "pending", *(f"s{n}" for n in range(60)))]

    async def script(pilot: Pilot[None], view: BoxesView) -> None:
        for name in ("s0", "s59", "s30", "end", "root"):
            view.selected = name
            await pilot.pause()
            assert f"{name} " in text(view)

    drive(run(LIVE, "running", many), script, size)


def test_only_what_changed_is_repainted() -> None:
    async def script(pilot: Pilot[None], view: BoxesView) -> None:
        changed = live_run()
        next(one for one in changed["steps"] if one["id"] == "canary")["status"] = "running"
        view.show_run(cast("Run", changed), NOW)
        await pilot.pause()
        assert "▶ canary" in text(view)

    drive(live_run(), script)
