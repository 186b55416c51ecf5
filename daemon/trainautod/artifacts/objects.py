"""The object store: files named by the digest of their content, never served damaged.

`root/ab/cdef…` are the objects (mode 0444), `root/tmp` holds what is being written,
`root/quarantine` what turned out damaged. One process writes a store: the daemon of its home.
"""

import errno
import itertools
import os
import re
import secrets
import stat
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trainautod.artifacts.digest import Digester, digest_bytes
from trainautod.artifacts.errors import (
    FileKeepsChanging,
    InvalidDigest,
    NotRegularFile,
    ObjectMissing,
)
from trainautod.artifacts.identity import StatIdentity
from trainautod.artifacts.transfer import (
    COPY_BYTES,
    CREATE_FLAGS,
    READ_FLAGS,
    clone,
    copy,
    copy_out,
    seal,
    sync_directory,
    write_all,
)
from trainautod.failpoints import declare, failpoint

declare("artifacts.put.before_rename", "artifacts.put.after_rename")

# A file that answers so cannot be read back; what else fails is the machine's trouble, not its own.
_DAMAGE = frozenset({errno.EIO, errno.EACCES})
# Where a hard link is refused: another device, too many links, a file system without them.
_NO_LINK = frozenset(
    {errno.EXDEV, errno.EMLINK, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES}
)
# A file that others put in place of itself, whole, is stored in one of its versions.
REPLACED_TRIES = 4
REPLACED_PAUSE_S = 0.02
_DIGEST = re.compile(r"[0-9a-f]{64}")

# Tells this process's unfinished files from those of one that died, even with the same pid.
_PROCESS = secrets.token_hex(4)


def _rename_process() -> None:
    global _PROCESS  # noqa: PLW0603 - a process has one name, and a fork is another process
    _PROCESS = secrets.token_hex(4)


