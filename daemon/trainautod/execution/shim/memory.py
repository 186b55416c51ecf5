"""How much memory a tree of processes holds, and whether that is more than it may."""

import os

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# smaps_rollup walks every page table: about 1 ms per GB, so it is read seldom.
SHARED_EVERY_S = 1.0


class MemoryWatch:
    """The peak of a process tree and its limit.

    The sum of resident sizes counts a page once per process that maps it, so it only raises a
    suspicion; the proportional share (``smaps_rollup``) decides. The limit is compared with
    anonymous and shared memory alone: pages of mapped files can be given back at any time.

    Attributes:
        peak: largest proportional share seen so far, in bytes.
    """

    __slots__ = ("_limit", "_shared_at", "peak")

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._shared_at = float("-inf")
        self.peak = 0

    def note(self, size: int) -> None:
        """Take note of a size in bytes that a process of the tree is known to have had."""
        self.peak = max(self.peak, size)

    def over_limit(self, pids: list[int], now: float) -> int:
        """Measure the tree at monotonic time ``now``; return its size if that breaks the limit."""
        resident = _resident(pids)
        limit = self._limit
        suspicious = limit is not None and resident > limit
        if not suspicious and (resident <= self.peak or now < self._shared_at + SHARED_EVERY_S):
            return 0
        if not suspicious and len(pids) == 1:
            self.note(resident)
            return 0
        self._shared_at = now
        proportional, pinned = _shares(pids)
        self.note(proportional)
        return pinned if limit is not None and pinned > limit else 0


def _resident(pids: list[int]) -> int:
    """Return the sum of resident sizes in bytes; a process that has ended counts nothing."""
    if not os.path.exists("/proc/self/statm"):
        return _resident_by_ps(pids)
    pages = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/statm", "rb") as file:
                pages += int(file.read().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return pages * _PAGE_BYTES


def _shares(pids: list[int]) -> tuple[int, int]:
    """Return the tree's proportional size, and that of its pages that cannot be given back."""
    proportional = pinned = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
                rows = [line.split() for line in file.read().splitlines()[1:]]
                sizes = {row[0]: int(row[1]) for row in rows}
        except OSError:  # it ended, became another user's, or this is not Linux
            sizes = {}
        proportional += sizes.get(b"Pss:", 0) * 1024
        pinned += (sizes.get(b"Pss_Anon:", 0) + sizes.get(b"Pss_Shmem:", 0)) * 1024
    return (proportional, pinned) if pinned else (_resident(pids),) * 2


def _resident_by_ps(pids: list[int]) -> int:
    import subprocess

    argv = ("ps", "-o", "rss=", "-p", ",".join(map(str, pids)) or "0")
    listing = subprocess.run(argv, capture_output=True, check=False).stdout
    return sum(map(int, listing.split())) * 1024
