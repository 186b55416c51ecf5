"""What a pane asks of a log, wherever that comes from."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from trainauto_tui.client import LogSlice
from trainauto_tui.documents import LogMatches, LogTimes
from trainauto_tui.drawing.log_matches import Pattern
from trainauto_tui.live.clock import Clock

Failed = Callable[[Exception], None]


class Part(NamedTuple):
    """The lines of a log that begin from byte ``start`` on and before ``end``, if they match."""

    start: int = 0
    end: int | None = None
    pattern: Pattern | None = None


class Sink(Protocol):
    """Takes a log piece by piece, on a thread of its own."""

    def write(self, data: bytes, /) -> object:
        """Take the next piece; an OSError or ValueError says that it can take no more."""

    def close(self) -> None:
        """Be told that there is no more."""


class Source(Protocol):
    """Answers what is asked, later and on the drawing thread; or says why it cannot."""

    @property
    def clock(self) -> Clock:
        """The time, for showing that of lines."""

    @property
    def name(self) -> str:
        """What a file with this log is called."""

    def read(self, offset: int, limit: int, got: Callable[[LogSlice], None], no: Failed) -> None:
        """Fetch at most ``limit`` bytes from ``offset``, or the last ``-offset`` ones."""

    def times(self, start: int, end: int, got: Callable[[LogTimes], None], no: Failed) -> None:
        """Fetch when the bytes from ``start`` to ``end`` came."""

    def matches(
        self,
        pattern: Pattern,
        part: range,
        limit: int,
        got: Callable[[LogMatches], None],
        no: Failed,
    ) -> None:
        """Fetch the first ``limit`` lines of ``pattern`` that begin within ``part``, in bytes."""

    def line_start(self, number: int, got: Callable[[int], None], no: Failed) -> None:
        """Fetch the byte at which line ``number`` begins, 1 being the first."""

    def export(self, part: Part, sink: Sink, got: Callable[[int], None], no: Failed) -> None:
        """Write a part to ``sink``, close that, and tell how many bytes it was."""
