"""A search through the whole log, which the daemon does; only the places found travel."""

from collections import deque
from collections.abc import Callable

from trainauto_tui.documents import LogMatches
from trainauto_tui.drawing.log_matches import Pattern
from trainauto_tui.live.log_port import Failed
from trainauto_tui.widgets.log_view.kept import FIRST_SPAN, LAST_SPAN, Kept
from trainauto_tui.widgets.log_view.tape import Tape

PAGE = 1000  # matches of one answer when only some of them are shown


class Finder:
    """Looks for the next line with a text, or the one before; wraps around at the ends.

    ``step`` takes it one request further, until ``found`` is called with the start of the line,
    or None if there is none, and with whether it wrapped around.

    Args:
        tape: The log.
        pattern: What is looked for.
        origin: A byte; forwards, lines that begin there or later come first, backwards those
            that begin before it.
        forward: Which way.
        found: Told of the result.
        refused: Told when the daemon cannot look for it.
    """

    def __init__(
        self,
        tape: Tape,
        pattern: Pattern,
        origin: int,
        forward: bool,
        found: Callable[[int | None, bool], None],
        refused: Failed,
    ) -> None:
        self._tape, self._pattern = tape, pattern
        self._origin, self._at = origin, origin
        self._forward, self._wrapped = forward, False
        self._found, self._refused = found, refused
        self._places: deque[int] = deque()
        self._span = FIRST_SPAN

    def step(self, kept: Kept | None) -> None:
        """Send the next request, or tell the result; ``kept`` are the lines that are shown."""
        while self._places:
            place = self._places[0] if self._forward else self._places[-1]
            if kept is not None and kept.reach(place):
                return
            if self._forward:
                self._places.popleft()
            else:
                self._places.pop()
            if kept is None or kept.lines.has(place):
                self._found(place, self._wrapped)
                return
        self._look(1 if kept is None else PAGE)

    def _look(self, limit: int) -> None:
        if self._forward:
            self._look_after(limit)
        elif self._at > self._floor:
            self._look_before(max(self._at - self._span, self._floor))
        else:
            self._turn(self._tape.size)

    @property
    def _floor(self) -> int:
        return self._origin if self._wrapped else 0

    def _look_after(self, limit: int) -> None:
        end = self._origin if self._wrapped else max(self._tape.size, self._at) + LAST_SPAN
        if self._wrapped and self._at >= end:
            self._found(None, True)
            return

        def got(answer: LogMatches) -> None:
            self._places.extend(start for start, _ in answer["matches"] if start < end)
            exhausted = answer["scanned"] >= answer["size"] or answer["scanned"] <= self._at
            self._at = max(answer["scanned"], self._at)
            if exhausted and not self._places:
                self._turn(0)

        self._tape.matches(self._pattern, range(self._at, end), limit, got, self._refused)

    def _look_before(self, start: int) -> None:
        end = self._at

        def got(answer: LogMatches) -> None:
            self._places.extend(first for first, _ in answer["matches"] if first < end)
            if start < answer["scanned"] < end and answer["matches"]:
                self._send(range(answer["scanned"], end), got)
                return
            self._at = start
            self._span = min(self._span * 4, LAST_SPAN)

        self._send(range(start, end), got)

    def _send(self, part: range, got: Callable[[LogMatches], None]) -> None:
        self._tape.matches(self._pattern, part, 10 * PAGE, got, self._refused)

    def _turn(self, at: int) -> None:
        """Go on at the other end, once."""
        if self._wrapped:
            self._found(None, True)
        else:
            self._wrapped, self._at, self._span = True, at, FIRST_SPAN
