"""What the daemon itself takes of the machine, and what is left of the home's disk."""

import os
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import Any


def cpu_s() -> float:
    """Return the processor time that this process has used, all threads together, in seconds."""
    return round(time.process_time(), 3)


def memory_bytes() -> int:
    """Return the resident memory of this process; its peak where there is no /proc, as on macOS."""
    try:
        resident = int(Path("/proc/self/statm").read_bytes().split()[1])
    except FileNotFoundError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return resident * os.sysconf("SC_PAGE_SIZE")


def disk(home: Path) -> dict[str, Any]:
    """Return size and free bytes of the file system that holds ``home``."""
    found = shutil.disk_usage(home)
    return {"path": str(home), "total_bytes": found.total, "free_bytes": found.free}
