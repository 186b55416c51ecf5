"""Content digests (blake3) of files and folders, without reading what is known already."""

import os
import stat
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from blake3 import blake3

from trainautod.artifacts.errors import FileKeepsChanging, NameNotText, NotRegularFile
from trainautod.artifacts.identity import StatIdentity
from trainautod.artifacts.statcache import StatCache

# Small enough to stay in a core's own cache between the read and the hash.
CHUNK = 1 << 18
WIDE_CHUNK = 1 << 20
# From here on one file is hashed on all cores, and several files are read side by side.
LARGE = 1 << 20
# From here on a second reading takes longer than waiting, up to 50 ms, for the first to suffice.
HUGE = 128 << 20
TRIES = 3
_PARALLEL = max(1, min(8, os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class FileDigest:
    """One file of a folder: 64 hexadecimal digits, size in bytes, and the owner's execute bit."""

    digest: str
    size: int
    executable: bool
    identity: StatIdentity = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """A digest together with the identity that the file had from the first byte to the last."""

    digest: str
    identity: StatIdentity


class Digester:
    """Digests files by content, remembering them by stat identity; any thread may use it.

    Bytes are read, not mapped: a mapped file that another process truncates kills the reader
    with SIGBUS, and inputs belong to others. Reads of cached pages cost about a tenth more.
    """

    def __init__(self, cache: StatCache) -> None:
        self.cache = cache
        self._lock = threading.Lock()
        self._bytes_read = 0

    @property
    def bytes_read(self) -> int:
        """Bytes read for hashing since this digester was made; a no-op must not raise it."""
        return self._bytes_read

    def file(self, path: str | os.PathLike[str]) -> str:
        """The digest of a file, 64 hexadecimal digits; symbolic links are followed.

        Raises:
            FileKeepsChanging: It was written to during each of the tries.
            NotRegularFile: It is a folder, FIFO, socket or device.
            OSError: It cannot be read.
        """
        return self.known(os.stat(path)) or self.read(path, wide=True).digest

    def files(self, paths: Sequence[str | os.PathLike[str]]) -> list[str]:
        """The digests of several files in their order; large ones are read in parallel."""
        return self._resolve(paths, [os.stat(path) for path in paths])

    def _resolve(
        self, paths: Sequence[str | os.PathLike[str]], stats: Sequence[os.stat_result]
    ) -> list[str]:
        found = [self.known(status) for status in stats]
        unknown = [place for place, digest in enumerate(found) if digest is None]
        large = [place for place in unknown if stats[place].st_size >= LARGE]
        if len(large) > 1:
            large.sort(key=lambda place: -stats[place].st_size)
            with ThreadPoolExecutor(min(_PARALLEL, len(large))) as pool:
                readings = pool.map(lambda place: self.read(paths[place]).digest, large)
                for place, digest in zip(large, readings, strict=True):
                    found[place] = digest
        return [
            digest if digest is not None else self.read(path, wide=True).digest
            for path, digest in zip(paths, found, strict=True)
        ]

    def tree(self, path: str | os.PathLike[str]) -> dict[str, FileDigest]:
        """Every file below a folder, by its path relative to it (`/` between parts), sorted.

        Links to files and folders are followed, each folder once on the way down. A dangling
        link counts as absent, as it is to a reader; so do FIFOs, sockets and devices.

        Raises:
            NameNotText: A name is not UTF-8.
            FileKeepsChanging: A file was written to while it was read.
            OSError: A folder or file cannot be read.
        """
        found = _listing(path)
        try:
            digests = self._resolve([full for _, full, _ in found], [s for _, _, s in found])
        except FileNotFoundError:  # deleted between the listing and the reading
            found = _listing(path)
            digests = self._resolve([full for _, full, _ in found], [s for _, _, s in found])
        return {
            relative: FileDigest(
                digest,
                status.st_size,
                bool(status.st_mode & stat.S_IXUSR),
                StatIdentity.of(status),
            )
            for (relative, _, status), digest in zip(found, digests, strict=True)
        }

    def known(self, status: os.stat_result) -> str | None:
        """The digest of the file with this stat, if it is remembered; reads nothing."""
        return self.cache.get(StatIdentity.of(status))

    def read(self, path: str | os.PathLike[str], *, wide: bool = False) -> Reading:
        """Hash the bytes whatever is remembered; `wide` uses all cores for a large file."""
        # O_NONBLOCK: opening a FIFO without a writer would wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            _outwait(os.fstat(handle))
            return self.read_open(handle, os.fspath(path), wide=wide)
        finally:
            os.close(handle)

    def read_open(self, handle: int, name: str, *, wide: bool = False) -> Reading:
        """Hash an open file from its beginning; `name` is for messages."""
        for _ in range(TRIES):
            started_ns = time.time_ns()
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise NotRegularFile(name)
            digest, size = _hash(handle, status.st_size, wide=wide)
            with self._lock:
                self._bytes_read += size
            reading = Reading(digest, StatIdentity.of(status))
            if reading.identity == StatIdentity.of(os.fstat(handle)):
                if reading.identity.reliable(started_ns):
                    self.cache.put(reading.identity, digest)
                return reading
        raise FileKeepsChanging(name)


def digest_bytes(data: bytes) -> str:
    """The digest that a file of these bytes has."""
    return blake3(data).hexdigest()


def text_name(path: str) -> str:
    """The same path, when it can be written as UTF-8; raises NameNotText otherwise."""
    if not path.isascii():
        try:
            path.encode()
        except UnicodeEncodeError:
            raise NameNotText(ascii(path)) from None
    return path


def _outwait(status: os.stat_result) -> None:
    """Let a huge file that was written just now, as models are when steps end, become reliable."""
    if status.st_size >= HUGE:
        time.sleep(StatIdentity.of(status).young_ns(time.time_ns()) / 1e9)


def _hash(handle: int, size: int, *, wide: bool) -> tuple[str, int]:
    wide = wide and size >= LARGE
    hasher = blake3(max_threads=blake3.AUTO if wide else 1)
    # One byte more than the file has, so that its end shows in the same read.
    buffer = bytearray(min(size + 1, WIDE_CHUNK if wide else CHUNK))
    view = memoryview(buffer)
    offset = 0
    while count := os.preadv(handle, [buffer], offset):
        hasher.update(view[:count])
        offset += count
        if count < len(buffer) and offset >= size:
            break
    return hasher.hexdigest(), offset


_Listed = tuple[str, str, os.stat_result]
_Place = tuple[int, int]


def _listing(path: str | os.PathLike[str]) -> list[_Listed]:
    """Relative path, full path and stat of every file below a folder, sorted."""
    found: list[_Listed] = []
    # A folder, what goes before its entries' names, and the folders on the way to it.
    pending: list[tuple[str, str, frozenset[_Place]]] = [(os.fspath(path), "", frozenset())]
    while pending:
        folder, prefix, above = pending.pop()
        status = os.stat(folder)
        here = (status.st_dev, status.st_ino)
        if here in above:  # a link back to a folder that we are in
            continue
        with os.scandir(folder) as entries:
            for entry in entries:
                relative = text_name(prefix + entry.name)
                with suppress(FileNotFoundError):
                    if entry.is_dir():
                        pending.append((entry.path, f"{relative}/", above | {here}))
                    elif entry.is_file():
                        found.append((relative, entry.path, entry.stat()))
    return sorted(found, key=lambda listed: listed[0])
