"""Whether the inputs of a step are what they were: told by ``stat``, without reading a byte.

The shim looks when the command's process tree is gone, so that what happens to an input later,
while no daemon runs, is not taken for something that happened to the step.
"""

import os

# Mersenne's; the remainder of a listing is as good as unique, and hashlib would add a tenth to
# the memory of every shim.
_PRIME = (1 << 127) - 1


def fingerprint(sources: list[str]) -> str:
    """Return hexadecimal digits that stand for the ``stat`` of every file of some files or folders.

    Links are followed, each folder once on the way down; a link to nowhere counts as absent.

    Raises:
        OSError: a source is missing, or a folder cannot be read.
    """
    lines = [line for source in sources for line in _lines(source)]
    listing = os.fsencode("\n".join(lines))
    return f"{int.from_bytes(listing, 'big') % _PRIME:x}"


def are_kept(sources: list[str], before: str) -> bool | None:
    """Tell whether inputs are as when ``before`` was taken of them; None when nobody can tell."""
    if not before:
        return None
    try:
        return fingerprint(sources) == before
    except OSError:
        return None


def _lines(source: str) -> list[str]:
    found: list[str] = []
    pending: list[tuple[str, frozenset[tuple[int, int]]]] = [(source, frozenset())]
    while pending:
        path, above = pending.pop()
        if not os.path.isdir(path):
            found.append(_line(path, os.stat(path)))
            continue
        status = os.stat(path)
        here = (status.st_dev, status.st_ino)
        if here in above:  # a link back to a folder that we are in
            continue
        with os.scandir(path) as entries:
            found_here = [entry.path for entry in entries if os.path.exists(entry.path)]
        pending += [(below, above | {here}) for below in found_here]
    return sorted(found)


def _line(path: str, status: os.stat_result) -> str:
    times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
    return f"{status.st_dev} {status.st_ino} {status.st_size} {times} {path}"
