"""The daemon's event stream, read on a thread of its own and never given up."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from trainauto_tui.client import Client
from trainauto_tui.documents import Event
from trainauto_tui.live.clock import Clock
from trainauto_tui.live.link import delay


@dataclass(frozen=True, slots=True)
class Opened:
    """The stream is open; ``latency_ms`` is how long the daemon took to give its status."""

    latency_ms: int


@dataclass(frozen=True, slots=True)
class Starting:
    """No daemon answered, and one is being started."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """``Feed.take`` has events."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The stream ended or could not be opened; ``retry_at`` is in unix seconds."""

    retry_at: float
    reason: str


News = Opened | Starting | Arrived | Lost


@dataclass(slots=True)
class Feed:
    """Reads events and tells of them.

    A burst of events is told of once: ``Arrived`` is sent when the first one waits, and whoever
    takes them takes all.

    Attributes:
        client: Used by this feed only.
        tell: Called on the feed's thread.
        start_daemon: Called once, when the very first try finds no daemon; None to leave that.
        heard_at: Unix time of the last sign of life.
    """

    client: Client
    clock: Clock
    tell: Callable[[News], None]
    start_daemon: Callable[[], None] | None = None
    heard_at: float = 0.0
    _last: int | None = None
    _failures: int = 0
    _events: list[Event] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _hurry: threading.Event = field(default_factory=threading.Event)
    _closed: bool = False

    def open(self) -> None:
        """Start reading."""
        threading.Thread(target=self._read, name="event feed", daemon=True).start()

    def close(self) -> None:
        """Stop telling; the thread ends by itself."""
        self._closed = True
        self._hurry.set()

    def retry_now(self) -> None:
        """Cut the wait before the next try short."""
        self._hurry.set()

    def take(self) -> list[Event]:
        """Return the events that came since the last call, in order."""
        with self._lock:
            events, self._events = self._events, []
        return events

    def _read(self) -> None:
        while not self._closed:
            try:
                self._follow()
            except Exception as error:  # noqa: BLE001 - a link that fails in a new way is retried too
                reason = str(error) or type(error).__name__
            else:
                reason = "the daemon closed the stream"
            if self.start_daemon is not None:
                reason = self._start() or ""
            if reason and not self._closed:
                self._wait(reason)

    def _follow(self) -> None:
        """Open the stream and read it to its end."""
        asked = self.clock.ticks()
        status = self.client.status()
        latency_ms = round((self.clock.ticks() - asked) * 1000)
        if self._last is None or self._last > status["last_event"]:
            self._last = status["last_event"]  # the first time, or another store than before
        self._failures, self.start_daemon = 0, None
        self.heard_at = self.clock.now()
        self._say(Opened(latency_ms))
        for event in self.client.pulses(after=self._last):
            if self._closed:
                return
            self.heard_at = self.clock.now()
            if event is not None:
                self._keep(event)

    def _keep(self, event: Event) -> None:
        self._last = event["seq"]
        with self._lock:
            self._events.append(event)
            first = len(self._events) == 1
        if first:
            self._say(Arrived())

    def _start(self) -> str | None:
        """Start the daemon, the one time that it is tried; return what went wrong."""
        start, self.start_daemon = self.start_daemon, None
        self._say(Starting())
        try:
            if start is not None:
                start()
        except Exception as error:  # noqa: BLE001 - the reader sees it, and the retries go on
            return str(error)
        return None

    def _wait(self, reason: str) -> None:
        self._failures += 1
        pause = delay(self._failures)
        self._say(Lost(self.clock.now() + pause, reason))
        if not self._closed:
            self._hurry.wait(pause)
        self._hurry.clear()

    def _say(self, news: News) -> None:
        if not self._closed:
            self.tell(news)
