"""A table whose rows change under the reader: only the lines that changed are repainted."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from trainauto_tui.drawing.spans import Span, fit, width
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.lines import Lines

GAP = 2  # cells between columns, one less on a narrow screen
FULL_WIDTH = 80
WIDE = 100
HEAD = 1  # lines of headings, which do not scroll


class Column(NamedTuple):
    """One column.

    Attributes:
        title: Its heading.
        limit: Cells it takes at most; None for the one column that takes what is left.
        right: Whether it is aligned right.
        from_width: Width of the widget in cells from which the column is shown.
    """

    title: str
    limit: int | None = None
    right: bool = False
    from_width: int = 0


Cell = tuple[Span, ...]


class Row(NamedTuple):
    """One row; ``key`` names it across updates."""

    key: str
    cells: tuple[Cell, ...]


class LiveRows(Lines):
    """Rows under fixed headings, with a cursor.

    ``show_rows`` compares with what is on the screen and repaints the difference, a line at a
    time; the cursor stays on its row when rows come and go.
    """

    SCOPE = "list"
    BINDINGS: ClassVar[list[BindingType]] = bindings("list")
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    DEFAULT_CSS = "LiveRows { height: 1fr; }"

    cursor = reactive(0, repaint=False)

    class Highlighted(Message):
        """The cursor went to the row ``key``."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Opened(Message):
        """The row ``key`` was opened."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.rows: tuple[Row, ...] = ()
        self._widths = (0,) * len(self.COLUMNS)
        self._told: str | None = None
        self._message = ""

    @property
    def selected(self) -> str | None:
        """The key of the row under the cursor."""
        return self.rows[self.cursor].key if self.rows else None

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show ``rows``; each has one cell per column, shown or not."""
        old, selected = self.rows, self.selected
        self.rows = tuple(rows)
        self.virtual_size = Size(0, len(self.rows) + HEAD)
        keys = [row.key for row in self.rows]
        if selected in keys:
            self.set_reactive(LiveRows.cursor, keys.index(selected))
        else:
            self.set_reactive(LiveRows.cursor, max(min(self.cursor, len(keys) - 1), 0))
        widths = self._measure()
        if widths != self._widths or [row.key for row in old] != keys:
            self._widths = widths
            self.refresh()
        else:
            for number, (before, after) in enumerate(zip(old, self.rows, strict=True)):
                if before != after:
                    self._refresh_row(number)
        self._tell()

    def show_message(self, message: str) -> None:
        """Show ``message`` where the rows would be; the empty one shows none."""
        if message != self._message:
            self._message = message
            self.refresh()

    def hidden(self) -> list[str]:
        """Return the columns that an 80-cell screen shows and this one does not."""
        total = self.scrollable_content_region.width
        return [one.title for one in self.COLUMNS if total < one.from_width <= FULL_WIDTH]

    def select(self, key: str) -> None:
        """Put the cursor on the row ``key``, if there is one."""
        for number, row in enumerate(self.rows):
            if row.key == key:
                self.cursor = number

    def render_line(self, y: int) -> Strip:
        """Draw one line of the widget; the first one has the headings."""
        cells = self.scrollable_content_region.width
        number = y - HEAD + self.scroll_offset.y
        if y < HEAD:
            heads = tuple((Span(column.title, "muted"),) for column in self.COLUMNS)
            return self.painted(self._joined(heads), cells)
        if not self.rows and self._message and y == HEAD:
            return self.painted((Span(f" {self._message}", "muted"),), cells)
        if number >= len(self.rows):
            return Strip.blank(cells, self.rich_style)
        return self.painted(self._joined(self.rows[number].cells), cells, number == self.cursor)

    def _joined(self, row: Sequence[Cell]) -> list[Span]:
        spans: list[Span] = [Span(" ")]
        for column, size, cell in zip(self.COLUMNS, self._widths, row, strict=True):
            if size:
                spans += [*fit(cell, size, column.right), Span(" " * self._gap)]
        return spans

    def _measure(self) -> tuple[int, ...]:
        """Return the width of each column, 0 for one that is not shown."""
        total = self.scrollable_content_region.width
        sizes = [
            0
            if column.limit is None or total < column.from_width
            else min(
                max([len(column.title), *(width(row.cells[at]) for row in self.rows)]), column.limit
            )
            for at, column in enumerate(self.COLUMNS)
        ]
        used = sum(size + self._gap for size in sizes if size) + 2  # its margins
        return tuple(
            max(total - used, 0) if column.limit is None and total >= column.from_width else size
            for column, size in zip(self.COLUMNS, sizes, strict=True)
        )

    @property
    def _gap(self) -> int:
        return GAP if self.scrollable_content_region.width >= WIDE else GAP - 1

    def _refresh_row(self, number: int) -> None:
        line = number + HEAD - self.scroll_offset.y
        if HEAD <= line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

    def _tell(self) -> None:
        if self.selected is not None and self.selected != self._told:
            self._told = self.selected
            self.post_message(self.Highlighted(self.selected))

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(min(cursor, len(self.rows) - 1), 0)

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the two rows that changed, and bring the new one into view."""
        self._refresh_row(old)
        self._refresh_row(new)
        top, room = self.scroll_offset.y, self.size.height - HEAD
        if new < top:
            self.show_from(new)
        elif new >= top + room:
            self.show_from(new - room + 1)
        self._tell()

    def on_resize(self, event: events.Resize) -> None:
        """Lay the columns out anew."""
        self._widths = self._measure()
        self.watch_cursor(self.cursor, self.cursor)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Select a row; open it when it was selected before, as Enter does."""
        number = event.y - HEAD + self.scroll_offset.y
        if event.y < HEAD or number >= len(self.rows):
            return
        if number == self.cursor:
            self.action_open()
        else:
            self.cursor = number

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.selected is not None:
            self.post_message(self.Opened(self.selected))

    def action_down(self) -> None:
        """One row down."""
        self.cursor += 1

    def action_up(self) -> None:
        """One row up."""
        self.cursor -= 1

    def action_top(self) -> None:
        """To the first row."""
        self.cursor = 0

    def action_bottom(self) -> None:
        """To the last row."""
        self.cursor = len(self.rows) - 1

    def action_page_down(self) -> None:
        """One screenful down."""
        self.cursor += max(self.size.height - HEAD - 1, 1)

    def action_page_up(self) -> None:
        """One screenful up."""
        self.cursor -= max(self.size.height - HEAD - 1, 1)
