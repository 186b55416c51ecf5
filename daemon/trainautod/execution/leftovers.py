"""Ending what a killed shim left behind."""

import errno
import os
import signal
import subprocess
import time
from collections.abc import Iterator

from trainautod.execution.shim import tree

_PATIENCE_S = 10.0  # for the kernel to take down killed processes; one that waits on a disk cannot
_AGAIN_S = 0.01
#: That we cannot look, which tells nothing of the process.
_SHORT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})


def end(token: str) -> bool:
    """Kill every process of the attempt tagged ``token``, and what descends from one.

    Found by ``TRAINAUTO_ATTEMPT`` in the environment they were started with, by descent, and by
    session; a process that hid from all three is not found. Blocks until they are gone.

    Returns:
        Whether all are gone; False when some hang in the kernel.

    Raises:
        OSError: processes cannot be looked at now, so that some may be left.
    """
    until = time.monotonic() + _PATIENCE_S
    while found := _members(token):
        if time.monotonic() > until:
            return False
        for pid in found:
            tree.kill(pid)
        tree.send(found, signal.SIGSTOP)
        tree.send(found, signal.SIGKILL)
        time.sleep(_AGAIN_S)
    return True


def _members(token: str) -> list[int]:
    mark = f"TRAINAUTO_ATTEMPT={token}".encode()
    if not os.path.exists("/proc/self/environ"):
        return _tagged_by_ps(mark)
    tagged = [pid for pid in _own_processes() if mark in _environment(pid)]
    sessions = {session for pid in tagged if (session := _session(pid)) is not None}
    sessions.discard(os.getsid(0))
    return [pid for pid in _own_processes() if pid in tagged or _session(pid) in sessions]


def _own_processes() -> Iterator[int]:
    """Yield the living processes of this user, except this one."""
    with os.scandir("/proc") as entries:
        for entry in entries:
            ours = entry.name.isdigit() and int(entry.name) != os.getpid()
            try:
                if ours and entry.stat().st_uid == os.getuid():
                    yield int(entry.name)
            except (FileNotFoundError, ProcessLookupError):
                continue


def _environment(pid: int) -> list[bytes]:
    """Return the ``NAME=value`` strings a process was started with; none for a zombie."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    except OSError as error:
        if error.errno in _SHORT:
            raise
        return []


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _tagged_by_ps(mark: bytes) -> list[int]:
    """Return the same where there is no /proc, as on macOS."""
    argv = ("ps", "-axww", "-E", "-o", "pid=,command=")
    listing = subprocess.run(argv, capture_output=True, check=False).stdout.splitlines()
    return [int(line.split()[0]) for line in listing if mark in line.split()]
