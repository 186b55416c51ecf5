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
AGAIN_S = 60.0  # until folders that could not be watched are tried again

_LIMIT = "MaxFilesWatch"  # how watchfiles tells of it
_RAISE_IT = "no more folders can be watched on this machine; raise fs.inotify.max_user_watches"

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
    blind: Callable[[OSError], None]
    ended: Callable[[Exception | None], None]
    stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        name = f"watch {'deep' if self.deep else 'flat'}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        failed: Exception | None = None
        try:
            try:
                self._follow(lenient=False)
            except FileNotFoundError:
                raise
            except OSError as error:
                self.blind(error)
                self._follow(lenient=True)
        except Exception as error:  # noqa: BLE001 - whoever watches starts anew
            failed = error
        self.ended(failed)

    def _follow(self, *, lenient: bool) -> None:
        """Tell of changes; ``lenient``, where watchfiles ignores any folder it cannot watch."""
        for changes in watch(
            *self.paths,
            watch_filter=None,
            step=STEP_MS,
            debounce=LONGEST_MS,
            rust_timeout=STANDS_MS,
            yield_on_timeout=True,
            stop_event=self.stop,
            recursive=self.deep,
            ignore_permission_denied=lenient,
        ):
            self.told(changes)


class Watcher:
    """Tells of changes in folders, and when some may have been lost.

    Args:
        changed: called in the event loop with what changed.
        lost: called in the event loop when changes may not have been told of.
        blind: called in the event loop with why some folders cannot be watched; empty when all
            are, or may be.
    """

    def __init__(
        self,
        changed: Callable[[Iterable[FileChange]], None],
        lost: Callable[[], None],
        blind: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self._changed = changed
        self._lost = lost
        self._blind = blind
        self._reasons: dict[bool, str] = {}  # of the deep and of the flat watch
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

    def _tell_sight(self, deep: bool, reason: str) -> None:
        if reason and reason != self._reasons.get(deep):
            log.warning("folders are not watched: %s", reason, extra={"action": "watch_failed"})
        self._reasons[deep] = reason
        self._blind("; ".join(sorted(set(filter(None, self._reasons.values())))))

    def _thread(self, deep: bool) -> _Thread | None:
        paths = tuple(sorted(place.path for place in self._places if place.deep == deep))
        if not paths:
            self._tell_sight(deep, "")
            return None
        stands = is_blind = False

        def told(changes: set[FileChange]) -> None:
            nonlocal stands
            if not stands:
                stands = True
                call(self._lost)
                if not is_blind:
                    call(self._tell_sight, deep, "")
            if changes:
                call(self._changed, changes)

        def blind(error: OSError) -> None:
            nonlocal is_blind
            is_blind = True
            call(self._tell_sight, deep, _RAISE_IT if _LIMIT in str(error) else str(error))
            call(self._try_again, AGAIN_S, thread)

        def ended(error: Exception | None) -> None:
            if error is not None and not is_blind and not thread.stop.is_set():
                where = {"action": "watch_failed", "paths": list(paths)}
                log.warning("folders are not watched: %s", error, extra=where)
                call(self._try_again, RETRY_S, thread)

        def call(work: Callable[..., object], *given: object) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                if not thread.stop.is_set():
                    self._loop.call_soon_threadsafe(work, *given)

        thread = _Thread(paths, deep, told, blind, ended)
        try:
            thread.start()
        except RuntimeError as error:  # the machine, or its limit for this user, has no thread left
            self._tell_sight(deep, str(error))
            self._try_again(RETRY_S, thread)
        return thread

    def _try_again(self, after_s: float, thread: _Thread) -> None:
        """Watch anew after a while, unless that was done meanwhile."""

        def again() -> None:
            if not thread.stop.is_set():
                self._moved.set()

        self._loop.call_later(after_s, again)
