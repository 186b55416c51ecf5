import asyncio

from textual.app import App, ComposeResult

from trainauto_tui.drawing.spans import Span
from trainauto_tui.widgets.lines import Lines


class LinesApp(App[None]):
    """One pane."""

    def compose(self) -> ComposeResult:
        yield Lines()


def test_no_control_character_reaches_the_terminal() -> None:
    async def script() -> None:
        async with LinesApp().run_test(size=(40, 4)) as pilot:
            pane = pilot.app.query_one(Lines)
            attack = "a\x1b]0;title\x07b\x9b2Jc\x7f\u202ed\u2066\ufeff ok\n\t"
            assert pane.painted((Span(attack),), 20).text == "a]0;titleb2Jcd ok   "
            assert pane.painted((Span("né 漢\xa0x", "bad"),), 9).text == "né 漢\xa0x  "

    asyncio.run(script())
