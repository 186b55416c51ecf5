"""Work that needs room on the disk waits for it instead of failing, and the daemon says so."""

import errno
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from trainautod.runtime.clock import Clock

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_S = 1.0  # as often as the store tries again
LOW_BYTES = 1 << 20  # with less than this left nothing can be relied on to find its room
#: What the machine lacks now and may have again: nobody's fault.
_LACKING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_NO_THREAD = "can't start new thread"  # a RuntimeError without a number of its own


def is_lacking(error: BaseException | None) -> bool:
    """Tell whether an error, or what caused it, is that there is no room: on the disk, for
    files, or for one more thread.

    Only for errors of what the daemon itself does.
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in _LACKING:
            return True
        if isinstance(error, RuntimeError) and str(error) == _NO_THREAD:
            return True
        error = error.__cause__
    return False


class Room:
    """The room on the disk of a home."""

    def __init__(self, home: Path, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._waiting: list[Exception] = []

    @property
    def lacking(self) -> str | None:
        """What is wrong and what to do; None when there is room."""
        if self._is_low():
            return f"{self._home}: the disk is full; free some space, work goes on by itself"
        if self._waiting:
            return f"{self._home}: {self._waiting[0]}; work goes on by itself once there is room"
        return None

    async def wait_for(
        self, work: Callable[[], Awaitable[T]], unless: Callable[[], bool] = lambda: False
    ) -> T:
        """Return what ``work()`` returns; where it fails for want of room, try it again.

        Args:
            work: may be called again after it failed.
            unless: whether nobody wants it any more, so that its error is raised.
        """
        first: Exception | None = None
        try:
            while True:
                try:
                    return await work()
                except Exception as error:
                    if unless() or not (is_lacking(error) or self._is_low()):
                        raise
                    if first is None:
                        log.warning("no room: %s", error, extra={"action": "no_room"})
                        self._waiting.append(first := error)
                await self._clock.sleep(RETRY_S)
        finally:
            if first is not None:
                self._waiting.remove(first)

    def _is_low(self) -> bool:
        found = os.statvfs(self._home)
        return found.f_bavail * found.f_frsize < LOW_BYTES
