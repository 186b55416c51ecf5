"""Tables that fit where they are shown: a terminal of any width, or a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from trainauto_tui.cli.terminal import Terminal, fit, width_of

GAP = "  "
READABLE = 20  # columns that a flexible column keeps while there are optional ones to leave out
NARROWEST = 8  # columns that it keeps after that


class Column(NamedTuple):
    """A column.

    Attributes:
        title: its heading.
        right: aligned to the right, for numbers.
        flexible: gives way when the terminal is narrow.
        optional: left out when giving way is not enough; the last such column first.
    """

    title: str
    right: bool = False
    flexible: bool = False
    optional: bool = False


class Cell(NamedTuple):
    """Text in a style."""

    text: str
    style: str = ""


Row = Sequence[str | Cell]


def show(out: Terminal, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    """Write a table; on a terminal no line is longer than the terminal is wide."""
    cells = [[_cell(out, value) for value in row] for row in rows]
    chosen, widths = _layout(columns, cells, out.columns)
    heading = [Cell(columns[index].title, "dim") for index in chosen]
    for row in [heading, *([row[index] for index in chosen] for row in cells)]:
        parts = [
            _pad(out, cell, width, columns[index].right)
            for cell, width, index in zip(row, widths, chosen, strict=True)
        ]
        out.line(GAP.join(parts).rstrip())


def _cell(out: Terminal, value: str | Cell) -> Cell:
    cell = value if isinstance(value, Cell) else Cell(value)
    return cell._replace(text=out.clean(" ".join(cell.text.split())))


def _pad(out: Terminal, cell: Cell, width: int, right: bool) -> str:
    text = fit(cell.text, width)
    blank = " " * (width - width_of(text))
    shown = out.style(text, cell.style)
    return blank + shown if right else shown + blank


def _layout(
    columns: Sequence[Column], cells: Sequence[Sequence[Cell]], limit: int | None
) -> tuple[list[int], list[int]]:
    """Return which columns are shown and how wide each is; all of them where nothing limits."""
    widths = [
        max([width_of(column.title), *(width_of(row[index].text) for row in cells)])
        for index, column in enumerate(columns)
    ]
    chosen = list(range(len(columns)))
    if limit is None:
        return chosen, widths
    while True:
        optional = [index for index in chosen if columns[index].optional]
        floor = READABLE if optional else NARROWEST
        fitted = _shrink(columns, chosen, [widths[index] for index in chosen], limit, floor)
        if _total(fitted) <= limit or not optional:
            return chosen, _cut(fitted, limit)
        chosen.remove(optional[-1])


def _shrink(
    columns: Sequence[Column], chosen: Sequence[int], widths: list[int], limit: int, floor: int
) -> list[int]:
    """Return the widths with the flexible ones made narrower, the widest first, to ``floor``."""
    flexible = [place for place, index in enumerate(chosen) if columns[index].flexible]
    for _ in range(_total(widths) - limit):
        widest = max(flexible, key=lambda place: widths[place], default=-1)
        if widest < 0 or widths[widest] <= floor:
            break
        widths[widest] -= 1
    return widths


def _cut(widths: list[int], limit: int) -> list[int]:
    """Return widths of which the last ones give up what is still too much."""
    for place in range(len(widths) - 1, 0, -1):
        widths[place] = max(0, widths[place] - max(0, _total(widths) - limit))
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)
