"""Text with a role: what a cell says and how it should look, before any theme is known."""

from typing import Literal, NamedTuple

from rich.cells import cell_len, set_cell_size

Role = Literal["plain", "muted", "title", "good", "bad", "live", "warn", "accent"]
"""What a piece of text means; the theme of the screen says which colour that is."""

ROLES: tuple[Role, ...] = ("plain", "muted", "title", "good", "bad", "live", "warn", "accent")
ELLIPSIS = "…"


class Span(NamedTuple):
    """A piece of one line."""

    text: str
    role: Role = "plain"


def width(spans: tuple[Span, ...]) -> int:
    """Return how many terminal cells ``spans`` take."""
    return sum(cell_len(span.text) for span in spans)


def fit(spans: tuple[Span, ...], cells: int, right: bool = False) -> tuple[Span, ...]:
    """Cut or pad ``spans`` to exactly ``cells``; what is cut off ends in an ellipsis."""
    if cells <= 0:
        return ()
    missing = cells - width(spans)
    if missing >= 0:
        pad = (Span(" " * missing),) if missing else ()
        return pad + spans if right else spans + pad
    kept: list[Span] = []
    left = cells - 1
    for span in spans:
        piece = span.text if cell_len(span.text) <= left else set_cell_size(span.text, left)
        kept.append(Span(piece, span.role))
        left -= cell_len(piece)
        if left <= 0:
            break
    kept.append(Span(ELLIPSIS, kept[-1].role if kept else "plain"))
    return tuple(kept)


def cut(spans: tuple[Span, ...], start: int, cells: int) -> tuple[Span, ...]:
    """Return the ``cells`` of ``spans`` from the cell ``start`` on.

    A wide character of which one half is cut off is a blank there.
    """
    kept: list[Span] = []
    at = 0
    for span in spans:
        size = cell_len(span.text)
        if at + size > start and at < start + cells:
            text = span.text
            if at + size > start + cells:
                text = set_cell_size(text, start + cells - at)
            if at < start:
                text = set_cell_size(text[::-1], cell_len(text) - (start - at))[::-1]
            kept.append(Span(text, span.role))
        at += size
    return tuple(kept)
