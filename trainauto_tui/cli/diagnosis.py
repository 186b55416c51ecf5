"""Is this machine, and this home, fit for the daemon? Each check looks at one thing."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from trainauto_tui.cli.quantities import size
from trainauto_tui.errors import NoDaemon, TrainautoError
from trainautod import __version__
from trainautod.home import SOCKET_PATH_LIMIT, socket_path

OLDEST_PYTHON = (3, 11)
LITTLE_DISK = 5 * 1024**3  # bytes: time to clean up, and still room for a night's artifacts
NO_DISK = 200 * 1024**2  # bytes: the store itself needs room to checkpoint
FEW_WATCHES = 8192
FEW_INSTANCES = 128
NAMED = 3  # attempts named in one finding


class Finding(NamedTuple):
    """What one check found; ``state`` is ok, warn or fail."""

    name: str
    state: str
    message: str


def examine(home: Path) -> list[Finding]:
    """Return the findings of all checks, whatever the state of the home and the daemon."""
    checks: tuple[Callable[[Path], Finding], ...] = (
        check_python,
        check_sqlite,
        check_home,
        check_socket,
        check_disk,
        check_lock,
        check_daemon,
        check_watches,
        check_gpus,
    )
    return [check(home) for check in checks]


def check_python(home: Path) -> Finding:
    """The interpreter is new enough."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        return Finding("python", "fail", f"{version}: 3.11 or newer is needed")
    return Finding("python", "ok", f"{version} at {sys.executable}")


def check_sqlite(home: Path) -> Finding:
    """The SQLite library can hold the store."""
    import sqlite3

    version = sqlite3.sqlite_version_info
    text = f"SQLite {sqlite3.sqlite_version}"
    if version < (3, 35, 0):
        return Finding("sqlite", "fail", f"{text}: 3.35 or newer is needed")
    if has_wal_reset_bug(version):
        return Finding(
            "sqlite",
            "ok",
            f"{text}: has the WAL-reset bug, which needs two writing connections to strike; "
            "the daemon writes through one",
        )
    return Finding("sqlite", "ok", text)


def has_wal_reset_bug(version: tuple[int, int, int]) -> bool:
    """Tell whether a checkpoint of this SQLite may lose a concurrent connection's commit.

    Versions 3.7.0 to 3.51.2, except the fixes carried back to 3.44.6 and 3.50.7.
    """
    if version[:2] == (3, 44):
        return version < (3, 44, 6)
    if version[:2] == (3, 50):
        return version < (3, 50, 7)
    return (3, 7, 0) <= version < (3, 51, 3)


def check_home(home: Path) -> Finding:
    """The home belongs to this user and to nobody else."""
    try:
        found = home.stat()
    except FileNotFoundError:
        return Finding("home", "ok", f"{home} is made at the daemon's first start")
    except OSError as error:
        return Finding("home", "fail", f"{home}: {error.strerror}")
    if not stat.S_ISDIR(found.st_mode):
        return Finding("home", "fail", f"{home} is not a directory")
    if found.st_uid != os.getuid():
        return Finding("home", "fail", f"{home} belongs to user id {found.st_uid}, not to you")
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        return Finding("home", "warn", f"{home} is open to others ({mode:04o}): chmod 700 it")
    return Finding("home", "ok", f"{home} ({mode:04o})")


def check_socket(home: Path) -> Finding:
    """The socket's path fits into a socket address."""
    path = socket_path(home)
    if path.parent != home:
        return Finding(
            "socket", "ok", f"{path}, because the home's path is over {SOCKET_PATH_LIMIT} bytes"
        )
    return Finding("socket", "ok", str(path))


def check_disk(home: Path) -> Finding:
    """There is room for objects."""
    place = home
    while not place.exists():
        place = place.parent
    disk = os.statvfs(place)
    free = disk.f_bavail * disk.f_frsize
    text = f"{size(free)} free at {place}"
    if free < NO_DISK:
        return Finding("disk", "fail", f"{text}: the daemon cannot work with so little")
    return Finding("disk", "warn" if free < LITTLE_DISK else "ok", text)


