"""A table whose rows change under the reader: only the lines that changed are repainted."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip

from trainauto_tui.drawing.columns import (
    Cell,
    Column,
    Row,
    Sorting,
    column_at,
    headings,
    sorted_after_click,
    sorted_after_key,
    text_of,
    value_of,
    widths,
)
from trainauto_tui.drawing.row_filter import RowFilter
from trainauto_tui.drawing.row_order import ordered
from trainauto_tui.drawing.spans import Span, fit
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.lines import Lines
from trainauto_tui.widgets.overlay import overlaid
from trainauto_tui.widgets.row_told import RowTold

__all__ = ["WIDE", "Cell", "Column", "LiveRows", "Row", "Sorting"]

GAP = 2  # cells between columns, one less on a narrow screen
FULL_WIDTH = 80
WIDE = 100
MATCH = "live-rows--match"
NO_MATCH = "No row has these words. / changes them."


class LiveRows(Lines):
    """Rows under fixed headings, with a cursor.

    ``show_rows`` compares with what is on the screen and repaints the difference, a line at a
    time; the cursor stays on its row when rows come and go, are filtered or sorted.
    """

    SCOPE = "list"
    BINDINGS: ClassVar[list[BindingType]] = bindings("list")
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    COMPONENT_CLASSES: ClassVar[set[str]] = {MATCH}
    DEFAULT_CSS = """
    LiveRows {
        height: 1fr;
        & > .live-rows--match { color: $text-warning; text-style: bold underline; }
        &:ansi > .live-rows--match { color: ansi_magenta; }
    }
    """

    cursor = reactive(0, repaint=False)

    class Highlighted(RowTold):
        """The cursor went to the row."""

    class Opened(RowTold):
        """The row was opened."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.rows: tuple[Row, ...] = ()  # those that are shown, in their order
        self.sorting: Sorting | None = None
        self._given: tuple[Row, ...] = ()
        self._wish: str | None = None  # the row that the reader was on, shown or not
        self._text = ""
        self._filter = RowFilter()
        self._widths = (0,) * len(self.COLUMNS)
        self._told: str | None = None
        self._message = ""

    # What is shown.

    @property
    def selected(self) -> str | None:
        """The key of the row under the cursor."""
        return self.rows[self.cursor].key if self.rows else None

    @property
    def filter_text(self) -> str:
        """The words that shown rows have: all of them, and none of those that begin with !."""
        return self._text

    @filter_text.setter
    def filter_text(self, text: str) -> None:
        if text == self._text:
            return
        self._text, self._filter = text, RowFilter.parse(text)
        self._arrange_anew()

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show those of ``rows`` that the filter keeps; each has one cell per column."""
        self._given = tuple(rows)
        before, in_view = self._lines_in_view(), self._in_view()
        keys = [row.key for row in self.rows]
        self._arrange()
        if self._wish not in {row.key for row in rows}:
            self._wish = self.selected
        if in_view and keys != [row.key for row in self.rows]:
            self._bring_into_view()
        for line, (was, now) in enumerate(zip(before, self._lines_in_view(), strict=True)):
            if was != now:
                self.refresh(Region(0, line, self.size.width, 1))
        self._tell()

    def show_message(self, message: str) -> None:
        """Show ``message`` where the rows would be; the empty one shows none."""
        if message != self._message:
            self._message = message
            self.refresh()

    def hidden(self) -> list[str]:
        """Return the columns that an 80-cell screen shows and this one does not."""
        total = self._total
        return [one.title for one in self.COLUMNS if total < one.from_width <= FULL_WIDTH]

    def select(self, key: str) -> None:
        """Put the cursor on the row ``key``, if there is one."""
        for number, row in enumerate(self.rows):
            if row.key == key:
                self.cursor = number

    def sort_by(self, sorting: Sorting | None) -> None:
        """Show the rows in this order; None for the order that they were given in."""
        if sorting != self.sorting:
            self.sorting = sorting
            self._arrange_anew()

    def _arrange_anew(self) -> None:
        self._arrange()
        self.refresh(layout=True)
        self._bring_into_view()
        self._tell()

    def _arrange(self) -> None:
        """Filter and sort what was given, and put the cursor where the reader left it."""
        rows: Sequence[Row] = self._given
        if (by := self.sorting) is not None:
            rows = ordered(
                rows,
                lambda row: value_of(row, self.COLUMNS, by.column),
                lambda row: row.key,
                by.down,
            )
        kept = [row for row in rows if self._keeps(row)]
        self.rows = tuple(kept)
        keys = [row.key for row in rows]
        at = min(self.cursor, len(kept) - 1)
        if self._wish in keys:  # its own place, or that of the row that follows
            at = sum(map(self._keeps, rows[: keys.index(self._wish)]))
        self.set_reactive(LiveRows.cursor, max(min(at, len(kept) - 1), 0))
        self._set_height(len(kept) + self._head)
        self._widths = self._measure()

    def _set_height(self, lines: int) -> None:
        """Make room for ``lines``; what is in view is not repainted for the sake of those that
        are not."""
        size = Size(0, lines)
        if size != self.virtual_size:
            self.set_reactive(LiveRows.virtual_size, size)
            self.refresh(repaint=False, layout=True)

    def _keeps(self, row: Row) -> bool:
        return not self._filter or self._filter.keeps(
            [
                text_of(cell)
                for column, cell in zip(self.COLUMNS, row.cells, strict=True)
                if self._shows(column)
            ]
        )

    # Drawing.

    @property
    def _total(self) -> int:
        return self.scrollable_content_region.width

    @property
    def _head(self) -> int:
        """The lines above the rows, which do not scroll: the filter, if there is one; headings."""
        return 2 if self._text else 1

    @property
    def _gap(self) -> int:
        return GAP if self._total >= WIDE else GAP - 1

    def _shows(self, column: Column) -> bool:
        return self._total >= column.from_width

    def _measure(self) -> tuple[int, ...]:
        titles = headings(self.COLUMNS, self.sorting)
        return widths(self.COLUMNS, titles, self.rows, self._total, self._gap)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the widget: the filter, the headings, or a row."""
        cells, head = self._total, self._head
        if y < head:
            return self.painted(self._filter_line() if y < head - 1 else self._headings(), cells)
        number = y - head + self.scroll_offset.y
        if not self.rows and y == head and (message := self._no_rows()):
            return self.painted((Span(f" {message}", "muted"),), cells)
        if number >= len(self.rows):
            return Strip.blank(cells, self.rich_style)
        fitted = self._fitted(self.rows[number].cells)
        strip = self.painted(self._joined(fitted), cells, number == self.cursor)
        return self._marked(strip, fitted) if self._filter.wanted else strip

    def _no_rows(self) -> str:
        return NO_MATCH if self._given and self._filter else self._message

    def _filter_line(self) -> list[Span]:
        count = f"{len(self.rows)} of {len(self._given)}"
        return [Span(" /", "muted"), Span(self._text, "live"), Span(f"  {count}", "muted")]

    def _headings(self) -> list[Span]:
        titles = headings(self.COLUMNS, self.sorting)
        sorted_one = self.sorting.column if self.sorting else None
        heads = [
            (Span(title, "plain" if at == sorted_one else "muted"),)
            for at, title in enumerate(titles)
        ]
        return self._joined(self._fitted(heads))

    def _fitted(self, row: Sequence[Cell]) -> list[Cell]:
        """Return the cells of the columns that are shown, each as wide as its column."""
        return [
            fit(cell, size, column.right)
            for column, size, cell in zip(self.COLUMNS, self._widths, row, strict=True)
            if size
        ]

    def _joined(self, fitted: Sequence[Cell]) -> list[Span]:
        gap = Span(" " * self._gap)
        return [Span(" "), *(span for cell in fitted for span in (*cell, gap))]

    def _marked(self, strip: Strip, fitted: Sequence[Cell]) -> Strip:
        """Return a row's line with the wanted words marked in it."""
        ranges: list[tuple[int, int]] = []
        at = 1
        for cell in fitted:
            text = text_of(cell)
            ranges += [
                (at + cell_len(text[:start]), at + cell_len(text[:end]))
                for start, end in self._filter.found(text)
            ]
            at += cell_len(text) + self._gap
        return overlaid(strip, ranges, self.get_component_rich_style(MATCH, partial=True))

    def _lines_in_view(self) -> list[Hashable]:
        """Return what each line of the widget is drawn from."""
        top, height = self.scroll_offset.y, self.size.height
        head = ((self._text, len(self.rows), len(self._given)), self.sorting)[-self._head :]
        lines: list[Hashable] = [(self._widths, line) for line in head]
        for at in range(top, top + height - self._head):
            if at < len(self.rows):
                lines.append((self._widths, self.rows[at].cells, at == self.cursor))
            else:
                lines.append(self._no_rows() if at == 0 else "")
        return lines[:height]

    def _refresh_row(self, number: int) -> None:
        line = number + self._head - self.scroll_offset.y
        if self._head <= line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

    # The cursor.

    def _tell(self) -> None:
        if self.selected is not None and self.selected != self._told:
            self._told = self.selected
            self.post_message(self.Highlighted(self, self.selected))

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(min(cursor, len(self.rows) - 1), 0)

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the two rows that changed, and bring the new one into view."""
        self._wish = self.selected
        self._refresh_row(old)
        self._refresh_row(new)
        self._bring_into_view()
        self._tell()

    def _in_view(self) -> bool:
        return 0 <= self.cursor - self.scroll_offset.y < self.size.height - self._head

    def _bring_into_view(self) -> None:
        top, room = self.scroll_offset.y, self.size.height - self._head
        if self.cursor < top:
            self.show_from(self.cursor)
        elif self.cursor >= top + room:
            self.show_from(self.cursor - room + 1)

    def on_resize(self) -> None:
        """Lay the columns out anew."""
        self._fit()

    def _fit(self) -> None:
        self._arrange()
        self._bring_into_view()
        self._tell()
        self.refresh()

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """Lay the columns out beside the scrollbar."""
        super().watch_show_vertical_scrollbar(shown)
        if (measured := self._measure()) != self._widths:
            self._widths = measured
            self.refresh()

    # The mouse.

    def on_click(self, event: events.Click) -> None:
        """Select a row, and open one that was selected before; sort by a heading."""
        number = event.y - self._head + self.scroll_offset.y
        if event.y < self._head - 1:
            self.action_filter()
        elif event.y < self._head:
            self._sort_by_heading_at(event.x)
        elif number == self.cursor:
            self.action_open()
        elif number < len(self.rows):
            self.cursor = number

    def _sort_by_heading_at(self, x: int) -> None:
        """Sort by the column at ``x``, the other way when that is so already, then not at all."""
        at = column_at(self._widths, self._gap, x)
        if at is not None and self.COLUMNS[at].sort:
            self.sort_by(sorted_after_click(self.COLUMNS, at, self.sorting))

    # Commands.

    @property
    def sortable(self) -> list[int]:
        """The numbers of the columns that are shown and that rows can be sorted by."""
        return [at for at, column in enumerate(self.COLUMNS) if column.sort and self._shows(column)]

    def action_sort(self) -> None:
        """Sort by the next column that can be sorted by; after the last one not at all."""
        self.sort_by(sorted_after_key(self.COLUMNS, self.sortable, self.sorting))

    def action_filter(self) -> None:
        """Ask for the words of the filter, and narrow the rows while they are typed."""
        from trainauto_tui.screens.place import Place

        before, place = self._text, self.screen
        assert isinstance(place, Place)

        def narrow(text: str) -> None:
            self.filter_text = text

        def done(text: str | None) -> None:
            self.filter_text = before if text is None else text.strip()
            if text is not None:  # a filter that no row passes takes the reader nowhere
                self._wish = self.selected or self._wish

        place.prompt("filter", before, narrow, done)

    def lift(self) -> bool:
        """Show all rows again, if some are left out."""
        lifted = bool(self.filter_text)
        self.filter_text = ""
        return lifted

    def copied(self) -> tuple[str, str] | None:
        """Return the key of the row under the cursor."""
        return (self.selected, self.selected) if self.selected is not None else None

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.selected is not None:
            self.post_message(self.Opened(self, self.selected))

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
        self.cursor += max(self.size.height - self._head - 1, 1)

    def action_page_up(self) -> None:
        """One screenful up."""
        self.cursor -= max(self.size.height - self._head - 1, 1)
