"""Watching folders with watchfiles, on threads of their own."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from watchfiles import Change, watch

from trainautod.runtime.scanning import Place

log = logging.getLogger(__name__)

STEP_MS = 50  # how often the threads look whether something was told; a tenth of a % of a core
LONGEST_MS = 200  # a stream of changes is told of at least so often
STANDS_MS = 200  # a watch that has told nothing for so long, since it began, stands
RETRY_S = 1.0

FileChange = tuple[Change, str]


@dataclass(slots=True)
class _Thread:
    """One watchfiles watcher.

    Attributes:
        paths: folders.
        deep: whether it watches the folders below them too.
    """

    paths: tuple[str, ...]
    deep: bool
    told: Callable[[set[FileChange]], None]
    ended: Callable[[Exception | None], None]
    stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        name = f"watch {'deep' if self.deep else 'flat'}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        failed: Exception | None = None
        try:
            for changes in watch(
                *self.paths,
                watch_filter=None,
                step=STEP_MS,
                debounce=LONGEST_MS,
                rust_timeout=STANDS_MS,
                yield_on_timeout=True,
                stop_event=self.stop,
                recursive=self.deep,
                ignore_permission_denied=True,
            ):
                self.told(changes)
        except Exception as error:  # noqa: BLE001 - whoever watches starts anew
            failed = error
        self.ended(failed)


class Watcher:
    """Tells of changes in folders, and when some may have been lost.

    Args:
        changed: called in the event loop with what changed.
        lost: called in the event loop when changes may not have been told of.
    """

    def __init__(
        self, changed: Callable[[Iterable[FileChange]], None], lost: Callable[[], None]
    ) -> None:
        self._changed = changed
        self._lost = lost
        self._places: frozenset[Place] = frozenset()
        self._moved = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def watch(self, places: frozenset[Place]) -> None:
        """Watch these folders from now on."""
        if places != self._places:
            self._places = places
            self._moved.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._moved.clear()
            threads = [self._thread(deep) for deep in (True, False)]
            try:
                await self._moved.wait()
            finally:
                for thread in filter(None, threads):
                    thread.stop.set()

    def _thread(self, deep: bool) -> _Thread | None:
        paths = tuple(sorted(place.path for place in self._places if place.deep == deep))
        if not paths:
            return None
        stands = False

        def told(changes: set[FileChange]) -> None:
            nonlocal stands
            if not stands:
                stands = True
                call(self._lost)
            if changes:
                call(self._changed, changes)

        def ended(error: Exception | None) -> None:
            if error is not None and not thread.stop.is_set():
                where = {"action": "watch_failed", "paths": list(paths)}
                log.warning("folders are not watched: %s", error, extra=where)
                call(self._loop.call_later, RETRY_S, self._moved.set)

        def call(work: Callable[..., object], *given: object) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                if not thread.stop.is_set():
                    self._loop.call_soon_threadsafe(work, *given)

        thread = _Thread(paths, deep, told, ended)
        thread.start()
        return thread
