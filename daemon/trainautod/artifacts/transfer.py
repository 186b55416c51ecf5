"""Bytes from one open file to another, shared by the file system where it can; and durability."""

import errno
import fcntl
import os
import sys
import time

from trainautod.artifacts.identity import StatIdentity

# linux/fs.h: _IOW(0x94, 9, int); not in the fcntl module before Python 3.12.
_FICLONE = 0x40049409
MODE = 0o444
# Up to here a copy costs less than a person notices (about 5 ms); above, a link stands in.
COPY_BYTES = 16 << 20
# Below one read and one write a clone saves nothing.
_SMALL_BYTES = 64 << 10
# An object's own time lies this far back, so that any later write shows in it (see identity.py).
_BACK_NS = 3_000_000_000
_CHUNK = 1 << 20

READ_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
CREATE_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_UNSUPPORTED = frozenset(
    {errno.ENOSYS, errno.EXDEV, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTTY, errno.EPERM}
)

_no_clone: set[tuple[int, int]] = set()


def clone(source: int, target: int) -> bool:
    """Make `target` share the bytes of `source` (copy on write); False where that cannot be.

    A pair of devices that refused once is not asked again by this process.
    """
    devices = (os.fstat(source).st_dev, os.fstat(target).st_dev)
    if sys.platform != "linux" or devices in _no_clone:
        return False
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        _no_clone.add(devices)
        return False
    return True


def copy(source: int, target: int) -> None:
    """Append all bytes of `source`, from its start, to `target`, inside the kernel if it can.

    Raises:
        OSError: As the disk reports it, a full one included; `target` is then incomplete.
    """
    offset = _copy_in_kernel(source, target)
    while data := os.pread(source, _CHUNK, offset):
        write_all(target, data)
        offset += len(data)


def write_all(target: int, data: bytes) -> None:
    """Write all of `data`, however many calls it takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


def sync_file(handle: int) -> None:
    """Return when the file's bytes are on the disk; an error here must never be retried."""
    if sys.platform == "darwin":  # fsync there stops at the drive's own cache
        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
    else:
        os.fsync(handle)


def sync_directory(path: str | os.PathLike[str]) -> None:
    """Return when the folder's entries (creations, renames) are on the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def seal(handle: int) -> StatIdentity:
    """Make an open file read-only, its own time settled, and its bytes durable."""
    os.fchmod(handle, MODE)
    identity = settle(handle)
    sync_file(handle)
    return identity


def settle(handle: int) -> StatIdentity:
    """Set a recent modification time back, so that a write in the same clock tick will show."""
    status = os.fstat(handle)
    past_ns = time.time_ns() - _BACK_NS
    if status.st_mtime_ns <= past_ns:
        return StatIdentity.of(status)
    os.utime(handle, ns=(past_ns, past_ns))
    return StatIdentity.of(os.fstat(handle))


def copy_out(
    target: str | os.PathLike[str], origin: str, size: int, *, executable: bool, may_copy: bool
) -> StatIdentity | None:
    """A new file with the bytes of `origin`; None, and no file, when it would take a copy."""
    handle = os.open(target, CREATE_FLAGS, 0o777 if executable else 0o666)
    filled = False
    try:
        filled = _fill(handle, origin, size, may_copy=may_copy)
        return settle(handle) if filled else None
    finally:
        os.close(handle)
        if not filled:
            os.unlink(target)


def _fill(handle: int, origin: str, size: int, *, may_copy: bool) -> bool:
    source = os.open(origin, READ_FLAGS)
    try:
        if size <= _SMALL_BYTES:
            write_all(handle, os.read(source, _SMALL_BYTES))
        elif not clone(source, handle):
            if may_copy:
                copy(source, handle)
            return may_copy
        return True
    finally:
        os.close(source)


def _copy_in_kernel(source: int, target: int) -> int:
    offset = 0
    if sys.platform != "linux":
        return offset
    size = os.fstat(source).st_size
    while offset < size:
        try:
            count = os.copy_file_range(source, target, size - offset, offset)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
            return offset
        if count == 0:  # it shrank
            break
        offset += count
    return offset
