"""Digests remembered by stat identity: a dictionary in front of a small, disposable SQLite file."""

import os
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from trainautod.artifacts.identity import StatIdentity

BATCH = 256
# About 40 MB of dictionary; beyond it the entries are read back from the file when needed.
MEMORY_ENTRIES = 200_000
FILE_ENTRIES = 1_000_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS digests (
    dev INTEGER, ino INTEGER, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, digest TEXT,
    UNIQUE (dev, ino)
)
"""
_SELECT = "SELECT size, mtime_ns, ctime_ns, digest FROM digests WHERE dev = ? AND ino = ?"
# A replaced row gets a new rowid, so the lowest ones are those not written for longest.
_TRIM = "DELETE FROM digests WHERE rowid <= (SELECT max(rowid) FROM digests) - ?"

_Row = tuple[int, int, int, int, int, str]


class StatCache:
    """Maps a file's stat identity to its digest, across restarts.

    One entry per inode, so a file that changes replaces its own entry. Losing the file costs time
    only: it is not synced to disk, a damaged one is deleted and begun again, and without a
    writable one the cache works in memory. Any thread may call any method.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._memory: dict[tuple[int, int], tuple[StatIdentity, str]] = {}
        self._pending: dict[tuple[int, int], _Row] = {}
        self._database = _open(self._path)

    def get(self, identity: StatIdentity) -> str | None:
        """The digest remembered for exactly this identity, else None; microseconds on a hit."""
        key = identity[:2]
        held = self._memory.get(key)
        if held is None:
            held = self._load(key)
        return held[1] if held is not None and held[0] == identity else None

    def put(self, identity: StatIdentity, digest: str) -> None:
        """Remember `digest`; written to the file in batches, see `flush`."""
        with self._lock:
            self._keep(identity, digest)
            if max(identity[2:]) < 1 << 63:  # a file dated after 2262 is remembered in memory only
                self._pending[identity[:2]] = (*_signed(identity[:2]), *identity[2:], digest)
            if len(self._pending) >= BATCH:
                self._write()

    def flush(self) -> None:
        """Write what is remembered but not yet in the file."""
        with self._lock:
            self._write()

    def close(self) -> None:
        """Flush and close the file; the cache goes on in memory if it is used again."""
        with self._lock:
            self._write()
            if self._database is not None:
                self._database.close()
                self._database = None

    def _keep(self, identity: StatIdentity, digest: str) -> tuple[StatIdentity, str]:
        if len(self._memory) >= MEMORY_ENTRIES:
            self._write()
            self._memory.clear()
        held = (identity, digest)
        self._memory[identity[:2]] = held
        return held

    def _load(self, key: tuple[int, int]) -> tuple[StatIdentity, str] | None:
        with self._lock:
            if self._database is None:
                return None
            try:
                row = self._database.execute(_SELECT, _signed(key)).fetchone()
            except sqlite3.Error as error:
                self._distrust(error)
                return None
            return self._keep(StatIdentity(*key, *row[:3]), row[3]) if row else None

    def _write(self) -> None:
        if not self._pending or self._database is None:
            self._pending.clear()
            return
        rows = list(self._pending.values())
        self._pending.clear()
        try:
            with self._database:
                self._database.executemany(
                    "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?, ?, ?)", rows
                )
        except sqlite3.Error as error:
            self._distrust(error)

    def _distrust(self, error: sqlite3.Error) -> None:
        """Begin a new file after damage; a full disk or a lock loses this batch only."""
        if isinstance(error, sqlite3.OperationalError):
            return
        if self._database is not None:
            self._database.close()
        self._database = _recreate(self._path)


def _open(path: Path) -> sqlite3.Connection | None:
    try:
        return _connect(path)
    except sqlite3.OperationalError:
        return None
    except sqlite3.DatabaseError:
        return _recreate(path)


def _recreate(path: Path) -> sqlite3.Connection | None:
    with suppress(OSError):
        for name in _files(path):
            Path(name).unlink(missing_ok=True)
    try:
        return _connect(path)
    except sqlite3.DatabaseError:
        return None


def _files(path: Path) -> Sequence[str]:
    return (f"{path}", f"{path}-wal", f"{path}-shm")


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=0.2, check_same_thread=False)
    try:
        # A log's frames carry checksums, so a killed process cannot leave half a page behind.
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")
        with database:
            database.execute(_SCHEMA)
            database.execute(_TRIM, (FILE_ENTRIES,))
    except sqlite3.Error:
        database.close()
        raise
    return database


def _signed(key: tuple[int, int]) -> tuple[int, int]:
    """SQLite's integers are signed; some file systems number inodes over all 64 bits."""
    device, inode = key
    return _wrapped(device), _wrapped(inode)


def _wrapped(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number
