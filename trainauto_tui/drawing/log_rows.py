"""A log's line as rows of cells: folded at the width of the pane, or cut to a part of it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes
from rich.style import Style

Pieces = Sequence[tuple[str, Style | None]]


class Cut(NamedTuple):
    """The characters ``start`` to ``end`` of a line, after ``lead`` blank cells."""

    start: int
    end: int
    lead: int = 0


class Run(NamedTuple):
    """Characters of one look; ``found`` when they are part of what is searched."""

    text: str
    ink: Style | None
    found: bool = False


def fold(text: str, cells: int) -> list[Cut]:
    """Fold ``text`` into rows of at most ``cells`` (at least 2, the width of a wide character).

    No character is split, and what has no width stays with the one before it. An empty text is
    one empty row.
    """
    cells = max(cells, 2)
    if cell_len(text) == len(text) and text.isascii():
        starts = range(0, max(len(text), 1), cells)
        return [Cut(start, min(start + cells, len(text))) for start in starts]
    cuts: list[Cut] = []
    begun, used = 0, 0
    for start, _, size in split_graphemes(text)[0]:
        if used + size > cells:
            cuts.append(Cut(begun, start))
            begun, used = start, 0
        used += size
    return [*cuts, Cut(begun, len(text))]


def crop(text: str, left: int, cells: int) -> Cut:
    """Return what of ``text`` stands in the ``cells`` cells from cell ``left`` on."""
    if text.isascii():
        return Cut(min(left, len(text)), min(left + cells, len(text)))
    at, first, lead = 0, None, 0
    for start, _, size in split_graphemes(text)[0]:
        if first is None and at >= left and size:
            first, lead = start, at - left
        at += size
        if at > left + cells:
            return Cut(start if first is None else first, start, lead)
    return Cut(len(text) if first is None else first, len(text), lead)


def runs(pieces: Pieces, cut: Cut, places: Sequence[tuple[int, int]] = ()) -> list[Run]:
    """Return the characters of ``cut`` with their looks; ``places`` are those found."""
    shown: list[Run] = []
    at = 0
    for text, ink in pieces:
        low, high = max(cut.start, at), min(cut.end, at + len(text))
        inner = {edge for place in places for edge in place if low < edge < high}
        for start, end in pairwise(sorted({low, high} | inner)) if low < high else ():
            found = any(first <= start < last for first, last in places)
            shown.append(Run(text[start - at : end - at], ink, found))
        at += len(text)
        if at >= cut.end:
            break
    return shown


def row_of(cuts: Sequence[Cut], character: int) -> int:
    """Return which of ``cuts`` has ``character``, the last one if none does."""
    for number, cut in enumerate(cuts):
        if character < cut.end:
            return number
    return len(cuts) - 1
