"""When the lines in view came."""

from collections.abc import Sequence
from datetime import datetime

from textual.cache import LRUCache

from trainauto_tui.documents import LogTimes
from trainauto_tui.drawing.log_index import Line
from trainauto_tui.drawing.log_times import MODES, Mode, of_day, since, time_at
from trainauto_tui.live.log_port import Failed
from trainauto_tui.widgets.log_view.tape import Tape, near

REACH = 1 << 20  # bytes of a log whose times are fetched together
KNOWN = 4096  # lines whose time is remembered
LEAST = 8  # cells of a time of day


class Stamps:
    """The times of lines, fetched for those in view only.

    Attributes:
        mode: Which times are shown.
    """

    def __init__(self, tape: Tape, refused: Failed) -> None:
        self.mode: Mode = "off"
        self._tape = tape
        self._refused = refused
        self._known: LRUCache[int, int | None] = LRUCache(KNOWN)
        self._started_ms = 0
        self._widest = LEAST

    @property
    def cells(self) -> int:
        """How many cells the times take, the blank after them included."""
        return 0 if self.mode == "off" else self._widest + 1

    def turn(self) -> None:
        """Show them in the next way."""
        self.mode = MODES[(MODES.index(self.mode) + 1) % len(MODES)]
        self._widest = LEAST

    def text(self, line: Line) -> str:
        """Return when ``line`` came; empty when it is not known, or not to be shown."""
        unix_ms = self._known.get(line.start)
        if self.mode == "off" or unix_ms is None:
            return ""
        clock = self._tape.source.clock
        if self.mode == "absolute":
            text = of_day(unix_ms, clock.now(), clock.zone)
        else:
            text = since(unix_ms, self._started_ms)
        self._widest = max(self._widest, len(text))
        return text

    def fetch(self, lines: Sequence[Line]) -> None:
        """Ask for the times of the first of ``lines`` that has none, and of those near it."""
        if self.mode == "off":
            return
        missing = [line for line in lines if line.start not in self._known]
        if not missing:
            return
        group = near(missing, REACH)

        def got(answer: LogTimes) -> None:
            if answer["started_at"]:
                began = datetime.fromisoformat(answer["started_at"])
                self._started_ms = int(began.timestamp() * 1000)
            for line in group:
                self._known[line.start] = time_at(answer["times"], line.start)

        def refused(error: Exception) -> None:
            self.mode = "off"
            self._refused(error)

        start, end = group[0].start, group[-1].start + 1
        self._tape.ask(lambda got, no: self._tape.source.times(start, end, got, no), got, refused)
