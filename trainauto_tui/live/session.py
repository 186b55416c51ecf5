"""One daemon as the screens see it: the state of the link, documents on request, and events.

Everything here runs on the thread that draws, except what the requests themselves do.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeVar

from trainauto_tui.client import Client
from trainauto_tui.documents import Event
from trainauto_tui.live.clock import Clock
from trainauto_tui.live.feed import Arrived, Feed, Lost, News, Opened, Starting
from trainauto_tui.live.fetcher import Fetcher, Request
from trainauto_tui.live.link import (
    SILENCE_S,
    Connecting,
    LinkState,
    Live,
    Reconnecting,
    Stale,
    steady,
)

T = TypeVar("T")
LATENCIES = 9  # answers whose middle one is shown: a single slow one is no news
LANES = ("documents", "logs", "changes", "files")


class Listener(Protocol):
    """Who is told of the link and of events: the application."""

    def link_changed(self, fresh: bool) -> None:
        """``session.link`` changed; ``fresh`` when the stream was just opened."""

    def events_arrived(self, events: list[Event]) -> None:
        """Events came, in order."""


class Session:
    """The link to one daemon.

    Args:
        client: The daemon's client; it is used from several threads.
        clock: Where the time comes from.
        post: Runs a callable on the drawing thread; called from any thread.
        listener: Who is told.
        start_daemon: Called once if the first try finds no daemon; None to leave that.

    Attributes:
        link: The state of the link.
        reconnects: How often it was opened again after it broke.
    """

    def __init__(
        self,
        client: Client,
        clock: Clock,
        post: Callable[[Callable[[], None]], object],
        listener: Listener,
        start_daemon: Callable[[], None] | None = None,
    ) -> None:
        self.clock = clock
        self.link: LinkState = Connecting()
        self.reconnects = 0
        self._opened = False
        self._latencies: deque[int] = deque(maxlen=LATENCIES)
        self._post = post
        self._listener = listener
        self._feed = Feed(client, clock, self._tell, start_daemon)
        self._client = client
        self._lanes = {name: Fetcher(name) for name in LANES}

    @property
    def live(self) -> bool:
        """Whether what is shown is up to date and changes can be asked for."""
        return isinstance(self.link, Live)

    def open(self) -> None:
        """Start the threads."""
        for fetcher in self._lanes.values():
            fetcher.start()
        self._feed.open()

    def close(self) -> None:
        """Let the threads end; none is waited for."""
        self._feed.close()
        for fetcher in self._lanes.values():
            fetcher.close()

    def retry_now(self) -> None:
        """Try the link at once instead of at the end of the countdown."""
        self._feed.retry_now()

    def ask(
        self,
        key: str,
        call: Callable[[Client], T],
        got: Callable[[T], None],
        failed: Callable[[Exception], None],
        lane: str = "documents",
    ) -> None:
        """Make ``call`` off this thread and hand its result to ``got``, or its error to ``failed``.

        A request that still waits is replaced by a newer one of the same ``key``. Lanes do not
        wait for one another; ``LANES`` names them.
        """

        def timed() -> tuple[T, float]:
            asked = self.clock.ticks()
            return call(self._client), self.clock.ticks() - asked

        def done(result: tuple[T, float]) -> None:
            self._post(lambda: self._answered(result, got))

        def broken(error: Exception) -> None:
            self._post(lambda: failed(error))

        self._lanes[lane].ask(key, Request(timed, done, broken))

    def tick(self) -> None:
        """Notice silence; to be called about once a second."""
        now, heard = self.clock.now(), self._feed.heard_at
        silent = now - heard > SILENCE_S
        if isinstance(self.link, Live) and silent:
            self._set(Stale(heard))
        elif isinstance(self.link, Stale) and not silent:
            self._set(Live(0))
        elif isinstance(self.link, Stale | Reconnecting):
            self._listener.link_changed(False)  # the seconds that it shows

    def _answered(self, result: tuple[T, float], got: Callable[[T], None]) -> None:
        document, seconds = result
        if isinstance(self.link, Live):
            self._latencies.append(round(seconds * 1000))
            latency_ms = steady(
                self.link.latency_ms, sorted(self._latencies)[len(self._latencies) // 2]
            )
            if latency_ms != self.link.latency_ms:
                self._set(Live(latency_ms))
        got(document)

    def _tell(self, news: News) -> None:
        self._post(lambda: self._heard(news))

    def _heard(self, news: News) -> None:
        match news:
            case Opened(latency_ms):
                self.reconnects += self._opened
                self._opened = True
                self._set(Live(latency_ms), fresh=True)
            case Starting():
                self._set(Connecting(starting=True))
            case Arrived():
                self._listener.events_arrived(self._feed.take())
            case Lost(retry_at, reason):
                self._set(Reconnecting(retry_at, reason))

    def _set(self, link: LinkState, fresh: bool = False) -> None:
        self.link = link
        self._listener.link_changed(fresh)
