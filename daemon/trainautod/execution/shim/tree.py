"""The processes below one process: who they are, and how to end all of them."""

import os
import signal

_ROUNDS = 100  # of freezing; each round only meets what was born during the one before


def descendants(root: int, group: int = 0) -> list[int]:
    """Return the pids below ``root``, parents first; zombies are among them.

    ``group`` is used only where orphans do not come back to ``root`` (no subreaper): members of
    that process group count too. A process that starts meanwhile may be missing.
    """
    if os.path.exists(f"/proc/{root}/task/{root}/children"):
        return _below_in_proc(root)
    return _below_in_ps(root, group)


def send(pids: list[int], number: int) -> None:
    """Send a signal to each process that is still there and ours."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def kill(root: int, group: int = 0) -> None:
    """Send SIGKILL to all below ``root``, after freezing them so that none can fork away."""
    frozen: dict[int, None] = {}
    for _ in range(_ROUNDS):
        fresh = [pid for pid in descendants(root, group) if pid not in frozen]
        if not fresh:
            break
        send(fresh, signal.SIGSTOP)
        frozen.update(dict.fromkeys(fresh))
    send(list(frozen), signal.SIGKILL)


def _below_in_proc(root: int) -> list[int]:
    found: list[int] = []
    level = [root]
    while level:
        level = [child for pid in level for child in _children(pid)]
        found += level
    return found


def _children(pid: int) -> list[int]:
    """Return the children of every thread of ``pid``: each belongs to the thread that forked it."""
    children: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                children += map(int, file.read().split())
    except (FileNotFoundError, ProcessLookupError):
        pass  # it ended; its children are found below whoever inherited them
    return children


def _below_in_ps(root: int, group: int) -> list[int]:
    import subprocess

    argv = ("ps", "-A", "-o", "pid=,ppid=,pgid=")
    listing = subprocess.run(argv, capture_output=True, check=False).stdout.splitlines()
    rows = [(int(pid), int(parent), int(its)) for pid, parent, its in map(bytes.split, listing)]
    found = {pid: None for pid, _, its in rows if its == group and group and pid != root}
    size = -1
    while size < len(found):
        size = len(found)
        below = [pid for pid, parent, _ in rows if parent == root or parent in found]
        found.update(dict.fromkeys(below))
    return list(found)
