"""The log of one step, by ranges of bytes."""

from collections.abc import Callable
from dataclasses import dataclass

from trainauto_tui.client import Client, LogSlice
from trainauto_tui.documents import LogMatches, LogTimes
from trainauto_tui.drawing.log_matches import Pattern
from trainauto_tui.live.clock import Clock
from trainauto_tui.live.log_export import export, export_matches
from trainauto_tui.live.log_port import Failed, Part, Sink
from trainauto_tui.live.session import Session


@dataclass(frozen=True, slots=True)
class LogSource:
    """Reads the log of one attempt of a step; ``attempt`` None is the latest one."""

    session: Session
    run_id: str
    step: str
    attempt: int | None = None

    @property
    def clock(self) -> Clock:
        """The clock of the screens."""
        return self.session.clock

    @property
    def name(self) -> str:
        """What a file with this log is called."""
        tried = f"-{self.attempt}" if self.attempt else ""
        return f"{self.run_id}-{self.step}{tried}"

    def read(
        self, offset: int, limit: int, got: Callable[[LogSlice], None], failed: Failed
    ) -> None:
        """Ask for at most ``limit`` bytes from ``offset`` on; from the end when it is negative."""
        self.session.ask(
            f"log {id(self)}",
            lambda client: client.log(
                self.run_id, self.step, offset=offset, limit=limit, attempt=self.attempt
            ),
            got,
            failed,
            lane="logs",
        )

    def times(self, start: int, end: int, got: Callable[[LogTimes], None], failed: Failed) -> None:
        """Ask when the bytes from ``start`` to ``end`` came."""
        self.session.ask(
            f"times {id(self)}",
            lambda client: client.log_times(self.run_id, self.step, start, end, self.attempt),
            got,
            failed,
            lane="logs",
        )

    def matches(
        self,
        pattern: Pattern,
        part: range,
        limit: int,
        got: Callable[[LogMatches], None],
        failed: Failed,
    ) -> None:
        """Ask for the first ``limit`` lines of ``pattern`` that begin within ``part``."""
        self.session.ask(
            f"matches {id(self)}",
            lambda client: _Direct(client, self, pattern).matches(part.start, part.stop, limit),
            got,
            failed,
            lane="logs",
        )

    def line_start(self, number: int, got: Callable[[int], None], failed: Failed) -> None:
        """Ask where line ``number`` begins, 1 being the first."""
        self.session.ask(
            f"line {id(self)}",
            lambda client: client.log_line(self.run_id, self.step, number, self.attempt)["start"],
            got,
            failed,
            lane="logs",
        )

    def export(self, part: Part, sink: Sink, got: Callable[[int], None], failed: Failed) -> None:
        """Write lines to ``sink`` and close it, at leisure."""

        def write(client: Client) -> int:
            log = _Direct(client, self, part.pattern)
            try:
                if part.pattern is None:
                    return export(log, part.start, part.end, sink.write)
                return export_matches(log, part.start, part.end, sink.write)
            finally:
                sink.close()

        self.session.ask(f"export {id(sink)}", write, got, failed, lane="files")


@dataclass(frozen=True, slots=True)
class _Direct:
    """The same log, asked on the thread that this is on."""

    client: Client
    source: LogSource
    pattern: Pattern | None

    def read(self, offset: int, limit: int) -> LogSlice:
        """Return a piece."""
        at = self.source
        return self.client.log(at.run_id, at.step, offset, limit, at.attempt)

    def matches(self, after: int, before: int, limit: int) -> LogMatches:
        """Return matching lines."""
        assert self.pattern is not None
        at, wanted = self.source, self.pattern
        return self.client.log_matches(
            at.run_id, at.step, wanted.text, wanted.invert, after, limit, at.attempt, before
        )
