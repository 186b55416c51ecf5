"""What `stat` says about a file, and when that is enough to believe its content unchanged."""

import os
from typing import NamedTuple

# A kernel's file clock moves in ticks of 1 to 10 ms; two writes within one tick look alike.
RACY_NS = 50_000_000
# File systems that keep whole seconds (FAT two) show it by an empty fraction.
COARSE_NS = 2_000_000_000


class StatIdentity(NamedTuple):
    """The stat fields that change whenever a file's bytes do; times in nanoseconds, UTC."""

    dev: int
    ino: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> "StatIdentity":
        """The identity that `stat` shows."""
        return cls(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)

    def same_bytes_as(self, other: "StatIdentity") -> bool:
        """Whether only the change time differs, as it does after a link, unlink or chmod."""
        return self[:4] == other[:4]

    def settled(self, at_ns: int) -> bool:
        """Whether a write after `at_ns` (nanoseconds since 1970) must show in `mtime_ns`."""
        return _apart(self.mtime_ns, at_ns)

    def reliable(self, at_ns: int) -> bool:
        """Whether any change after `at_ns` must show, even one that sets the old mtime again."""
        return _apart(self.mtime_ns, at_ns) and _apart(self.ctime_ns, at_ns)

    def young_ns(self, at_ns: int) -> int:
        """How long after `at_ns` this becomes reliable; 0 also where whole seconds are kept."""
        young = [stamp for stamp in (self.mtime_ns, self.ctime_ns) if not _apart(stamp, at_ns)]
        if not young or COARSE_NS in map(_window, young):
            return 0
        return max(young) + RACY_NS + 1 - at_ns


def _apart(stamp_ns: int, at_ns: int) -> bool:
    return abs(at_ns - stamp_ns) > _window(stamp_ns)


def _window(stamp_ns: int) -> int:
    return RACY_NS if stamp_ns % 1_000_000_000 else COARSE_NS
