import pytest
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from trainauto_tui.widgets.overlay import overlaid

RED, BOLD = Style(color="red"), Style(bold=True)


@pytest.mark.parametrize(
    ("ranges", "bold"),
    [
        ([], ""),
        ([(0, 2)], "ab"),
        ([(1, 4)], "bcd"),
        ([(0, 6)], "abcdef"),
        ([(0, 1), (2, 3), (5, 6)], "acf"),
    ],
)
def test_only_the_ranges_get_the_style(ranges: list[tuple[int, int]], bold: str) -> None:
    strip = overlaid(Strip([Segment("abc", RED), Segment("def")]), ranges, BOLD)
    assert strip.text == "abcdef"
    assert "".join(text for text, style, _ in strip if style and style.bold) == bold
    assert "".join(text for text, style, _ in strip if style and style.color) == "abc"
    assert strip.cell_length == 6
