"""A log of any size, a windowful at a time.

The view keeps where lines begin (``LineIndex``) and the bytes that were fetched lately
(``LogWindow``), and asks its source for what it is about to need. A log opens at its end; what
stands before is fetched when the reader goes there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from trainauto_tui.client import LogSlice
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.log_index import Line, LineIndex
from trainauto_tui.drawing.log_window import BLOCK, LogWindow
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.terminal_text import StyledLine, styled
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.lines import Lines

PIECE = 65536  # bytes of one request: one screenful is 10 kB, and an answer stays below 1 ms
LONG_LINE = 16384  # bytes; of a longer line only its two ends are looked at
FAR_BEHIND = 32 * PIECE  # a reader who follows jumps over more than this instead of reading it
MARGIN = 1000  # lines ahead of the view that are fetched before the reader gets there


class Source(Protocol):
    """Where the bytes come from."""

    def read(
        self,
        offset: int,
        limit: int,
        got: Callable[[LogSlice], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Fetch at most ``limit`` bytes from ``offset``, or the last ``-offset`` ones."""


@dataclass(slots=True)
class _Opened:
    """What is known of the log in view."""

    source: Source
    index: LineIndex
    window: LogWindow
    size: int = 0
    complete: bool = False
    loaded: bool = False

    @property
    def extent(self) -> tuple[int | bool, ...]:
        """What an answer may change; while it stays the same there is nothing to repaint."""
        return (self.index.lo, self.index.hi, self.size, self.complete, self.loaded)


