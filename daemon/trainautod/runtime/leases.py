"""Asking the kernel whether anybody has a file open for writing.

Linux grants a read lease only on a file that nobody has open for writing, mapped included. It is
given back at once; a writer who comes in between waits for those microseconds, and the signal that
this would send is one that is ignored. Only a file's owner is granted one, and few network file
systems know leases: then the answer is not known.
"""

import fcntl
import os
import signal

_SUPPORTED = hasattr(fcntl, "F_SETLEASE") and hasattr(fcntl, "F_SETSIG")


def is_open_for_writing(path: str) -> bool | None:
    """Return whether somebody has a file open for writing; None where that cannot be known."""
    if not _SUPPORTED:
        return None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)  # SIGIO, the default, would end us
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    else:
        return False
    finally:
        os.close(handle)
