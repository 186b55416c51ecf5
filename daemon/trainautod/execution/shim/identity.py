"""Who a process is: a pid alone is reused, a pid with its boot and its start time is not."""

import functools
import os

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_DEAD_STATES = (b"Z", b"X", b"x")


@functools.cache
def boot_id() -> str:
    """Return what names this boot of this machine."""
    try:
        with open(_BOOT_ID) as file:
            return file.read().strip()
    except FileNotFoundError:
        return _run("sysctl", "-n", "kern.bootsessionuuid")


def started_ticks(pid: int) -> int | None:
    """Return when ``pid`` started, in a unit of the platform's own; None when it is dead.

    On Linux: clock ticks since boot (field 22 of proc_pid_stat(5)). Elsewhere: unix seconds. A
    zombie counts as dead: nobody may be there to collect it, as for orphans in some containers.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None if os.path.exists(_BOOT_ID) else _ps_started(pid)
    return None if fields[0] in _DEAD_STATES else int(fields[19])


def is_alive(boot: str, pid: int, ticks: int) -> bool:
    """Tell whether exactly that process of that boot is still running."""
    return pid > 0 and boot == boot_id() and started_ticks(pid) == ticks


def _ps_started(pid: int) -> int | None:
    import time

    state, _, started = _run("ps", "-o", "state=,lstart=", "-p", str(pid)).partition(" ")
    if not state or state.startswith("Z"):
        return None
    return int(time.mktime(time.strptime(" ".join(started.split()), "%a %b %d %H:%M:%S %Y")))


def _run(*argv: str) -> str:
    import subprocess

    environment = {"PATH": os.defpath + ":/usr/sbin", "LC_ALL": "C"}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
    return done.stdout.strip()
