"""A table's columns and rows, and how wide each column is on a line of so many cells."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

from trainauto_tui.drawing.row_order import Value
from trainauto_tui.drawing.spans import Span, width

MARGINS = 2  # cells, one at either end of a line
UP, DOWN = "▲", "▼"

Sort = Literal["", "up", "down"]
Cell = tuple[Span, ...]


class Column(NamedTuple):
    """One column.

    Attributes:
        title: Its heading.
        limit: Cells it takes at most; None for the one column that takes what is left.
        right: Whether it is aligned right.
        from_width: Width of the widget in cells from which the column is shown.
        sort: Whether rows can be sorted by it, and which way first.
    """

    title: str
    limit: int | None = None
    right: bool = False
    from_width: int = 0
    sort: Sort = ""


class Row(NamedTuple):
    """One row.

    Attributes:
        key: Names it across updates.
        cells: One per column, shown or not.
        order: By heading, what to sort by where that is not the cell's own text.
    """

    key: str
    cells: tuple[Cell, ...]
    order: Mapping[str, Value] = MappingProxyType({})


class Sorting(NamedTuple):
    """The column that rows are sorted by, by its number, and whether from the largest down."""

    column: int
    down: bool


def text_of(cell: Cell) -> str:
    """Return what a cell says, without roles."""
    return "".join(span.text for span in cell)


def value_of(row: Row, columns: Sequence[Column], column: int) -> Value:
    """Return what ``row`` is sorted by in a column; an empty cell has no value."""
    title = columns[column].title
    return row.order[title] if title in row.order else text_of(row.cells[column]) or None


def sorted_after_key(
    columns: Sequence[Column], sortable: Sequence[int], now: Sorting | None
) -> Sorting | None:
    """Return the order by the next of the ``sortable`` columns; after the last one none."""
    after = [at for at in sortable if now is None or at > now.column]
    return Sorting(after[0], columns[after[0]].sort == "down") if after else None


def sorted_after_click(
    columns: Sequence[Column], column: int, now: Sorting | None
) -> Sorting | None:
    """Return the order after a click on a heading: its own way first, the other, then none."""
    first = Sorting(column, columns[column].sort == "down")
    other = Sorting(column, not first.down)
    after = {None: first, first: other, other: None}
    return after.get(now, first)


def column_at(sizes: Sequence[int], gap: int, x: int) -> int | None:
    """Return the number of the column that the cell ``x`` of a line belongs to, its gap included.

    Args:
        sizes: Widths of the columns, 0 for one that is not shown.
        gap: Cells between two columns.
        x: The cell, from 0; the first one is the margin.
    """
    end = 1
    for at, size in enumerate(sizes):
        end += size + gap if size else 0
        if size and x < end:
            return at
    return None


def headings(columns: Sequence[Column], sorting: Sorting | None) -> list[str]:
    """Return the headings, the sorted one with an arrow: ``▲`` where values grow downwards."""
    titles = [column.title for column in columns]
    if sorting is not None:
        titles[sorting.column] += DOWN if sorting.down else UP
    return titles


def widths(
    columns: Sequence[Column], titles: Sequence[str], rows: Sequence[Row], total: int, gap: int
) -> tuple[int, ...]:
    """Return the width of each column in cells, 0 for one that is not shown.

    The column without a limit gets what the others leave; where they alone are too wide for the
    line, the widest of them give way.

    Args:
        columns: The columns.
        titles: Their headings as shown.
        rows: The rows that have to fit.
        total: Cells of a line.
        gap: Cells between two columns.
    """
    sizes = [
        0 if column.limit is None or total < column.from_width else _size(at, column, titles, rows)
        for at, column in enumerate(columns)
    ]
    left = total - MARGINS - sum(size + gap for size in sizes if size)
    for _ in range(-left):
        widest = max(range(len(sizes)), key=sizes.__getitem__)
        sizes[widest] = max(sizes[widest] - 1, 1)
    return tuple(
        max(left, 0) if column.limit is None and total >= column.from_width else size
        for column, size in zip(columns, sizes, strict=True)
    )


def _size(at: int, column: Column, titles: Sequence[str], rows: Sequence[Row]) -> int:
    longest = max((width(row.cells[at]) for row in rows), default=0)
    return max(len(titles[at]), min(longest, column.limit or 0))
