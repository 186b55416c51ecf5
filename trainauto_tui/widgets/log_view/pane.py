"""The pane that shows a log: what is painted, and when there is a look for more."""

from collections.abc import Callable, Iterable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.log_matches import Pattern
from trainauto_tui.drawing.log_rows import runs
from trainauto_tui.drawing.spans import Role, Span
from trainauto_tui.drawing.terminal_text import StyledLine
from trainauto_tui.live.log_port import Source
from trainauto_tui.widgets.lines import ASCII_CLASS, Lines
from trainauto_tui.widgets.log_view import title
from trainauto_tui.widgets.log_view.reader import Reader
from trainauto_tui.widgets.log_view.thumb import thumb
from trainauto_tui.widgets.log_view.viewer import Row

FOUND = Style(reverse=True)  # on the ink of a warning: visible under every theme
Pen = Callable[[Role], Style]
RETRY_S = 5.0  # after a request that failed though the link lives


class LogPane(Lines):
    """Shows one log; follows its end until the reader goes elsewhere.

    Args:
        poll_s: Seconds between two looks for more of a log that grows.
    """

    DEFAULT_CSS = "LogPane { height: 1fr; }"

    class Changed(Message, namespace="log_view"):
        """What the title tells of it changed."""

    def __init__(
        self,
        *,
        poll_s: float = 0.5,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self.reader: Reader | None = None
        self._message = ""
        self._poll_s = poll_s
        self._poll: Timer | None = None
        self._rows: list[Row] = []
        self._shown: tuple[object, ...] = ()  # what all rows depend on
        self._said: tuple[object, ...] = ()
        self._placed = False

    # What it tells.

    @property
    def follows(self) -> bool:
        """Whether the end stays in view."""
        return self.reader is None or self.reader.follows

    @property
    def size_text(self) -> str:
        """How much log there is, for the pane's title."""
        return amounts.size(self.reader.tape.size) if self.reader and self.loaded else ""

    @property
    def complete(self) -> bool:
        """Whether nothing will be added any more."""
        return self.reader is not None and self.reader.tape.complete

    @property
    def loaded(self) -> bool:
        """Whether the first part of the log is there."""
        return self.reader is not None and self.reader.tape.loaded

    @property
    def message(self) -> str:
        """What is shown instead of a log, if anything is."""
        if self.reader is None or self.reader.tape.loaded:
            return self._message
        return self.reader.tape.problem

    def title_spans(self) -> tuple[Span, ...]:
        """Return filter, search and ways of showing that are in force, for the pane's title."""
        return title.spans(self.reader) if self.reader else ()

    # Which log.

    def open_source(self, source: Source, follow: bool = True) -> None:
        """Show the log of ``source`` from its end, in the way that the last one was shown."""
        before = self.reader
        self._close("")
        self.reader = Reader(source, follow, self._told)
        if before is not None:
            self.reader.show_as(before)
        self.reader.resize(self.scrollable_content_region.width, self.size.height)

    def close_source(self, message: str) -> None:
        """Show ``message`` instead of a log."""
        self._close(message)
        self._told()

    def _close(self, message: str) -> None:
        if self.reader is not None:
            self.reader.tape.close()
        self.reader, self._message = None, message

    def on_unmount(self) -> None:
        """Ask for nothing more: a search through a long log would go on."""
        self._close("")

    def wake(self) -> None:
        """Go on after the link was down."""
        if self.reader is not None:
            self.reader.wake()

    def _look_again(self) -> None:
        """Ask for more, unless nobody sees it."""
        self._poll = None
        held = not getattr(self.screen, "in_sight", True) or not self.size.height
        if self.reader is not None and not (held or getattr(self.app, "paused", False)):
            if self.reader.tape.stuck:
                self.reader.wake()
            else:
                self.reader.poll()
        self._plan()

    def _plan(self) -> None:
        reader = self.reader
        if self._poll is None and reader and (reader.waits or reader.tape.stuck):
            wait_s = RETRY_S if reader.tape.stuck else self._poll_s
            self._poll = self.set_timer(wait_s, self._look_again)

    # Showing.

    def _told(self) -> None:
        """Repaint what changed."""
        if not self.is_running:
            return
        rows = self.reader.rows if self.reader else []
        shown = self._looks()
        if shown != self._shown:
            self._shown, self._rows = shown, rows
            self.refresh()
        else:
            before, self._rows = self._rows, rows
            self._repaint(before, rows)
        self._place_thumb()
        said = (self.follows, self.size_text, self.complete, self.title_spans(), self.message)
        if said != self._said:
            self._said = said
            self.post_message(self.Changed())
        self._plan()

    def _looks(self) -> tuple[object, ...]:
        reader = self.reader
        if reader is None:
            return (self._instead(),)
        stamps = (reader.stamps.mode, reader.stamps.cells)
        return (reader, self._instead(), reader.pattern, *stamps, reader.wrap, reader.left)

    def _repaint(self, before: list[Row], after: list[Row]) -> None:
        count = max(len(before), len(after))
        changed = [y for y in range(count) if before[y : y + 1] != after[y : y + 1]]
        if changed:
            width = self.scrollable_content_region.width
            self.refresh(*(Region(0, first, width, count) for first, count in _blocks(changed)))

    def _place_thumb(self) -> None:
        place = thumb(*self.reader.position, self.size.height) if self.reader else None
        height, top = place or (self.size.height, 0)
        if self.virtual_size.height != height:
            self.virtual_size = Size(0, height)
        if round(self.scroll_y) != top:
            self.show_from(top)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Move the thumb; what is in view does not depend on it."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value

    def _instead(self) -> str:
        """Return what to say where there are no lines to show."""
        reader = self.reader
        if reader is None or not reader.tape.loaded or reader.rows:
            return self.message
        if reader.kept is not None:
            searched = reader.kept.whole
            return f"No line {_with(reader.kept.pattern)}." if searched else "Looking for lines …"
        return "It wrote nothing." if self.complete else "Nothing written yet."

    def render_line(self, y: int) -> Strip:
        """Draw one row of the log."""
        cells = self.scrollable_content_region.width
        if y < len(self._rows) and self.reader is not None:
            return self._strip(self.reader, self._rows[y], cells)
        message = self._instead() if y == 0 and not self._rows else ""
        return self.painted((Span(f" {message}", "muted"),) if message else (), cells)

    def _strip(self, reader: Reader, row: Row, cells: int) -> Strip:
        pen = self._pen(row.cursor)
        base = pen("plain")
        front = [Segment(self._mark(), pen("accent")) if row.mark else Segment(" ", base)]
        if stamp_cells := reader.stamps.cells:
            front.append(Segment(row.time.rjust(stamp_cells - 1) + " ", pen("muted")))
        room = cells - 1 - stamp_cells
        if row.line.dropped:
            gone = Span(f"… {amounts.size(row.line.dropped)} dropped …", "warn")
            body = list(self.painted((gone,), room, row.cursor))
        elif (line := reader.text(row.line)) is None:
            body = list(self.painted((Span("…", "muted"),), room, row.cursor))
        else:
            body = self._body(reader, row, line, pen)
            if not reader.wrap and row.cut.end < len(line.text):
                body = self._cut(body, room, pen)
        return Strip([*front, *body]).adjust_cell_length(cells, base).simplify()

    def _body(self, reader: Reader, row: Row, line: StyledLine, pen: Pen) -> list[Segment]:
        places = reader.pattern.places(line.text) if reader.pattern else ()
        base = pen("plain")
        body = [Segment(" " * row.cut.lead, base)] if row.cut.lead else []
        for text, ink, is_found in runs(line.pieces, row.cut, places):
            style = base + ink if ink else base
            body.append(Segment(text, style + pen("warn") + FOUND if is_found else style))
        return body

    def _cut(self, body: list[Segment], room: int, pen: Pen) -> list[Segment]:
        """Return a row that says that the line goes on."""
        sign = ">" if self.app.has_class(ASCII_CLASS) else "›"
        whole = Strip(body).crop(0, room - 1).adjust_cell_length(room - 1, pen("plain"))
        return [*whole, Segment(sign, pen("accent"))]

    def _mark(self) -> str:
        return "*" if self.app.has_class(ASCII_CLASS) else "●"

    def on_resize(self) -> None:
        """Lay the lines out anew."""
        self._fit()

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """Make room for the scrollbar."""
        super().watch_show_vertical_scrollbar(shown)
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        width, height = self.scrollable_content_region.width, self.size.height
        if self.reader is not None and (width, height) != (self.reader.width, self.reader.height):
            self.reader.resize(width, height)


def _blocks(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return ascending ``numbers`` as (first, count) of those that follow one another."""
    blocks: list[tuple[int, int]] = []
    for number in numbers:
        if blocks and sum(blocks[-1]) == number:
            blocks[-1] = (blocks[-1][0], blocks[-1][1] + 1)
        else:
            blocks.append((number, 1))
    return blocks


def _with(pattern: Pattern) -> str:
    return f"is without {pattern.text!r}" if pattern.invert else f"has {pattern.text!r}"
