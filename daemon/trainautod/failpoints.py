"""Named places where a test can make the daemon die, fail or wait.

Armed through ``TRAINAUTO_FAILPOINTS``: ``name=action;name=2*off->action``, where ``N*off->`` lets
the first N passes through and an action is ``crash``, ``error(ENOSPC)`` or ``delay(MS)``.
Unarmed, a failpoint costs one comparison.
"""

import errno
import os
import re
import time
from dataclasses import dataclass

VARIABLE = "TRAINAUTO_FAILPOINTS"
CRASH_STATUS = 137  # what a shell reports of a process that SIGKILL ended

_names: set[str] = set()
_ACTION = re.compile(r"(?:(\d+)\*off->)?(crash|error|delay)(?:\((\w+)\))?")


@dataclass(slots=True)
class _Armed:
    skip: int
    action: str
    argument: str


def _parse(text: str) -> dict[str, _Armed]:
    armed: dict[str, _Armed] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        name, _, action = part.partition("=")
        match = _ACTION.fullmatch(action.strip())
        if match is None:
            raise ValueError(f"{VARIABLE}: {part!r} is not name=[N*off->]crash|error(E)|delay(ms)")
        skip, word, argument = match.groups()
        armed[name.strip()] = _Armed(int(skip or 0), word, argument or "")
    return armed


_armed = _parse(os.environ.get(VARIABLE, ""))


def arm(text: str) -> None:
    """Arm failpoints as ``TRAINAUTO_FAILPOINTS`` would; an empty text disarms them all.

    Raises:
        ValueError: the text is not understood.
    """
    _armed.clear()
    _armed.update(_parse(text))


def declare(*names: str) -> None:
    """Register failpoints, so that a test can enumerate them all."""
    _names.update(names)


def declared() -> tuple[str, ...]:
    """Return every registered name, sorted."""
    return tuple(sorted(_names))


def failpoint(name: str) -> None:
    """Do what is armed for ``name``; nothing when nothing is armed.

    Raises:
        KeyError: failpoints are armed and ``name`` was never declared.
        OSError: the armed action is ``error``.
    """
    if not _armed:
        return
    if name not in _names:
        raise KeyError(f"failpoint {name!r} was never declared")
    armed = _armed.get(name)
    if armed is None:
        return
    if armed.skip > 0:
        armed.skip -= 1
        return
    _act(armed, name)


def _act(armed: _Armed, name: str) -> None:
    if armed.action == "crash":
        os._exit(CRASH_STATUS)
    if armed.action == "delay":
        time.sleep(int(armed.argument or 0) / 1000)
        return
    code = getattr(errno, armed.argument or "EIO")
    raise OSError(code, f"{os.strerror(code)} (failpoint {name})")