os.register_at_fork(after_in_child=_rename_process)
_serial = itertools.count()


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that is in the store and verified; size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Materialised:
    """How an object came to its target: as a file of its own, or as a link to the object."""

    linked: bool
    identity: StatIdentity


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a full reading of one object found; a damaged one has been set aside."""

    digest: str
    size: int
    intact: bool


@dataclass(frozen=True, slots=True)
class _Staged:
    temp: str
    digest: str
    identity: StatIdentity


class ObjectStore:
    """Files by content digest, below one folder; any thread may call any method.

    A put returns when the object would survive a power cut. A stored object's bytes are believed
    unchanged while its stat identity is; otherwise they are read again before they are served.
    """

    def __init__(self, root: str | os.PathLike[str], digester: Digester) -> None:
        self.root = Path(root).absolute()
        self.digester = digester
        self._temp = self.root / "tmp"
        self._quarantine = self.root / "quarantine"
        # Held for a rename into the store or out of it, so that neither sees the other's half.
        self._renames = threading.Lock()
        for folder in (self.root, self._temp, self._quarantine):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # How often each shard was renamed into, and up to which of these it is on the disk. One
        # that an earlier process left may not be: it is synced before its objects are relied on.
        self._renamed = {entry.name: 1 for entry in os.scandir(self.root) if len(entry.name) == 2}
        self._synced: dict[str, int] = {}
        self._sweep()

    def path(self, digest: str) -> Path:
        """Where the object is, or would be.

        Raises:
            InvalidDigest: `digest` is not 64 lower-case hexadecimal characters.
        """
        return Path(self._path(digest))

    def check(self, digest: str) -> bool:
        """Whether the object is present and intact; reads it only when its stat changed.

        A damaged one is moved to `quarantine/<digest>.<n>` and counts as absent from then on.
        """
        return self._verified(digest) is not None

    def put_file(self, path: str | os.PathLike[str], link: bool = True) -> StoredObject:
        """Store a file's content; see `put_files`."""
        return self.put_files([path], link=link)[0]

    def put_files(
        self, paths: Sequence[str | os.PathLike[str]], link: bool = True
    ) -> list[StoredObject]:
        """Store the contents of regular files; nothing is written for those already there.

        With `link` the file itself becomes the object by a hard link, if it is ours alone and not
        executable, and is read-only afterwards; otherwise, and across devices, it is copied.

        Raises:
            FileKeepsChanging: A file was written to each time.
            NotRegularFile: A path is a symbolic link, folder, FIFO, socket or device.
            OSError: The disk refused; no object of wrong content is left.
        """
        for _ in range(REPLACED_TRIES - 1):
            with suppress(FileKeepsChanging):
                return self._put_files(paths, link)
            time.sleep(REPLACED_PAUSE_S)
        return self._put_files(paths, link)

    def _put_files(self, paths: Sequence[str | os.PathLike[str]], link: bool) -> list[StoredObject]:
        digests = self.digester.files(paths)
        staged: dict[str, _Staged] = {}
        try:
            for path, digest in zip(paths, digests, strict=True):
                if digest not in staged and not self.check(digest):
                    staged[digest] = self._stage(os.fspath(path), digest, link)
            self._publish(list(staged.values()))
        finally:
            _discard(staged.values())
        self._sync_shards(digests)
        return [StoredObject(digest, self._size(digest)) for digest in digests]

    def put_bytes(self, data: bytes) -> StoredObject:
        """Store these bytes; nothing is written when they are already there."""
        digest = digest_bytes(data)
        if not self.check(digest):
            temp, handle = self._create_temp()
            try:
                write_all(handle, data)
                staged = _Staged(temp, digest, seal(handle))
                self._publish([staged])
            finally:
                os.close(handle)
                _discard_temp(temp)
        self._sync_shards([digest])
        return StoredObject(digest, len(data))

    def materialise(
        self,
        digest: str,
        target: str | os.PathLike[str],
        executable: bool = False,
        *,
        link: bool = True,
    ) -> Materialised:
        """Make the object's content appear at `target`, which must not exist yet.

        Shared blocks where the file system has them, else a copy up to 16 MiB, else a symbolic
        link to the read-only object; with `link=False`, or for an executable, always a file of
        its own.

        Raises:
            ObjectMissing: It is not in the store, or was found damaged just now.
            OSError: `target` exists, its folder does not, or the disk refused.
        """
        status = self._verified(digest)
        if status is None:
            raise ObjectMissing(digest)
        origin, size = self._path(digest), status.st_size
        may_link = link and not executable and size > COPY_BYTES
        identity = copy_out(target, origin, size, executable=executable, may_copy=not may_link)
        if identity is not None:
            return Materialised(False, identity)
        os.symlink(origin, target)
        return Materialised(True, StatIdentity.of(os.lstat(target)))

    def release(self, path: str | os.PathLike[str]) -> None:
        """Unlink a file that may be a second name of an object, which stays verified.

        Unlinking changes the object's stat; noting it here saves reading the object again.
        """
        status = os.lstat(path)
        shared = stat.S_ISREG(status.st_mode) and status.st_nlink > 1
        digest = self.digester.known(status) if shared else None
        os.unlink(path)
        if digest is not None:
            with suppress(FileNotFoundError):
                self._renew(digest, StatIdentity.of(status))

    def verify_all(self) -> Iterator[Verdict]:
        """Read every object, whatever is remembered about it; damaged ones are set aside."""
        for digest in list(self._digests()):
            try:
                size = os.stat(self._path(digest)).st_size
                yield Verdict(digest, size, self._reread(digest) is not None)
            except FileNotFoundError:  # removed since the listing
                continue

    def quarantined(self) -> tuple[Path, ...]:
        """The damaged files that were set aside, sorted; deleting them is a person's decision."""
        return tuple(sorted(self._quarantine.iterdir()))

    def _path(self, digest: str) -> str:
        if _DIGEST.fullmatch(digest) is None:
            raise InvalidDigest(repr(digest))
        return f"{self.root}/{digest[:2]}/{digest[2:]}"

    def _size(self, digest: str) -> int:
        return os.stat(self._path(digest)).st_size

    def _digests(self) -> Iterator[str]:
        for shard in sorted(self._renamed):
            for entry in sorted(os.scandir(self.root / shard), key=lambda entry: entry.name):
                if _DIGEST.fullmatch(shard + entry.name):
                    yield shard + entry.name

    def _verified(self, digest: str) -> os.stat_result | None:
        try:
            status = os.lstat(self._path(digest))
        except FileNotFoundError:
            return None
        if self.digester.known(status) == digest and stat.S_ISREG(status.st_mode):
            return status
        return self._reread(digest)

    def _reread(self, digest: str) -> os.stat_result | None:
        path = self._path(digest)
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return None
        started_ns = time.time_ns()
        reading = None
        try:
            if stat.S_ISREG(status.st_mode):
                reading = self.digester.read(path, wide=True)
        except FileKeepsChanging:
            pass  # an object that is being written to is not what its name says
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno not in _DAMAGE:
                raise
        if reading is None or reading.digest != digest:
            self._set_aside(digest, status)
            return None
        if reading.identity.settled(started_ns):
            self.digester.cache.put(reading.identity, digest)
        return os.lstat(path)

    def _set_aside(self, digest: str, seen: os.stat_result) -> None:
        path = self._path(digest)
        with self._renames, suppress(FileNotFoundError):
            # Another thread may have put a good object in its place meanwhile.
            if os.lstat(path).st_ino == seen.st_ino:
                os.rename(path, self._evidence(digest))
                sync_directory(os.path.dirname(path))

    def _evidence(self, digest: str) -> Path:
        names = (self._quarantine / f"{digest}.{number}" for number in itertools.count(1))
        return next(name for name in names if not os.path.lexists(name))

    def _stage(self, path: str, digest: str, link: bool) -> _Staged:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            raise NotRegularFile(path)
        temp = self._link_temp(path, status) if link else None
        if temp is None:
            return self._stage_copy(path, digest)
        return self._stage_link(temp, path, status, digest)

    def _link_temp(self, path: str, status: os.stat_result) -> str | None:
        """A hard link in `tmp`, unless it would make another's file read-only or lose its mode."""
        ours = status.st_uid == os.geteuid() and status.st_nlink == 1
        if not ours or status.st_mode & 0o111:
            return None
        temp = self._temp_name()
        try:
            os.link(path, temp, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            return None
        return temp

    def _stage_link(self, temp: str, path: str, status: os.stat_result, digest: str) -> _Staged:
        try:
            handle = os.open(temp, READ_FLAGS)
            try:
                trusted = self.digester.known(status) == digest
                before = StatIdentity.of(os.fstat(handle))
                identity = seal(handle)
                if not (trusted and before.same_bytes_as(StatIdentity.of(status))):
                    self._confirm(handle, path, digest)
            finally:
                os.close(handle)
        except BaseException:
            _discard_temp(temp)
            raise
        return _Staged(temp, digest, identity)

    def _stage_copy(self, path: str, digest: str) -> _Staged:
        temp, handle = self._create_temp()
        try:
            source = os.open(path, READ_FLAGS)
            try:
                if not clone(source, handle):
                    copy(source, handle)
            finally:
                os.close(source)
            identity = seal(handle)
            self._confirm(handle, path, digest)
        except BaseException:
            _discard_temp(temp)
            raise
        finally:
            os.close(handle)
        return _Staged(temp, digest, identity)

    def _confirm(self, handle: int, path: str, digest: str) -> None:
        if self.digester.read_open(handle, path, wide=True).digest != digest:
            raise FileKeepsChanging(path)

    def _publish(self, staged: Sequence[_Staged]) -> None:
        """Rename sealed files to their digests; durable once their shards are synced."""
        for item in staged:
            self._make_shard(item.digest[:2])
        for item in staged:
            failpoint("artifacts.put.before_rename")
            # Another thread may publish the same content; each must find its own file there.
            with self._renames:
                os.rename(item.temp, self._path(item.digest))
                self._renamed[item.digest[:2]] += 1
                failpoint("artifacts.put.after_rename")
                intact = self._renew(item.digest, item.identity)
            if not intact:
                raise FileKeepsChanging(item.digest)

    def _renew(self, digest: str, verified: StatIdentity) -> bool:
        """Remember the object's present stat, if nothing but its change time moved."""
        now = StatIdentity.of(os.lstat(self._path(digest)))
        same = now.same_bytes_as(verified)
        if same and now.settled(time.time_ns()):
            self.digester.cache.put(now, digest)
        return same

    def _make_shard(self, name: str) -> None:
        if name not in self._renamed:
            (self.root / name).mkdir(mode=0o700, exist_ok=True)
            sync_directory(self.root)
            self._renamed.setdefault(name, 0)

    def _sync_shards(self, digests: Iterable[str]) -> None:
        for shard in sorted({digest[:2] for digest in digests}):
            wanted = self._renamed[shard]
            if self._synced.get(shard, 0) < wanted:
                sync_directory(self.root / shard)
                self._synced[shard] = max(wanted, self._synced.get(shard, 0))

    def _temp_name(self) -> str:
        return f"{self._temp}/{_PROCESS}-{next(_serial)}"

    def _create_temp(self) -> tuple[str, int]:
        temp = self._temp_name()
        return temp, os.open(temp, CREATE_FLAGS, 0o600)

    def _sweep(self) -> None:
        for entry in os.scandir(self._temp):
            if not entry.name.startswith(_PROCESS):
                os.unlink(entry.path)


def _discard(staged: Iterable[_Staged]) -> None:
    for item in staged:
        _discard_temp(item.temp)


def _discard_temp(temp: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(temp)
