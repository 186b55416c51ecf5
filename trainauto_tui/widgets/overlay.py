"""A style over parts of a line that is drawn already, such as words that were found."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip


def overlaid(strip: Strip, ranges: Sequence[tuple[int, int]], style: Style) -> Strip:
    """Return ``strip`` with ``style`` over the ranges of cells, which ascend and do not touch."""
    cells = strip.cell_length
    starts = {start for start, _ in ranges}
    cuts = sorted({cells, *(at for pair in ranges for at in pair if 0 < at < cells)})
    segments: list[Segment] = []
    at = 0
    for piece, cut in zip(strip.divide(cuts), cuts, strict=True):
        inside = at in starts
        segments += [
            Segment(text, (own or Style()) + style if inside else own) for text, own, _ in piece
        ]
        at = cut
    return Strip(segments, cells)
