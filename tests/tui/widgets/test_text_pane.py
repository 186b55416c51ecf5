import asyncio

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from tests.tui.driving import lines, until
from trainauto_tui.drawing.spans import Span
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.text_pane import TextPane


class Pane(TextPane):
    """Notes what it repaints."""

    def __init__(self) -> None:
        super().__init__()
        self.painted_regions: list[Region | None] = []

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> "Pane":
        """Note what is repainted."""
        if hasattr(self, "painted_regions") and repaint:
            self.painted_regions += regions or [None]
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self


class PaneApp(App[None]):
    """One pane."""

    def compose(self) -> ComposeResult:
        yield Pane()


def said(*texts: str) -> list[tuple[Span, ...]]:
    return [(Span(text),) for text in texts]


def test_long_lines_are_folded_to_its_width() -> None:
    async def script() -> None:
        async with PaneApp().run_test(size=(16, 4)) as pilot:
            pane = pilot.app.query_one(Pane)
            pane.say(said("some words that are many"))
            assert lines(pane)[:2] == [" some words", "   that are"]
            await pilot.resize_terminal(40, 4)
            await pilot.pause()
            assert lines(pane)[0] == " some words that are many"

    asyncio.run(script())


def test_keys_scroll_and_another_subject_starts_at_its_top() -> None:
    async def script() -> None:
        async with PaneApp().run_test(size=(20, 4)) as pilot:
            pane = pilot.app.query_one(Pane)
            pane.say(said(*(f"line {n}" for n in range(20))))
            await pilot.pause()
            pane.focus()
            await pilot.press("j", "j", "k")
            assert lines(pane)[0] == " line 1"
            await pilot.press("G")
            assert lines(pane)[-1] == " line 19"
            await pilot.press("pageup")
            assert lines(pane)[0] == " line 13"
            await pilot.press("g", "pagedown")
            assert lines(pane)[0] == " line 3"
            pane.say(said(*(f"other {n}" for n in range(20))), about="another")
            assert lines(pane)[0] == " other 0"

    asyncio.run(script())


def test_only_lines_that_changed_are_repainted() -> None:
    async def script() -> None:
        async with PaneApp().run_test(size=(20, 6)) as pilot:
            pane = pilot.app.query_one(Pane)
            pane.say(said("one", "two", "three"))
            await pilot.pause()
            pane.painted_regions.clear()
            pane.say(said("one", "2", "three"))
            pane.say(said("one", "2", "three"))
            assert pane.painted_regions == [Region(0, 1, 20, 1)]

    asyncio.run(script())


class DetailApp(App[None]):
    """A detail."""

    def compose(self) -> ComposeResult:
        yield Detail()


def test_a_detail_is_as_high_as_its_lines_and_cuts_nothing_off() -> None:
    async def script(pilot: Pilot[None]) -> None:
        detail = pilot.app.query_one(Detail)
        detail.say(said("see /a/very/long/path", "or not"))
        await until(pilot, lambda: detail.size.height == 3)
        assert "".join("".join(lines(detail)).split()) == "see/a/very/long/pathornot"
        detail.say(said("short"))
        await until(pilot, lambda: detail.size.height == 1)
        assert not detail.focusable

    async def run() -> None:
        async with DetailApp().run_test(size=(14, 20)) as pilot:
            await script(pilot)

    asyncio.run(run())
