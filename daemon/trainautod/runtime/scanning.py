"""Looking for the files that patterns mean, and at how one of them is now."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from trainautod.artifacts.identity import StatIdentity
from trainautod.runtime.leases import is_open_for_writing
from trainautod.triggers.data import Look
from trainautod.triggers.globs import Pattern, markers_of

_NOT_TEXT = "its name is not UTF-8 text; rename it"
_MOUNTS = "/proc/self/mountinfo"
#: File systems that do not tell what other machines do to them.
_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.s3fs"}
    | {"fuse.glusterfs", "fuse.gcsfuse", "fuse.rclone", "fuse.davfs", "virtiofs", "lustre"}
)


@dataclass(slots=True)
class Found:
    """What a scan came upon.

    Attributes:
        files: the hash of how each file is, by its path: of very many files, the objects would
            keep the collector of garbage busy for a large part of a second.
        folders: every folder that was entered, and what it is.
        links: those of them that are symbolic links.
        problems: why a path could not be looked at.
    """

    files: dict[str, int] = field(default_factory=dict)
    folders: dict[str, tuple[int, int]] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)


def find(patterns: Iterable[Pattern], below: str | None = None) -> Found:
    """Return all that patterns mean; links are followed, each folder once on the way down.

    Args:
        patterns: what to look for.
        below: a folder to look in; everywhere when None.
    """
    found = Found()
    for pattern in patterns:
        start = pattern.base if below is None else below
        with _noting(found, start):
            status = os.stat(start)
            if stat.S_ISDIR(status.st_mode) and pattern.enters(start):
                _walk(pattern, start, found)
            elif stat.S_ISREG(status.st_mode) and pattern.matches(start):
                found.files[start] = hash(StatIdentity.of(status))
    return found


def _walk(pattern: Pattern, start: str, found: Found) -> None:
    pending: list[tuple[str, frozenset[tuple[int, int]]]] = [(start, frozenset())]
    while pending:
        folder, above = pending.pop()
        with _noting(found, folder):
            status = os.stat(folder)
            here = (status.st_dev, status.st_ino)
            if here in above:  # a link back to a folder that we are in
                continue
            found.folders[folder] = here
            with os.scandir(folder) as entries:
                for entry in entries:
                    with _noting(found, entry.path):
                        if _enter(pattern, entry, found):
                            pending.append((entry.path, above | {here}))


def _enter(pattern: Pattern, entry: "os.DirEntry[str]", found: Found) -> bool:
    """Take in a file; tell whether it is a folder to go into."""
    if entry.is_dir():
        if not pattern.enters(entry.path):
            return False
        if entry.is_symlink():
            found.links.add(entry.path)
        return True
    if pattern.matches(entry.path) and entry.is_file():
        entry.path.encode()  # UnicodeEncodeError
        found.files[entry.path] = hash(StatIdentity.of(entry.stat()))
    return False


@contextmanager
def _noting(found: Found, path: str) -> Iterator[None]:
    """Note why a path cannot be looked at; what is gone is not there."""
    try:
        yield
    except UnicodeEncodeError:
        found.problems[path] = _NOT_TEXT
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            found.problems[path] = error.strerror or str(error)


def look(path: str, *, at_once: bool, remote: bool) -> Look | None:
    """Return how a file is now; None when there is none, or it is no regular file.

    Args:
        path: of the file.
        at_once: whether it counts as soon as nobody writes to it, whatever its times say.
        remote: whether this kernel cannot know who writes to it: NFS and CIFS refuse the question
            as if somebody did.
    """
    try:
        status = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    asks = not remote and (at_once or status.st_ctime_ns > status.st_mtime_ns)
    return Look(
        StatIdentity.of(status),
        marked=_is_marked(path, status.st_mtime_ns),
        written=is_open_for_writing(path) if asks else None,
    )


def _is_marked(path: str, mtime_ns: int) -> bool:
    for marker in markers_of(path):
        with suppress(OSError):
            if os.stat(marker).st_mtime_ns >= mtime_ns:
                return True
    return False


@dataclass(frozen=True, slots=True)
class Place:
    """A folder to be watched, and what it was when that was decided."""

    path: str
    identity: tuple[int, int]
    deep: bool


def places(patterns: Sequence[Pattern], found: Found) -> frozenset[Place]:
    """Return the folders whose changes tell of files that patterns mean.

    Of a folder that there is not the nearest one above it is watched, until there is.
    """
    wanted = {(pattern.base, pattern.is_deep) for pattern in patterns}
    wanted |= {(link, True) for link in found.links}
    return frozenset(filter(None, (_place(path, deep) for path, deep in wanted)))


def _place(path: str, deep: bool) -> Place | None:
    for folder in _upwards(path):
        with suppress(OSError):
            status = os.stat(folder)
            if stat.S_ISDIR(status.st_mode):
                return Place(folder, (status.st_dev, status.st_ino), deep and folder == path)
    return None


def _upwards(path: str) -> Iterator[str]:
    yield path
    while path != "/":
        path = os.path.dirname(path)
        yield path


def is_remote(watched: Iterable[Place]) -> bool:
    """Whether a folder is on a file system that does not tell of every change."""
    devices = {f"{os.major(p.identity[0])}:{os.minor(p.identity[0])}" for p in watched}
    with suppress(OSError), open(_MOUNTS, encoding="utf-8", errors="replace") as mounts:
        for line in mounts:
            fields, _, rest = line.partition(" - ")
            if fields.split(" ")[2] in devices and rest.split(" ")[0] in _REMOTE:
                return True
    return False
