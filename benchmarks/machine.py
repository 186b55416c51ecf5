"""The machine that the figures belong to."""

import os
import platform
import sqlite3
from pathlib import Path

import psutil

QUIET_LOAD = 0.7  # above this, another process has a good part of a core


def facts(scratch: Path) -> dict[str, str]:
    """Return what decides about absolute times; ``scratch`` is where the benchmark writes."""
    memory = psutil.virtual_memory().total / 2**30
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "SQLite": sqlite3.sqlite_version,
        "filesystem": filesystem(scratch),
        "load at the start": f"{os.getloadavg()[0]:.2f}",
    }


def is_quiet() -> bool:
    """Tell whether the machine has been left alone for the last minute."""
    return os.getloadavg()[0] < QUIET_LOAD


def filesystem(path: Path) -> str:
    """Return the type of the filesystem that holds ``path``: on tmpfs an fsync costs nothing."""
    mounts = [(Path(part.mountpoint), part.fstype) for part in psutil.disk_partitions(all=True)]
    holders = [mount for mount in mounts if path.resolve().is_relative_to(mount[0])]
    return max(holders, key=lambda mount: len(mount[0].parts))[1] if holders else "unknown"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
