"""The logs of a run's steps, read piece by piece as they grow."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from trainauto_tui.cli.following import FINAL, Patience
from trainauto_tui.cli.quantities import size
from trainauto_tui.cli.text_guard import TextGuard
from trainauto_tui.errors import NotFound

if TYPE_CHECKING:
    from trainauto_tui.cli.session import Session
    from trainauto_tui.client import Client, LogSlice
    from trainauto_tui.documents import Run, StepRun

POLL_S = 0.25
FIRST_TAIL = 65_536  # bytes looked at first for the last lines; four times more each further look


class Sink:
    """Where log bytes go: as they are into a pipe, guarded onto a terminal."""

    def __init__(self, session: Session) -> None:
        self._session = session
        out = session.out
        self._guard = TextGuard(out.colour) if out.interactive else None

    def write(self, data: bytes) -> None:
        """Write bytes of a log."""
        if self._guard is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            self._session.out.write(self._guard.feed(data))

    def heading(self, text: str) -> None:
        """Write the line that says whose log follows."""
        self.close()
        self._session.out.line(self._session.out.style(f"==> {text} <==", "bold"))

    def gap(self, count: int) -> None:
        """Tell that bytes are missing here."""
        self.close()
        self._session.say(f"[{size(count)} dropped here: the log passed its cap]")

    def close(self) -> None:
        """Undo what colour is left."""
        if self._guard is not None:
            self._session.out.write(self._guard.end())


class LogReel:
    """Reads logs of one run into a sink and remembers how far each has been read.

    Args:
        client: the daemon.
        run_id: the run.
        sink: where the bytes go.
        headings: say whose log follows whenever that changes.
        tail: start with the last so many lines; None for everything.
    """

    def __init__(
        self, client: Client, run_id: str, sink: Sink, headings: bool, tail: int | None = None
    ) -> None:
        self._client = client
        self._run_id = run_id
        self._sink = sink
        self._headings = headings
        self._tail = tail
        self._offsets: dict[tuple[str, int | None], int] = {}
        self._read: set[tuple[str, int | None]] = set()  # to the end of a log that is complete
        self._last: tuple[str, int | None] | None = None

    def drain(self, step: str, attempt: int | None) -> None:
        """Write everything that the attempt has written since the last call.

        One that was read to the end of its complete log is not asked for again.

        Raises:
            NotFound: there is no such step or attempt.
        """
        key = (step, attempt)
        if key in self._read:
            return
        if key not in self._offsets:
            self._offsets[key] = self._first(step, attempt)
        while True:
            part = self._client.log(self._run_id, step, self._offsets[key], attempt=attempt)
            self._show(key, part)
            self._offsets[key] = part.end
            if part.end >= part.size or not part.data:
                break
        if part.complete and part.end >= part.size:
            self._read.add(key)

    def _show(self, key: tuple[str, int | None], part: LogSlice) -> None:
        if not part.data:
            return
        if self._headings and key != self._last:
            again = f" (attempt {key[1]})" if key[1] and key[1] > 1 else ""
            self._sink.heading(f"{key[0]}{again}")
        self._last = key
        if part.start > self._offsets[key]:
            self._sink.gap(part.start - self._offsets[key])
        self._sink.write(part.data)

    def _first(self, step: str, attempt: int | None) -> int:
        """Return the offset to start at: 0, or where the wanted last lines begin."""
        if self._tail is None:
            return 0
        span = FIRST_TAIL
        while True:
            part = self._client.log(self._run_id, step, -span, limit=span, attempt=attempt)
            start = _start_of_lines(part.data, self._tail)
            if start > 0 or len(part.data) < span or part.start == 0:
                return part.start + start
            span *= 4


def _start_of_lines(data: bytes, count: int) -> int:
    """Return where the last ``count`` lines of ``data`` begin; 0 when there are not that many."""
    if count == 0:
        return len(data)
    at = len(data) - data.endswith(b"\n")
    for _ in range(count):
        at = data.rfind(b"\n", 0, at)
        if at < 0:
            return 0
    return at + 1


def attempts_of(step: StepRun, after: int) -> list[int | None]:
    """Return the attempts of a step to read next, given the last one read.

    None stands for what the daemon serves by itself, which for a reused step is the log of the
    attempt that it reuses.
    """
    if step["cached"]:
        return [None]
    if step["attempt"] < 1:
        return []
    return list(range(max(1, after), step["attempt"] + 1))


def chosen(run: Run, wanted: str | None) -> list[StepRun]:
    """Return the steps meant by a step's id, or by the id of a step with instances; all for None.

    Raises:
        NotFound: the run has no such step.
    """
    steps = [
        step
        for step in run["steps"]
        if wanted is None or step["id"] == wanted or step["id"].startswith(f"{wanted}[")
    ]
    if wanted is not None and not steps:
        known = ", ".join(step["id"] for step in run["steps"])
        raise NotFound(f"run {run['run_id']} has no step {wanted!r}", hint=f"its steps: {known}")
    return steps


def follow(client: Client, run: Run, wanted: str | None, reel: LogReel, session: Session) -> Run:
    """Write logs as they grow until the run has ended; return it as it ended.

    Raises:
        BrokenPipeError: whoever read them has gone.
    """
    patience = Patience(session.say)
    run_id = run["run_id"]
    read: dict[str, int] = {}
    while True:
        for step in chosen(run, wanted):
            for attempt in attempts_of(step, read.get(step["id"], 0)):
                patience.ask(lambda: _drain(reel, step["id"], attempt))  # noqa: B023 - called at once
                read[step["id"]] = attempt or 0
        if run["status"] in FINAL:
            return run
        time.sleep(POLL_S)
        if session.out.abandoned():
            raise BrokenPipeError
        run = patience.ask(lambda: client.run(run_id))


def _drain(reel: LogReel, step: str, attempt: int | None) -> None:
    """Read on; a step that has not written anything yet may have no log at all."""
    try:
        reel.drain(step, attempt)
    except NotFound:
        return
