"""Where the lines of a log begin, by number: newlines are counted block by block."""

from dataclasses import dataclass

from trainautod.execution.log import LogReader

BLOCK = 1 << 20  # bytes counted at once, in half a millisecond


@dataclass(frozen=True, slots=True)
class LineStart:
    """A line of a log.

    Attributes:
        number: of the line, 1 being the first; the last one's when a later one was asked for.
        start: the byte at which it begins.
        size: bytes in the whole log so far.
    """

    number: int
    start: int
    size: int


def find_line(reader: LogReader, number: int) -> LineStart:
    """Return where line ``number`` of what is kept of a log begins, 1 being the first.

    A part of the log that is gone ends the line before it and is no line itself.
    """
    position, line = 0, LineStart(1, 0, 0)
    while (piece := reader.read(position, BLOCK)).data:
        cut = piece.start > position > line.start
        line = LineStart(line.number + cut, piece.start if cut else line.start, piece.size)
        newlines = piece.data.count(b"\n")
        passed = min(number - line.number, newlines)
        if passed > 0:
            begin = piece.start + _after_newline(piece.data, passed)
            line = LineStart(line.number + passed, begin, piece.size)
        if passed < newlines or number <= line.number:
            break
        position = piece.end
    if line.number > 1 and line.start >= line.size:  # nothing follows the last newline
        return find_line(reader, line.number - 1)
    return line


def _after_newline(data: bytes, count: int) -> int:
    """Return the place after newline number ``count`` of ``data``, by halving."""
    low, high = 0, len(data)  # after ``low`` bytes it is to come, within ``high`` it has come
    left = count
    while high - low > 1:
        middle = (low + high) // 2
        there = data.count(b"\n", low, middle)
        if there >= left:
            high = middle
        else:
            low, left = middle, left - there
    return high
