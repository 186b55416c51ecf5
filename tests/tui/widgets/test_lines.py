import asyncio

from textual.app import App, ComposeResult
from textual.geometry import Size

from trainauto_tui.widgets.lines import Lines


class OnePane(App[None]):
    """A pane of a hundred lines."""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Lines()


def test_a_scrollbar_that_comes_after_the_scrolling_stands_where_the_lines_do() -> None:
    async def script() -> None:
        async with OnePane().run_test(size=(40, 10)) as pilot:
            pane = pilot.app.query_one(Lines)
            pane.styles.overflow_y = "hidden"
            pane.virtual_size = Size(0, 100)
            pane.show_from(90)
            await pilot.pause()
            pane.styles.overflow_y = "auto"
            await pilot.pause()
            assert pane.show_vertical_scrollbar
            assert pane.vertical_scrollbar.position == pane.scroll_y == 90

    asyncio.run(script())