class LogView(Lines):
    """Shows one log; follows its end until the reader goes elsewhere."""

    SCOPE = "log"
    BINDINGS: ClassVar[list[BindingType]] = bindings("log")
    DEFAULT_CSS = "LogView { height: 1fr; }"

    class Changed(Message):
        """Whether it follows, or how much log there is, changed."""

    def __init__(
        self,
        *,
        poll_s: float = 0.5,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self.follows = True
        self.message = ""
        self._poll_s = poll_s
        self._log: _Opened | None = None
        self._asking = False
        self._poll: Timer | None = None
        self._lacking = False  # a line in view whose bytes could not be asked for yet
        self._styled: LRUCache[tuple[int, int], StyledLine] = LRUCache(512)

    @property
    def size_text(self) -> str:
        """How much log there is, for the pane's title."""
        return amounts.size(self._log.size) if self._log and self._log.loaded else ""

    @property
    def complete(self) -> bool:
        """Whether nothing will be added any more."""
        return self._log is not None and self._log.complete

    @property
    def loaded(self) -> bool:
        """Whether the first part of the log is there."""
        return self._log is not None and self._log.loaded

    def open_source(self, source: Source, follow: bool = True) -> None:
        """Show the log of ``source`` from its end."""
        self._log = _Opened(source, LineIndex(), LogWindow())
        self.follows, self.message, self._asking = follow, "", False
        self._styled.clear()
        self._resized()
        self.refresh()
        self.show_from(0)
        self._to_tail()

    def close_source(self, message: str) -> None:
        """Show ``message`` instead of a log."""
        self._log, self.message, self._asking = None, message, False
        self._resized()
        self.refresh()
        self.post_message(self.Changed())

    # Fetching: one request at a time; each answer decides on the next.

    def _read(self, offset: int, limit: int, got: Callable[[_Opened, LogSlice], None]) -> None:
        log = self._log
        if log is None or self._asking:
            return
        self._asking = True

        def arrived(piece: LogSlice) -> None:
            if self._log is log and self.is_mounted:
                self._asking, self.message = False, ""
                before = log.extent
                log.size, log.complete = piece.size, piece.complete
                log.window.put(piece.start, piece.data)
                got(log, piece)
                log.loaded = True
                if log.extent != before:
                    self._resized()
                    self.post_message(self.Changed())
                if self._lacking:
                    self._lacking = False
                    self.refresh()
                self._carry_on()

        def failed(error: Exception) -> None:
            if self._log is log and self.is_mounted:
                self._asking = False
                self.message = "" if log.loaded else str(error)
                self.refresh()

        log.source.read(offset, limit, arrived, failed)

    def _to_tail(self) -> None:
        """Start over at the end of the log."""
        self._read(-PIECE, PIECE, self._got_tail)

    def _got_tail(self, log: _Opened, piece: LogSlice) -> None:
        self.refresh()
        log.index = LineIndex.of_tail(piece.data, piece.start)

    def _got_head(self, log: _Opened, piece: LogSlice) -> None:
        self.refresh()
        log.index = LineIndex(0)
        log.index.append(piece.data, piece.start)

    def _got_more(self, log: _Opened, piece: LogSlice) -> None:
        if piece.data and piece.end > log.index.hi:
            log.index.append(piece.data, piece.start)

    def _read_before(self, log: _Opened) -> None:
        """Fetch the piece right before the indexed part, and whatever gap lies between."""
        end = log.index.lo
        start = max(end - PIECE, 0)
        earlier: list[LineIndex] = []

        def got(log: _Opened, piece: LogSlice) -> None:
            if not earlier:
                earlier.append(_first_lines(piece, start))
            elif piece.start < end:
                earlier[0].append(piece.data, piece.start)
            if piece.start >= end or not piece.data:
                earlier[0].append(b"", end)
            if earlier[0].hi < end:
                self.call_next(self._read, earlier[0].hi, end - earlier[0].hi, got)
            else:
                self._shift(log.index.prepend(earlier[0]))

        self._read(start, end - start, got)

    def _carry_on(self) -> None:
        """Ask for what comes next, if anything is missing around what is in view."""
        log = self._log
        if log is None or self._asking or not log.loaded:
            return
        index, top, height = log.index, self.scroll_offset.y, self.size.height
        if index.hi < log.size and (self.follows or top + height + MARGIN > len(index)):
            if self.follows and log.size - index.hi > FAR_BEHIND:
                self._to_tail()
            else:
                self._read(index.hi, PIECE, self._got_more)
        elif index.lo > 0 and top < MARGIN:
            self._read_before(log)
        elif not log.complete:
            if self._poll is not None:
                self._poll.stop()
            self._poll = self.set_timer(self._poll_s, self._read_on)

    def _read_on(self) -> None:
        if self._log is not None:
            self._read(self._log.index.hi, PIECE, self._got_more)

    def wake(self) -> None:
        """Go on after the link was down."""
        if self._log is not None and not self._log.loaded:
            self._to_tail()
        else:
            self._read_on()

    def _fetch_for(self, line: Line) -> None:
        """Get the bytes of a line that were forgotten since it was indexed."""
        self._lacking = True
        self._read(line.start // BLOCK * BLOCK, 2 * BLOCK, lambda _log, _piece: None)

    # Showing.

    def _resized(self) -> None:
        before, count = self.virtual_size.height, len(self._log.index) if self._log else 0
        self.virtual_size = Size(0, count)
        if self.follows:
            self.show_from(max(count - self.size.height, 0))
        self._refresh_from(min(before, count) - 1)  # the last line may have grown

    def _refresh_from(self, number: int) -> None:
        """Repaint the lines from ``number`` on that are in view; a scroll repaints by itself."""
        first, height = max(number - self.scroll_offset.y, 0), self.size.height
        if first < height:
            self.refresh(Region(0, first, self.size.width, height - first))

    def _shift(self, lines: int) -> None:
        """Keep the same lines in view after ``lines`` came before them."""
        self.virtual_size = Size(0, len(self._log.index) if self._log else 0)
        self.show_from(self.scroll_offset.y + lines)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the log."""
        cells = self.scrollable_content_region.width
        base = self.ink("plain")
        number = y + self.scroll_offset.y
        if message := self._instead():
            return self.painted((Span(f" {message}", "muted"),) if y == 0 else (), cells)
        if self._log is None:
            return Strip.blank(cells, base)
        if number >= len(self._log.index):
            return Strip.blank(cells, base)
        line = self._log.index.line(number)
        if line.dropped:
            return self.painted(
                (Span(f" … {amounts.size(line.dropped)} dropped …", "warn"),), cells
            )
        return self._strip(self._line_text(self._log, line), cells, base)

    def _instead(self) -> str:
        """Return what to say where there are no lines to show."""
        if self.message or self._log is None or not self._log.loaded or self._log.size:
            return self.message
        return "It wrote nothing." if self._log.complete else "Nothing written yet."

    def _line_text(self, log: _Opened, line: Line) -> StyledLine | None:
        key = (line.start, line.end)
        if (known := self._styled.get(key)) is not None:
            return known
        raw = _line_bytes(log.window, line)
        if raw is None:
            self.call_later(self._fetch_for, line)
            return None
        shown = styled(raw)
        self._styled[key] = shown
        return shown

    def _strip(self, line: StyledLine | None, cells: int, base: Style) -> Strip:
        pieces = line.pieces if line else ((" …", None),)
        strip = Strip(
            [Segment(" ", base), *(Segment(text, _on(base, ink)) for text, ink in pieces)]
        )
        if line and line.hidden:
            strip = Strip([*strip, Segment(f" … {line.hidden:,} more", self.ink("accent"))])
        if strip.cell_length <= cells:
            return strip.adjust_cell_length(cells, base)
        return Strip([*strip.crop(0, cells - 1), *self.painted((Span("›", "accent"),), 1)])

    # Moving.

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow when the reader is at the end, stop when not, and fetch what comes into view."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.call_later(self._carry_on)

    def _set_follow(self, follow: bool) -> None:
        if follow != self.follows:
            self.follows = follow
            self.post_message(self.Changed())

    def _move(self, lines: int) -> None:
        top = max(min(self.scroll_offset.y + lines, self.max_scroll_y), 0)
        self._set_follow(lines > 0 and top >= self.max_scroll_y and self._at_end)
        self.show_from(top)

    @property
    def _at_end(self) -> bool:
        return self._log is None or self._log.index.hi >= self._log.size

    def toggle_follow(self) -> None:
        """Stop following, or go to the end and follow."""
        if self.follows:
            self._set_follow(False)
        else:
            self.action_bottom()

    def action_down(self) -> None:
        """One line down."""
        self._move(1)

    def action_up(self) -> None:
        """One line up."""
        self._move(-1)

    def action_page_down(self) -> None:
        """One page down."""
        self._move(max(self.size.height - 1, 1))

    def action_page_up(self) -> None:
        """One page up."""
        self._move(-max(self.size.height - 1, 1))

    def action_top(self) -> None:
        """To the first line, however far away it is."""
        self._set_follow(False)
        if self._log and self._log.index.lo > 0:
            self._read(0, PIECE, self._got_head)
        self.show_from(0)

    def action_bottom(self) -> None:
        """To the last line; follows from there."""
        self._set_follow(True)
        if self._at_end:
            self._resized()
            self._carry_on()
        else:
            self._to_tail()

    def on_mouse_scroll_down(self) -> None:
        """Scroll with the wheel."""
        self._move(3)

    def on_mouse_scroll_up(self) -> None:
        """Scroll with the wheel."""
        self._move(-3)

    def on_resize(self) -> None:
        """Keep the end in view."""
        self._resized()


def _first_lines(piece: LogSlice, asked: int) -> LineIndex:
    """Index the first piece of an earlier part; it may begin in a line, or behind a gap."""
    if piece.start > asked:
        index = LineIndex(piece.start - piece.dropped)
        index.append(piece.data, piece.start)
        return index
    return LineIndex.of_tail(piece.data, piece.start)


def _line_bytes(window: LogWindow, line: Line) -> bytes | None:
    """Return a line without its newline, of a very long one what there is to show."""
    if line.end - line.start <= LONG_LINE:
        raw = window.get(line.start, line.end)
        return None if raw is None else raw.removesuffix(b"\n")
    tail = window.get(line.end - LONG_LINE, line.end)
    if tail is not None and b"\r" in tail.rstrip(b"\r\n"):
        return tail.removesuffix(b"\n")
    return window.get(line.start, line.start + LONG_LINE)


def _on(base: Style, ink: Style | None) -> Style:
    return base + ink if ink else base
