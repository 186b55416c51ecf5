"""A log, or the lines of it that match, written out piece by piece."""

from collections.abc import Callable, Iterator
from typing import Protocol

from trainauto_tui.client import LogSlice
from trainauto_tui.documents import LogMatches
from trainauto_tui.errors import TrainautoError

PIECE = 1 << 20  # bytes of one request
PAGE = 10_000  # matches of one request


class Log(Protocol):
    """One log, asked directly and not on the thread that draws."""

    def read(self, offset: int, limit: int) -> LogSlice:
        """Return at most ``limit`` bytes from ``offset`` on."""

    def matches(self, after: int, before: int, limit: int) -> LogMatches:
        """Return the first ``limit`` matching lines that begin between two bytes."""


def export(log: Log, start: int, end: int | None, write: Callable[[bytes], object]) -> int:
    """Write the lines that begin between two bytes, as far as they are there now.

    Returns:
        How many bytes it was; fewer when nobody wants them any more (a pipe that broke).
    """
    return _written(_pieces(log, start, end), write)


def export_matches(log: Log, start: int, end: int | None, write: Callable[[bytes], object]) -> int:
    """Write the matching lines that begin between two bytes, each with a newline."""
    return _written(_lines(log, start, end), write)


def _written(pieces: Iterator[bytes], write: Callable[[bytes], object]) -> int:
    size = 0
    try:
        for piece in pieces:
            write(piece)
            size += len(piece)
    except BrokenPipeError:
        return size
    return size


def _pieces(log: Log, start: int, end: int | None) -> Iterator[bytes]:
    first = log.read(start, 0)
    stop, at, last = min(end or first.size, first.size), start, b"\n"
    while at < stop and (piece := log.read(at, min(PIECE, stop - at))).data:
        at, last = piece.end, piece.data[-1:]
        yield piece.data
    while end is not None and last != b"\n" and (piece := log.read(at, PIECE)).data:
        rest = piece.data[: piece.data.find(b"\n") + 1] or piece.data
        at, last = at + len(rest), rest[-1:]
        yield rest


def _lines(log: Log, start: int, end: int | None) -> Iterator[bytes]:
    at, before = start, end if end is not None else log.read(start, 0).size
    while at < before:
        answer = log.matches(at, before, PAGE)
        yield from _ranges(log, [(first, last) for first, last in answer["matches"]])
        if answer["scanned"] <= at:
            return
        at = answer["scanned"]


def _ranges(log: Log, ranges: list[tuple[int, int]]) -> Iterator[bytes]:
    """Yield byte ranges, each with a newline; those that lie near one another are read at once."""
    held = LogSlice(b"", 0, 0, 0, 0, False, 0)
    for start, end in ranges:
        if not held.start <= start <= end <= held.end:
            held = log.read(start, max(PIECE, end - start))
            if held.start > start or held.end < end:
                raise TrainautoError("the log lost a part of itself meanwhile; try again")
        yield held.data[start - held.start : end - held.start] + b"\n"
