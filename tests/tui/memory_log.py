"""A log in memory, as a source of the log pane."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from tests.tui import logs
from trainauto_tui.client import LogSlice
from trainauto_tui.documents import LogMatches, LogTimes
from trainauto_tui.drawing.log_matches import Pattern
from trainauto_tui.live.clock import Clock
from trainauto_tui.live.log_export import export, export_matches
from trainauto_tui.live.log_port import Failed, Part, Sink

NOW = 1_373_436_662.0  # 2013-07-10T06:11:02Z


@dataclass
class Memory:
    """A log in memory; bytes ``gap`` are gone from it.

    Answers come within the event loop's next turn, as those of the session do; without a loop,
    when the test calls ``answer``.
    """

    data: bytes
    complete: bool = True
    gap: tuple[int, int] = (0, 0)
    asked: list[int] = field(default_factory=list)
    sought: list[range] = field(default_factory=list)
    timed: list[tuple[int, int]] = field(default_factory=list)
    broken: Exception | None = None
    name: str = "run-step"
    clock: Clock = field(default_factory=lambda: Clock(lambda: NOW, lambda: 0.0, UTC))
    _waiting: deque[Callable[[], None]] = field(default_factory=deque)

    def answer(self) -> None:
        """Answer until nothing more is asked."""
        while self._waiting:
            self._waiting.popleft()()

    def read(self, offset: int, limit: int, got: Callable[[LogSlice], None], no: Failed) -> None:
        """Answer with a piece."""
        self.asked.append(offset)
        self._later(lambda: self.piece(offset, limit), got, no)

    def times(self, start: int, end: int, got: Callable[[LogTimes], None], no: Failed) -> None:
        """Answer with one time for each line."""
        self.timed.append((start, end))
        query = {"start": str(start), "end": str(end)}
        self._later(lambda: logs.times(self.data, query), got, no)

    def matches(
        self,
        pattern: Pattern,
        part: range,
        limit: int,
        got: Callable[[LogMatches], None],
        no: Failed,
    ) -> None:
        """Answer with the lines that match."""
        self.sought.append(part)
        self._later(lambda: self._matches(pattern, part, limit), got, no)

    def line_start(self, number: int, got: Callable[[int], None], no: Failed) -> None:
        """Answer with the start of a line."""
        starts = [0]
        for line in self.data.splitlines(keepends=True)[: number - 1]:
            starts.append(starts[-1] + len(line))
        self._later(lambda: min(starts[-1], max(len(self.data) - 1, 0)), got, no)

    def export(self, part: Part, sink: Sink, got: Callable[[int], None], no: Failed) -> None:
        """Write it all out at once."""

        def write() -> int:
            log = _Direct(self, part.pattern)
            try:
                if part.pattern is None:
                    return export(log, part.start, part.end, sink.write)
                return export_matches(log, part.start, part.end, sink.write)
            finally:
                sink.close()

        self._later(write, got, no)

    def piece(self, offset: int, limit: int) -> LogSlice:
        """Return a piece, around what is gone."""
        size, (gone, back) = len(self.data), self.gap
        start = max(size + offset, 0) if offset < 0 else min(offset, size)
        if gone <= start < back:
            start = back
        end = min(start + limit, size, gone if start < gone else size)
        return LogSlice(self.data[start:end], start, end, size, back - gone, self.complete, 1)

    def _matches(self, pattern: Pattern, part: range, limit: int) -> Any:
        query = {"text": pattern.text, "invert": "true" if pattern.invert else "false"}
        query |= {"after": str(part.start), "before": str(part.stop), "limit": str(limit)}
        return logs.matches(self.data, query, self.complete)

    def _later(self, make: Callable[[], Any], got: Callable[[Any], None], no: Failed) -> None:
        def tell() -> None:
            if self.broken is not None:
                no(self.broken)
                return
            try:
                answer = make()
            except ValueError as error:
                no(error)
            else:
                got(answer)

        try:
            asyncio.get_running_loop().call_soon(tell)
        except RuntimeError:
            self._waiting.append(tell)


@dataclass
class _Direct:
    """The same log, asked at once."""

    log: Memory
    pattern: Pattern | None

    def read(self, offset: int, limit: int) -> LogSlice:
        return self.log.piece(offset, limit)

    def matches(self, after: int, before: int, limit: int) -> LogMatches:
        assert self.pattern is not None
        found: LogMatches = self.log._matches(self.pattern, range(after, before), limit)
        return found