def check_lock(home: Path) -> Finding:
    """Who holds the home's lock."""
    holder = lock_holder(home)
    if holder is None:
        return Finding("lock", "ok", "nobody holds it")
    return Finding("lock", "ok", f"held by pid {holder}")


def lock_holder(home: Path) -> int | None:
    """Return the process that holds the home's lock, as Linux lists it; None when unknown."""
    try:
        inode = (home / "trainautod.lock").stat().st_ino
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        words = line.split()
        # "1: FLOCK  ADVISORY  WRITE 4321 08:01:123456 0 EOF"; "->" marks one that only waits.
        if "->" not in words and words[-3].rpartition(":")[2] == str(inode):
            return int(words[-4])
    return None


def check_daemon(home: Path) -> Finding:
    """The daemon answers, and is of the same version as this command."""
    from trainauto_tui.client import Client, unix

    try:
        status = Client(unix(socket_path(home))).status()
    except NoDaemon as error:
        if lock_holder(home) is not None:
            return Finding(
                "daemon", "fail", f"it holds the lock but does not answer: {error.message}"
            )
        return _without_daemon(home)
    except TrainautoError as error:
        return Finding("daemon", "fail", error.message)
    text = f"{status['state']}, pid {status['pid']}, version {status['version']}"
    if status["version"] != __version__:
        return Finding(
            "daemon", "warn", f"{text}, but this is {__version__}: trainauto daemon restart"
        )
    if status["state"] == "degraded":
        return Finding("daemon", "fail", f"{text}: {status['detail']}")
    return Finding("daemon", "ok", text)


def _without_daemon(home: Path) -> Finding:
    running = sorted(running_attempts(home))
    if not running:
        return Finding("daemon", "ok", "not running; it starts when it is first needed")
    steps = "1 step runs" if len(running) == 1 else f"{len(running)} steps run"
    named = ", ".join(running[:NAMED]) + (", …" if len(running) > NAMED else "")
    return Finding(
        "daemon",
        "fail",
        f"not running, while {steps} and nobody records how that ends ({named}): "
        "trainauto daemon start takes it up again",
    )


def running_attempts(home: Path) -> set[str]:
    """Return the attempts of this home that have a process, as ``RUN/STEP/ATTEMPT``.

    Told by the environment that steps are started with, which only Linux shows.
    """
    mark = b"TRAINAUTO_RECORDS=" + os.fsencode(home / "runs") + b"/"
    found = set()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            variables = environment.read_bytes().split(b"\0")
        except OSError:  # another user's, or gone
            continue
        for variable in variables:
            if variable.startswith(mark):
                attempt = variable.removeprefix(mark).rpartition(b"/")[0]
                found.add(attempt.decode("utf-8", "replace"))
    return found


def check_watches(home: Path) -> Finding:
    """The kernel lets the daemon watch as many folders as it may need."""
    limits = {name: _limit(name) for name in ("max_user_watches", "max_user_instances")}
    watches, instances = limits["max_user_watches"], limits["max_user_instances"]
    if watches is None or instances is None:
        return Finding("watches", "ok", "no inotify limits on this system")
    text = f"inotify: {watches} watches, {instances} instances"
    if watches < FEW_WATCHES or instances < FEW_INSTANCES:
        return Finding("watches", "warn", f"{text}: raise fs.inotify.max_user_watches with sysctl")
    return Finding("watches", "ok", text)


def check_gpus(home: Path) -> Finding:
    """Whether GPUs can be found."""
    from shutil import which
    from subprocess import SubprocessError, run

    tool = which("nvidia-smi")
    if tool is None:
        return Finding("gpus", "ok", "none: there is no nvidia-smi")
    try:
        listed = run([tool, "-L"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, SubprocessError) as error:
        return Finding("gpus", "warn", f"nvidia-smi fails: {error}")
    return Finding("gpus", "ok", f"{len(listed.splitlines())} found by nvidia-smi")


def _limit(name: str) -> int | None:
    try:
        return int(Path("/proc/sys/fs/inotify", name).read_text())
    except (OSError, ValueError):
        return None
