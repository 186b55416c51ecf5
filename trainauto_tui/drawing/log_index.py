"""Where the lines of a log begin, for the part of it that was looked at so far.

The index covers one range of bytes, ``[lo, hi)``, that grows at either end; it holds offsets
only, eight bytes a line, and never the log itself. A part that the daemon dropped (the middle of
a log over its cap) is one line of its own.
"""

from array import array
from bisect import bisect_right
from itertools import accumulate, islice
from typing import NamedTuple


class Line(NamedTuple):
    """One line: bytes ``start`` to ``end`` of the log; ``dropped`` bytes are gone when not 0."""

    start: int
    end: int
    dropped: int = 0


class LineIndex:
    """The line starts of ``[lo, hi)``; ``lo`` always is the start of a line."""

    def __init__(self, at: int = 0) -> None:
        self.lo = at
        self.hi = at
        self._starts: array[int] = array("Q", [at])
        self._gaps: dict[int, int] = {}

    @classmethod
    def of_tail(cls, data: bytes, start: int) -> "LineIndex":
        """Index a piece of a log; a first line that began before ``start`` is left out.

        Unless that line is all there is: a piece of it is better than nothing.
        """
        whole = data.find(b"\n") + 1 if start else 0
        if whole == len(data):
            whole = 0
        index = cls(start + whole)
        index.append(data[whole:], start + whole)
        return index

    def __len__(self) -> int:
        return len(self._starts) - (self._starts[-1] == self.hi)

    def append(self, data: bytes, start: int) -> None:
        """Add the bytes that follow ``hi``; a ``start`` beyond it says that a part is gone."""
        if start > self.hi:
            self._gaps[self.hi] = start
            if self._starts[-1] != self.hi:
                self._starts.append(self.hi)
            self._starts.append(start)
        self._starts.extend(_after_newlines(data, start))
        self.hi = start + len(data)

    def prepend(self, earlier: "LineIndex") -> int:
        """Add the lines of ``earlier``, which ends where this begins; return how many they are.

        When ``earlier`` ends within a line, the first line here is the rest of that one.
        """
        added = len(earlier)
        if earlier._starts[-1] == earlier.hi:
            self._starts = earlier._starts[:added] + self._starts
        else:
            self._starts = earlier._starts + self._starts[1:]
            added -= 1
        self._gaps |= earlier._gaps
        self.lo = earlier.lo
        return added

    def line(self, number: int) -> Line:
        """Return line ``number``, 0 being the first indexed one.

        Raises:
            IndexError: When there is no such line.
        """
        if not 0 <= number < len(self):
            raise IndexError(number)
        start = self._starts[number]
        end = self._starts[number + 1] if number + 1 < len(self._starts) else self.hi
        return Line(start, end, end - start if start in self._gaps else 0)

    def number_at(self, offset: int) -> int:
        """Return the number of the line that holds byte ``offset``, the nearest if none does."""
        return max(min(bisect_right(self._starts, offset) - 1, len(self) - 1), 0)


def _after_newlines(data: bytes, start: int) -> "array[int]":
    lengths = map(len, data.split(b"\n")[:-1])
    begins = accumulate(lengths, lambda at, length: at + length + 1, initial=start)
    return array("Q", islice(begins, 1, None))
