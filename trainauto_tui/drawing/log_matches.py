"""What a reader looks for in a log: a text, and the lines that have it."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from trainauto_tui.drawing.log_index import Line

INVERSE = "!"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A plain text to find; its case counts only if it has an upper-case letter.

    Attributes:
        text: What to find; not empty.
        invert: Whether the lines without it are meant.
    """

    text: str
    invert: bool = False

    @classmethod
    def typed(cls, text: str) -> "Pattern | None":
        """Return what was typed as a pattern, ``!`` in front inverting it; None for nothing."""
        bare = text.removeprefix(INVERSE)
        return cls(bare, bare != text) if bare else None

    @property
    def written(self) -> str:
        """The pattern as a person types it."""
        return (INVERSE if self.invert else "") + self.text

    def places(self, line: str) -> list[tuple[int, int]]:
        """Return where the text stands in ``line``, as pairs of character positions."""
        flags = re.NOFLAG if any(char.isupper() for char in self.text) else re.IGNORECASE
        return [found.span() for found in re.finditer(re.escape(self.text), line, flags)]


class Rows(Protocol):
    """Lines in order, of which ``[lo, hi)`` of the log was looked at: all of them, or some."""

    lo: int
    hi: int

    def __len__(self) -> int: ...

    def line(self, number: int) -> Line:
        """Return line ``number``, 0 being the first; raises IndexError."""

    def number_at(self, offset: int) -> int:
        """Return the number of the line at byte ``offset``, or of the nearest before it."""


class MatchList:
    """The matching lines of ``[lo, hi)``, sixteen bytes each; it grows at either end."""

    def __init__(self, at: int = 0) -> None:
        self.lo = at
        self.hi = at
        self._starts: array[int] = array("Q")
        self._ends: array[int] = array("Q")

    def __len__(self) -> int:
        return len(self._starts)

    def append(self, found: Iterable[tuple[int, int]], hi: int) -> None:
        """Add what was found from the present ``hi`` up to the new one."""
        for start, end in found:
            self._starts.append(start)
            self._ends.append(end)
        self.hi = hi

    def prepend(self, found: Iterable[tuple[int, int]], lo: int) -> None:
        """Add what was found from the new ``lo`` up to the present one."""
        pairs = list(found)
        self._starts = array("Q", [start for start, _ in pairs]) + self._starts
        self._ends = array("Q", [end for _, end in pairs]) + self._ends
        self.lo = lo

    def line(self, number: int) -> Line:
        """Return match ``number``, 0 being the first one known; raises IndexError."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        return Line(self._starts[number], self._ends[number])

    def number_at(self, offset: int) -> int:
        """Return the number of the last match that begins at or before ``offset``, else 0."""
        return max(bisect_right(self._starts, offset) - 1, 0)

    def has(self, start: int) -> bool:
        """Return whether the line that begins at ``start`` is one of them."""
        at = bisect_left(self._starts, start)
        return at < len(self) and self._starts[at] == start
