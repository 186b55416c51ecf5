"""Lines folded to a width with nothing cut off, for text that has to be read whole."""

import re
from collections.abc import Sequence

from rich.cells import cell_len, chop_cells

from trainauto_tui.drawing.spans import Span

Line = tuple[Span, ...]


def folded(line: Line, cells: int, indent: int = 2) -> list[Line]:
    """Break ``line`` into lines of at most ``cells``, at blanks where that is possible.

    Lines after the first begin where the first one's text does, ``indent`` cells further in. A
    word that is longer than a line is broken anywhere.
    """
    deep = _depth(line) + indent
    deep = deep if deep <= cells // 2 else 0
    lines: list[list[Span]] = [[]]
    room = cells
    for span in line:
        for word in re.findall(r"\s+|\S+", span.text):
            rest = word
            if cell_len(rest) > room and lines[-1] and cell_len(rest) <= cells - deep:
                rest, room = rest.lstrip(), _next_line(lines, cells, deep)
            while cell_len(rest) > room:
                head = chop_cells(rest, room)[0] if room > 1 else ""
                lines[-1].append(Span(head, span.role))
                rest, room = rest[len(head) :], _next_line(lines, cells, deep)
            if rest:
                lines[-1].append(Span(rest, span.role))
                room -= cell_len(rest)
    return [tuple(one) for one in lines]


def _next_line(lines: list[list[Span]], cells: int, deep: int) -> int:
    """Begin another line, and return the room on it."""
    lines.append([Span(" " * deep)] if deep else [])
    return cells - deep


def _depth(line: Sequence[Span]) -> int:
    text = "".join(span.text for span in line)
    return len(text) - len(text.lstrip())
