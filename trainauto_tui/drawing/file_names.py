"""Short names of files: as much of their paths as tells them apart."""

from collections import Counter
from collections.abc import Sequence

LEAST = 2  # parts of a name: a file and its folder


def short(paths: Sequence[str]) -> dict[str, str]:
    """Return a short name of each path: the file, its folder, and what tells it from the others.

    Args:
        paths: Absolute paths; one whose end is the whole of no other is named by its end.
    """
    names: dict[str, str] = {}
    parts, left = LEAST, set(paths)
    while left:
        ends = {path: _end(path, parts) for path in paths}
        count = Counter(ends[path] for path in set(paths))
        found = {path for path in left if count[ends[path]] == 1 or ends[path] == path}
        names |= {path: ends[path] for path in found}
        parts, left = parts + 1, left - found
    return names


def _end(path: str, parts: int) -> str:
    whole = path.split("/")
    return "/".join(whole[-parts:]) if len(whole) > parts else path
