"""Files of an attempt's directory that are there whole or not at all."""

import errno
import os

RETRY_S = 1.0  # between tries
_DIRECTORY_GONE = (errno.ENOENT, errno.ENOTDIR)


def write_new(path: str, data: bytes) -> bool:
    """Write a file unless it exists; return whether this call wrote it.

    Linked into place, so that of any number of writers one wins and no reader sees half a file.
    """
    temporary = f"{path}.{os.getpid()}"
    _write(temporary, data, sync=False)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(temporary)
    return True


def replace(path: str, data: bytes, *, sync: bool = True) -> None:
    """Write or overwrite a file; with ``sync`` it has reached the disk when this returns."""
    temporary = f"{path}.{os.getpid()}"
    _write(temporary, data, sync=sync)
    os.rename(temporary, path)
    if sync:
        sync_directory(os.path.dirname(path))


def try_replace(path: str, data: bytes) -> bool:
    """Write a file durably; return False when that is worth trying again, as on a full disk.

    Nothing is written, and True returned, when the directory has been removed: nobody will read it.
    """
    try:
        replace(path, data)
    except OSError as error:
        return error.errno in _DIRECTORY_GONE
    return True


def remove(path: str) -> None:
    """Remove a file if it is there and the disk lets go of it."""
    try:
        os.unlink(path)
    except OSError:
        return


def sync_directory(path: str) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: str, data: bytes, *, sync: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        if os.write(descriptor, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        if sync:
            os.fsync(descriptor)
    except OSError:
        os.unlink(path)
        raise
    finally:
        os.close(descriptor)
