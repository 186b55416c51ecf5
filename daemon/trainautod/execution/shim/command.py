"""Starting the command of an attempt with nothing of ours but its environment and one pipe."""

import errno
import os
import signal
from collections.abc import Mapping

# Python ignores these two; a command expects them as the system made them.
_RESTORED = (signal.SIGPIPE, signal.SIGXFSZ)


def spawn(argv: list[str], cwd: str, environment: Mapping[str, str]) -> tuple[int, int]:
    """Start ``argv`` in a session of its own; return its pid and the end of its output to read.

    The calling process moves to ``cwd``: posix_spawn cannot change the folder of the child alone.

    Raises:
        OSError: no such program, no such folder, or the system is out of processes or memory.
    """
    os.chdir(cwd)
    reading, writing = os.pipe()
    try:
        pid = os.posix_spawn(
            _find(argv[0], environment.get("PATH", os.defpath)),
            argv,
            environment,
            file_actions=(
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, writing, 1),
                (os.POSIX_SPAWN_DUP2, writing, 2),
            ),
            setsid=True,
            setsigmask=(),
            setsigdef=_RESTORED,
        )
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    os.set_blocking(reading, False)
    return pid, reading


def _find(program: str, path: str) -> str:
    """Return where ``program`` is, looked up in the command's own ``PATH``."""
    if "/" in program:
        return program
    for folder in path.split(os.pathsep):
        candidate = os.path.join(folder, program)
        if os.access(candidate, os.X_OK):
            return candidate
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)
