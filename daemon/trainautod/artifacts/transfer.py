"""Bytes from one open file to another, shared by the file system where it can; and durability."""

import errno
import fcntl
import os
import sys

# linux/fs.h: _IOW(0x94, 9, int); not in the fcntl module before Python 3.12.
_FICLONE = 0x40049409
_CHUNK = 1 << 20
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
