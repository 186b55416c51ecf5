"""Reading the log of an attempt while, and after, it is written."""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ENTRY = struct.Struct("<QQ")  # offset, unix milliseconds
_TRIES = 20  # a flooding command deletes the segment that was about to be read


@dataclass(frozen=True, slots=True)
class LogSlice:
    """Consecutive bytes of a log.

    Attributes:
        data: the bytes from ``start`` to ``end``; empty at the end of the log.
        start: offset of the first byte: the one asked for, or the next one that is kept.
        end: the offset to ask for next.
        size: bytes in the whole log so far, dropped ones counted.
        dropped: bytes of the whole log that are not kept.
    """

    data: bytes
    start: int
    end: int
    size: int
    dropped: int


class LogReader:
    """Reads ranges of the log in ``directory``, an attempt's ``log`` folder; it need not exist."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, offset: int = 0, limit: int = 65536) -> LogSlice:
        """Return up to ``limit`` bytes from ``offset`` on; a negative one counts from the end.

        Bytes that were dropped are skipped: the slice then starts behind them. It also ends before
        a gap, so that what it holds is consecutive.
        """
        for _ in range(_TRIES):
            segments = self._segments()
            size = sum(segments[-1]) if segments else 0
            dropped = size - sum(length for _, length in segments)
            start = max(0, size + offset) if offset < 0 else min(offset, size)
            try:
                start, data = self._collect(segments, start, limit)
            except FileNotFoundError:
                continue
            return LogSlice(data, start, start + len(data), size, dropped)
        return LogSlice(b"", size, size, size, dropped)

    def time_at(self, offset: int) -> int | None:
        """Return the unix milliseconds at which the byte at ``offset`` came.

        Not later than true, and earlier by at most the index's step; None without a log.
        """
        with self._index() as index:
            entries = index.entries_to(offset)
            return index.read(entries - 1, 1)[0][1] if entries else None

    def times(self, start: int, end: int, limit: int) -> list[tuple[int, int]]:
        """Return when the bytes from ``start`` to ``end`` came, as (offset, unix milliseconds).

        Ascending; each pair holds up to the offset of the next. The first is the last one at or
        before ``start``, so that ``start`` itself is covered, and there are at most ``limit``.
        """
        with self._index() as index:
            first = max(0, index.entries_to(start) - 1)
            return index.read(first, min(limit, index.entries_to(end - 1) - first))

    @contextmanager
    def _index(self) -> "Iterator[_Index]":
        """Yield the index, an empty one of a log that is not there."""
        try:
            descriptor = os.open(self._directory / "index", os.O_RDONLY)
        except FileNotFoundError:
            descriptor = os.open(os.devnull, os.O_RDONLY)
        try:
            yield _Index(descriptor)
        finally:
            os.close(descriptor)

    def _segments(self) -> list[tuple[int, int]]:
        """Return (offset, bytes) of the segments there are, in order."""
        segments = []
        try:
            with os.scandir(self._directory) as entries:
                for entry in entries:
                    if entry.name.endswith(".seg"):
                        segments.append((int(entry.name[:-4]), entry.stat().st_size))  # noqa: PERF401
        except FileNotFoundError:
            return []
        return sorted(segments)

    def _collect(
        self, segments: list[tuple[int, int]], start: int, limit: int
    ) -> tuple[int, bytes]:
        """Return where the data starts, and the data."""
        parts: list[bytes] = []
        position = start
        for offset, length in segments:
            if limit <= 0 or offset + length <= position:
                continue
            if offset > position and parts:
                break
            if not parts:
                start = position = max(offset, position)
            part = self._read_part(
                offset, position - offset, min(limit, offset + length - position)
            )
            parts.append(part)
            position += len(part)
            limit -= len(part)
        return start, b"".join(parts)

    def _read_part(self, segment: int, skip: int, length: int) -> bytes:
        with (self._directory / f"{segment:020d}.seg").open("rb", buffering=0) as file:
            file.seek(skip)
            return file.read(length) or b""


class _Index:
    """The entries of an index: the offset that bytes came from on, and when, ascending."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._count = os.fstat(descriptor).st_size // _ENTRY.size  # one that is torn is left out

    def entries_to(self, offset: int) -> int:
        """Return how many entries are at or before ``offset``."""
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            if self.read(middle, 1)[0][0] <= offset:
                low = middle + 1
            else:
                high = middle
        return low

    def read(self, first: int, count: int) -> list[tuple[int, int]]:
        """Return ``count`` entries from number ``first`` on."""
        data = os.pread(self._descriptor, max(0, count) * _ENTRY.size, first * _ENTRY.size)
        return list(_ENTRY.iter_unpack(data))
