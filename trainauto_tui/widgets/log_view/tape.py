"""What is known of one log, and the one request for more of it that may be under way."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from textual.cache import LRUCache

from trainauto_tui.client import LogSlice
from trainauto_tui.documents import LogMatches
from trainauto_tui.drawing.log_index import Line, LineIndex
from trainauto_tui.drawing.log_matches import Pattern
from trainauto_tui.drawing.log_window import LogWindow
from trainauto_tui.live.log_port import Failed, Source

T = TypeVar("T")
PIECE = 65536  # bytes of one request: one screenful is 10 kB, and an answer stays below 1 ms
LONG_LINE = 16384  # bytes; of a longer line only its two ends are looked at
GROUP = 4 * PIECE  # lines of a filter that lie within so many bytes are fetched together
LOOSE = 512  # lines kept apart from the window: more than a screen is high


class Tape:
    """One log: the bytes fetched lately, where lines begin in the part looked at, its size.

    One request at a time; ``told`` is called after each answer. A request that fails leaves the
    tape ``stuck`` until it is set free.

    Attributes:
        source: Where it comes from.
        index: The lines of one unbroken part of the log.
        size: Bytes written so far, as of the last answer.
        complete: Whether nothing will be added.
        loaded: Whether there was a first answer.
        problem: Why the last request failed, if it did.
        busy: Whether a request is under way.
        stuck: Whether to ask nothing until the link is back.
    """

    def __init__(self, source: Source, told: Callable[[], None]) -> None:
        self.source = source
        self.index = LineIndex()
        self.size = 0
        self.complete = self.loaded = self.busy = self.stuck = False
        self.problem = ""
        self._told = told
        self._closed = False
        self._window = LogWindow()
        self._loose: LRUCache[tuple[int, int], bytes] = LRUCache(LOOSE)

    def close(self) -> None:
        """Hear no answer any more."""
        self._closed = True

    def ask(
        self,
        send: Callable[[Callable[[T], None], Failed], None],
        got: Callable[[T], None],
        refused: Failed | None = None,
    ) -> None:
        """Send a request and hand its answer to ``got``, which may send the next one.

        ``refused`` is told of an error that is not the link's; without it the tape is stuck.
        """
        self.busy = True

        def arrived(answer: T) -> None:
            if not self._closed:
                self.busy, self.problem = False, ""
                got(answer)
                self._told()

        def failed(error: Exception) -> None:
            if not self._closed:
                self.busy = False
                if refused is None or _is_lost(error):
                    self.problem, self.stuck = str(error), True
                else:
                    refused(error)
                self._told()

        send(arrived, failed)

    # Reading.

    def read(self, offset: int, limit: int, got: Callable[[LogSlice], None]) -> None:
        """Fetch a piece and keep it."""

        def arrived(piece: LogSlice) -> None:
            self.size, self.complete = piece.size, piece.complete
            self._window.put(piece.start, piece.data)
            got(piece)
            self.loaded = True

        self.ask(lambda got, no: self.source.read(offset, limit, got, no), arrived)

    def to_tail(self, done: Callable[[], None] = lambda: None) -> None:
        """Start the index over at the end of the log."""

        def got(piece: LogSlice) -> None:
            self.index = LineIndex.of_tail(piece.data, piece.start)
            done()

        self.read(-PIECE, PIECE, got)

    def to_line(self, start: int, done: Callable[[], None]) -> None:
        """Start the index over around the line that begins at byte ``start``."""

        def got(piece: LogSlice) -> None:
            self.index = _around(piece, start)
            done()

        before = min(PIECE // 2, start)
        self.read(start - before, PIECE, got)

    def to_offset(self, offset: int, done: Callable[[], None]) -> None:
        """Start the index over around byte ``offset``, wherever in a line it is."""

        def got(piece: LogSlice) -> None:
            self.index = LineIndex.of_tail(piece.data, piece.start)
            done()

        self.read(max(offset - PIECE // 2, 0), PIECE, got)

    def read_on(self) -> None:
        """Fetch what follows the index."""

        def got(piece: LogSlice) -> None:
            if piece.data and piece.end > self.index.hi:
                self.index.append(piece.data, piece.start)

        self.read(self.index.hi, PIECE, got)

    def look(self) -> None:
        """Ask how long the log is by now."""
        self.read(self.size, 0, lambda piece: None)

    def read_before(self) -> None:
        """Fetch the piece right before the index, and whatever gap lies between."""
        end = self.index.lo
        start = max(end - PIECE, 0)
        earlier: list[LineIndex] = []

        def got(piece: LogSlice) -> None:
            if not earlier:
                earlier.append(_first_lines(piece, start))
            elif piece.start < end:
                earlier[0].append(piece.data, piece.start)
            if piece.start >= end or not piece.data:
                earlier[0].append(b"", end)
            if earlier[0].hi < end:
                self.read(earlier[0].hi, end - earlier[0].hi, got)
            else:
                self.index.prepend(earlier[0])

        self.read(start, end - start, got)

    # Single lines.

    def line_bytes(self, line: Line) -> tuple[bytes, int] | None:
        """Return a line without its newline, and how many bytes of a long one are left out.

        None when it has to be fetched.
        """
        if (known := self._loose.get((line.start, line.end))) is not None:
            return known, max(line.end - line.start - len(known) - 1, 0)
        if line.end - line.start <= LONG_LINE:
            raw = self._window.get(line.start, line.end)
            return None if raw is None else (raw.removesuffix(b"\n"), 0)
        tail = self._window.get(line.end - LONG_LINE, line.end)
        if tail is not None and b"\r" in tail.rstrip(b"\r\n"):
            return tail.removesuffix(b"\n"), 0
        head = self._window.get(line.start, line.start + LONG_LINE)
        return None if head is None else (head, line.end - line.start - LONG_LINE)

    def fetch_lines(self, lines: Sequence[Line]) -> None:
        """Fetch the first of ``lines``, and those after it that lie near."""
        group = near(lines, GROUP)
        start, end = group[0].start, max(_shown_end(line) for line in group)

        def got(piece: LogSlice) -> None:
            for line in group:
                first, last = line.start - piece.start, _shown_end(line) - piece.start
                raw = piece.data[first:last] if first >= 0 else b""
                self._loose[line.start, line.end] = raw.removesuffix(b"\n")

        self.read(start, end - start, got)

    def matches(
        self,
        pattern: Pattern,
        part: range,
        limit: int,
        got: Callable[[LogMatches], None],
        refused: Failed,
    ) -> None:
        """Fetch the first ``limit`` matching lines that begin within ``part``."""

        def arrived(answer: LogMatches) -> None:
            self.size, self.complete = answer["size"], answer["complete"]
            got(answer)

        self.ask(
            lambda got, no: self.source.matches(pattern, part, limit, got, no), arrived, refused
        )


def near(lines: Sequence[Line], reach: int) -> Sequence[Line]:
    """Return as many of ``lines``, from the first on, as lie within ``reach`` bytes."""
    count = 1
    while count < len(lines) and _shown_end(lines[count]) - lines[0].start <= reach:
        count += 1
    return lines[:count]


def _shown_end(line: Line) -> int:
    return min(line.end, line.start + LONG_LINE)


def _first_lines(piece: LogSlice, asked: int) -> LineIndex:
    """Index the first piece of an earlier part; it may begin in a line, or behind a gap."""
    if piece.start > asked:
        index = LineIndex(piece.start - piece.dropped)
        index.append(piece.data, piece.start)
        return index
    return LineIndex.of_tail(piece.data, piece.start)


def _around(piece: LogSlice, line_start: int) -> LineIndex:
    """Index a piece from its first whole line on, which is the one at ``line_start`` at latest."""
    at = piece.data.find(b"\n", 0, max(line_start - piece.start, 0)) + 1
    begin = piece.start + at if at or not piece.start else max(line_start, piece.start)
    index = LineIndex(begin)
    index.append(piece.data[begin - piece.start :], begin)
    return index


def _is_lost(error: Exception) -> bool:
    from trainauto_tui.errors import LinkLost, NoDaemon

    return isinstance(error, LinkLost | NoDaemon)
