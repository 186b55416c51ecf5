"""Follow a run, or the daemon's events, across restarts of the daemon."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from trainauto_tui.errors import NoDaemon, TrainautoError

if TYPE_CHECKING:
    from queue import SimpleQueue

    from trainauto_tui.client import Client
    from trainauto_tui.documents import Event, Run

PATIENCE_S = 60.0  # how long a daemon that went away may take to come back
RETRY_S = 0.2
TICK_S = 1.0  # running steps show their seconds
GATHER_S = 0.04  # events that follow one another this closely are shown together
FINAL = ("succeeded", "failed", "cancelled", "skipped")

Say = Callable[[str], None]
T = TypeVar("T")


class Patience:
    """Waits for a daemon that went away, and tells the person so once.

    Args:
        say: where to tell it.
        limit_s: after this long without an answer, the loss is an error.
        over: tells that nobody waits any more, so that a loss is an error at once.
    """

    def __init__(
        self, say: Say, limit_s: float = PATIENCE_S, over: Callable[[], bool] = lambda: False
    ) -> None:
        self._say = say
        self._limit_s = limit_s
        self._over = over
        self._deadline: float | None = None

    def lost(self, error: NoDaemon) -> None:
        """Wait a moment; raises the error once patience is at its end."""
        if self._over():
            raise error
        if self._deadline is None:
            self._deadline = time.monotonic() + self._limit_s
            self._say("the daemon went away; waiting for it (what it runs goes on)")
        if time.monotonic() >= self._deadline:
            raise error
        time.sleep(RETRY_S)

    def back(self) -> None:
        """Note that the daemon answered."""
        if self._deadline is not None:
            self._deadline = None
            self._say("the daemon is back")

    def ask(self, question: Callable[[], T]) -> T:
        """Return the answer to a question, asked again while the daemon is away."""
        while True:
            try:
                answer = question()
            except NoDaemon as error:
                self.lost(error)
            else:
                self.back()
                return answer


def pulses(
    client: Client,
    after: int,
    patience: Patience,
    run_id: str | None = None,
    pipeline: str | None = None,
    kind: str | None = None,
) -> Iterator[Event | None]:
    """Yield events after a number, and None for pings, whatever happens to the daemon.

    The filters are those of ``Client.pulses``.

    Raises:
        NoDaemon: it went away and did not come back in time.
    """
    while True:
        try:
            for event in client.pulses(after, run_id, pipeline, kind):
                patience.back()
                if event is not None:
                    after = event["seq"]
                yield event
        except NoDaemon as error:
            patience.lost(error)


def snapshots(client: Client, run: Run, say: Say, limit_s: float = PATIENCE_S) -> Iterator[Run]:
    """Yield the run now, whenever it changed, every second, and once more when it has ended.

    Each is what the daemon says about the whole run, not a sum of events: a view made from it
    cannot drift.

    Raises:
        NoDaemon: the daemon went away and did not come back within ``limit_s``.
    """
    from queue import SimpleQueue
    from threading import Event as Flag
    from threading import Thread

    yield run
    if run["status"] in FINAL:
        return
    signals: SimpleQueue[bool | TrainautoError] = SimpleQueue()
    over = Flag()
    reader = (client, run["run_id"], Patience(say, limit_s, over.is_set), signals)
    Thread(target=_listen, args=reader, name="events", daemon=True).start()
    try:
        while run["status"] not in FINAL:
            if _changed(signals):
                run = _current(client, run)
            yield run
    finally:
        over.set()


def _listen(
    client: Client,
    run_id: str,
    patience: Patience,
    signals: SimpleQueue[bool | TrainautoError],
) -> None:
    """Put True for every event that may have changed the run and for every ping; then the end."""
    try:
        for _ in pulses(client, 0, patience, run_id):
            signals.put(True)
    except TrainautoError as error:
        signals.put(error)


def _changed(signals: SimpleQueue[bool | TrainautoError]) -> bool:
    """Wait for a signal, gather those close behind it; False when a second passed without any."""
    from queue import Empty

    try:
        signal = signals.get(timeout=TICK_S)
    except Empty:
        return False
    time.sleep(GATHER_S)
    while not signals.empty():
        signal = signals.get()
    if isinstance(signal, TrainautoError):
        raise signal
    return True


def _current(client: Client, run: Run) -> Run:
    """Return the run as it is now, or as last seen while the daemon is away."""
    try:
        return client.run(run["run_id"])
    except NoDaemon:
        return run
