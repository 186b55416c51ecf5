"""Hearing at once that a file was closed after writing, or renamed into place.

watchfiles tells of writes, not of their end, and looks at what it heard in steps: a step of 1 ms
costs 3 % of a core while nothing happens. Linux itself tells of the end at no cost. So where
``settle: 0`` asks for it, its inotify is asked directly; watchfiles tells of all else, and of
everything on other systems.
"""

import asyncio
import ctypes
import logging
import os
import struct
import sys
from collections.abc import Callable, Iterator

log = logging.getLogger(__name__)

# From <sys/inotify.h>.
_CLOSE_WRITE, _MOVED_TO, _ONLYDIR = 0x8, 0x80, 0x1000000
_OVERFLOW, _IGNORED = 0x4000, 0x8000
_EVENT = struct.Struct("iIII")  # watch, mask, cookie, bytes of the name that follows
_READ_BYTES = 1 << 16


class Closings:
    """Tells of files that are closed after writing, or moved, in some folders.

    Args:
        closed: called in the event loop with the path of such a file.
        lost: called in the event loop when some may have been missed.
    """

    def __init__(self, closed: Callable[[str], None], lost: Callable[[], None]) -> None:
        self._closed = closed
        self._lost = lost
        self._library = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
        self._handle = -1
        self._watches: dict[int, str] = {}
        self._folders: frozenset[str] = frozenset()

    def watch(self, folders: frozenset[str]) -> None:
        """Listen in these folders, and in no other."""
        if folders == self._folders or self._library is None:
            return
        if self._handle < 0 and not self._begin():
            return
        self._folders = folders
        watches = {self._add(folder): folder for folder in folders}
        if -1 in watches:
            self._complain(watches[-1])
        for gone in self._watches.keys() - watches.keys():
            self._library.inotify_rm_watch(self._handle, gone)
        watches.pop(-1, None)
        self._watches = watches

    def close(self) -> None:
        """Listen no more."""
        if self._handle >= 0:
            asyncio.get_running_loop().remove_reader(self._handle)
            os.close(self._handle)
        self._handle, self._watches, self._folders = -1, {}, frozenset()

    def _begin(self) -> bool:
        assert self._library is not None
        self._handle = self._library.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self._handle < 0:
            self._complain()
            return False
        asyncio.get_running_loop().add_reader(self._handle, self._read)
        return True

    def _add(self, folder: str) -> int:
        """Listen in a folder; return the number of the watch, -1 where that is not possible."""
        assert self._library is not None
        mask = _CLOSE_WRITE | _MOVED_TO | _ONLYDIR
        return int(self._library.inotify_add_watch(self._handle, os.fsencode(folder), mask))

    def _complain(self, folder: str = "") -> None:
        """Log that files count later than they could: as soon as watchfiles tells of them."""
        error = os.strerror(ctypes.get_errno())
        where = {"action": "closings_unheard", "path": folder}
        log.warning("the end of writes is not heard: %s", error, extra=where)

    def _read(self) -> None:
        try:
            data = os.read(self._handle, _READ_BYTES)
        except BlockingIOError:
            return
        for watch, mask, name in _events(data):
            if mask & _OVERFLOW:
                self._lost()
            elif mask & _IGNORED:
                self._forget(watch)
            elif (folder := self._watches.get(watch)) is not None and name is not None:
                self._closed(f"{folder}/{name}")

    def _forget(self, watch: int) -> None:
        """A folder is gone; should there be one of its path again, it is another one."""
        if (folder := self._watches.pop(watch, None)) is not None:
            self._folders -= {folder}
            self._lost()


def _events(data: bytes) -> Iterator[tuple[int, int, str | None]]:
    """Yield watch, mask and name of each event; None for a name that is no text."""
    position = 0
    while position < len(data):
        watch, mask, _, size = _EVENT.unpack_from(data, position)
        position += _EVENT.size + size
        raw = data[position - size : position].rstrip(b"\0")
        try:
            yield watch, mask, raw.decode()
        except UnicodeDecodeError:
            yield watch, mask, None
