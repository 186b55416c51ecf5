"""One daemon per home: a lock that is held for life, and that names its holder."""

import fcntl
import json
import os
import stat
import time
from pathlib import Path
from typing import Any

from trainautod.home import PRIVATE_DIRECTORY
from trainautod.runtime.errors import AlreadyRunning, HomeUnsafe

#: A child of a killed daemon holds the lock until it has become its program, as git has.
PATIENCE_S, PAUSE_S = 0.3, 0.02
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def prepare_home(home: Path) -> None:
    """Create the home, private to this user.

    Raises:
        HomeUnsafe: it belongs to another user, or others may write to it.
    """
    home.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY)
    found = home.stat()
    if found.st_uid != os.getuid():
        raise HomeUnsafe(f"{home} belongs to uid {found.st_uid}, not to you; use another --home")
    if found.st_mode & _OTHERS_WRITE:
        raise HomeUnsafe(f"others may write to {home}; run `chmod go-w {home}`")
    for name in ("objects", "runs", "logs"):
        (home / name).mkdir(exist_ok=True, mode=PRIVATE_DIRECTORY)


class HomeLock:
    """An exclusive lock on a home directory."""

    def __init__(self, home: Path) -> None:
        self._path = home / "trainautod.lock"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def acquire(self) -> None:
        """Take the lock, in the name of this process.

        A lock inherited over a fork is let go and taken anew: the kernel names the process that
        took it, and people look there.

        Raises:
            AlreadyRunning: somebody else holds it; the message names them.
        """
        fcntl.flock(self._file, fcntl.LOCK_UN)
        if not self._taken_within(PATIENCE_S):
            told = os.pread(self._file, 4096, 0).decode("utf-8", "replace").strip()
            raise AlreadyRunning(
                f"{self._path.parent} is held by {_describe(told)}; "
                "stop it with `trainauto daemon stop`, or use another --home"
            )

    def _taken_within(self, seconds: float) -> bool:
        """Take the lock, from a holder that is just going if need be."""
        end = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    return False
                time.sleep(PAUSE_S)
            else:
                return True

    def sign(self, holder: dict[str, Any]) -> None:
        """Write down who holds the lock, for those who come second."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(holder).encode(), 0)


def _describe(told: str) -> str:
    try:
        holder = json.loads(told)
        return f"pid {holder['pid']} (version {holder['version']}, since {holder['started_at']})"
    except (ValueError, KeyError, TypeError):
        return "a daemon that is just starting"
