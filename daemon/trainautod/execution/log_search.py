"""Lines of a log that have a text, or have it not: block by block, never line by line."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from trainautod.execution.log import LogReader, LogSlice

BLOCK = 1 << 20  # bytes searched at once: long enough to be quick, short enough to let others in
LARGEST_SCAN = 64 << 20  # bytes; what one call may take, some 0.2 s
_UTF8_BYTES = 4  # of a character at most

_ASCII = re.compile(r"[\x00-\x7f]*")
_COLOURS = rb"(?:\x1b\[[0-9;:]*[mKk])*"  # as they stand between the letters of what one sees

Lines = list[tuple[int, int]]
Find = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        lines: byte ranges of the lines, without their newlines.
        scanned: every line before this offset was looked at; where to go on.
        size: bytes in the whole log so far.
    """

    lines: Lines
    scanned: int
    size: int


class Needle:
    """A plain text to find; its case counts only if it has an upper-case letter.

    Colours within it do not matter: it is found as a reader of the log sees it.
    """

    def __init__(self, text: str) -> None:
        """Prepare the search for ``text``, which is not empty and has no newline."""
        self.overlap = _UTF8_BYTES * len(text)
        self._ignores_case = not any(char.isupper() for char in text)
        self._bytes = text.encode()
        self._pattern = None
        wanted = map(_either_case, text) if self._ignores_case else map(_exactly, text)
        self._coloured = re.compile(_COLOURS.join(wanted))
        if self._ignores_case and not text.isascii():
            self._pattern = re.compile(b"".join(map(_either_case, text)))
            self._bytes = max(_ASCII.findall(text), key=len).lower().encode()

    def fold(self, data: bytes) -> bytes:
        """Return the form of ``data`` to search in; places in it stay the same."""
        return data.lower() if self._ignores_case else data

    def finder(self, folded: bytes) -> Find:
        """Return what tells the first place of the text in ``folded`` from a place on, or -1."""
        if b"\x1b" in folded:
            search = self._coloured.search
        elif self._pattern is None:
            return partial(folded.find, self._bytes)
        elif self._bytes:
            return self._with_ascii(folded, self._pattern)
        else:  # nothing in ASCII: its bytes are rare enough to be quick
            search = self._pattern.search
        return lambda start: found.start() if (found := search(folded, start)) else -1

    def _with_ascii(self, folded: bytes, pattern: re.Pattern[bytes]) -> Find:
        """Find the part in ASCII first, and the whole in the same line."""

        def find(start: int) -> int:
            while (hit := folded.find(self._bytes, start)) >= 0:
                end = _line_end(folded, hit)
                found = pattern.search(folded, max(start, folded.rfind(b"\n", 0, hit) + 1), end)
                if found:
                    return found.start()
                start = end + 1
            return -1

        return find


class LogSearch:
    """One search of one log, which may be growing and may lack its middle.

    A line ends at a newline, where a part of the log is gone, and where a log that is complete
    ends. A line that is still being written is left for later.
    """

    def __init__(self, reader: LogReader, needle: Needle, *, invert: bool, complete: bool) -> None:
        """Prepare a search.

        Args:
            reader: of the log.
            needle: what to find.
            invert: whether the lines without it are meant.
            complete: whether the log will not grow any more.
        """
        self._reader = reader
        self._needle = needle
        self._pick = _without if invert else _with
        self._invert = invert
        self._complete = complete

    def run(self, after: int = 0, before: int | None = None, limit: int = 10_000) -> Found:
        """Return matching lines that begin at byte ``after`` or later, and before ``before``.

        At most ``limit`` of them, and no more than ``LARGEST_SCAN`` bytes are looked at.
        """
        lines: Lines = []
        position = self._line_start(after)
        until = position + LARGEST_SCAN
        while True:
            piece = self._reader.read(position, BLOCK)
            over = len(lines) >= limit or position >= until
            if over or not piece.data or (before is not None and piece.start >= before):
                return Found(lines, min(position, piece.size), piece.size)
            position = piece.start
            data = self._whole_lines(piece)
            if data:
                if before is not None and before < piece.end:
                    data = data[: data.find(b"\n", before - 1 - position) + 1] or data
                folded = self._needle.fold(data)
                room = limit - len(lines)
                position += self._pick(folded, self._needle.finder(folded), position, room, lines)
            elif len(piece.data) < BLOCK:  # a line that is being written
                return Found(lines, position, piece.size)
            else:
                end, following, found = self._long_line(position)
                if following == position:
                    return Found(lines, position, piece.size)
                if found != self._invert:
                    lines.append((position, end))
                position = following

    def _line_start(self, after: int) -> int:
        """Return the first place from ``after`` on at which a line begins, or the log's end."""
        position = max(0, after - 1)
        while after:
            piece = self._reader.read(position, BLOCK)
            if piece.start > position:  # what was before is gone
                return max(after, piece.start)
            newline = piece.data.find(b"\n")
            position = piece.end if newline < 0 else piece.start + newline + 1
            if newline >= 0 or not piece.data:
                return position
        return 0

    def _whole_lines(self, piece: LogSlice) -> bytes:
        """Return the part of a piece that is lines which will not change."""
        if self._is_closed(piece):
            return piece.data
        return piece.data[: piece.data.rfind(b"\n") + 1]

    def _is_closed(self, piece: LogSlice) -> bool:
        """Tell whether the last line of a piece ends with it, newline or not."""
        return len(piece.data) < BLOCK and (piece.end < piece.size or self._complete)

    def _long_line(self, start: int) -> tuple[int, int, bool]:
        """Return the end of a line of several blocks, where the next begins, and whether it has it.

        The next one begins at ``start`` when this one is still being written.
        """
        position, kept, found = start, b"", False
        while True:
            piece = self._reader.read(position, BLOCK)
            if piece.start > position or not piece.data:  # what follows is gone
                closed = piece.start > position or self._complete
                return position, position if closed else start, found
            newline = piece.data.find(b"\n")
            text = kept + self._needle.fold(piece.data if newline < 0 else piece.data[:newline])
            found = found or self._needle.finder(text)(0) >= 0
            if newline >= 0:
                return position + newline, position + newline + 1, found
            position, kept = piece.end, text[-self._needle.overlap :]


def _with(data: bytes, find: Find, base: int, room: int, lines: Lines) -> int:
    """Add up to ``room`` lines that have the text; return how many bytes are dealt with.

    Args:
        data: whole lines.
        find: tells the first place of the text from another one on, or -1.
        base: offset of ``data`` in the log.
        room: how many lines may be added.
        lines: where to add them.
    """
    start, most = 0, len(lines) + room
    while (hit := find(start)) >= 0:
        if len(lines) == most:
            return start
        end = _line_end(data, hit)
        lines.append((base + data.rfind(b"\n", 0, hit) + 1, base + end))
        start = end + 1
    return len(data)


def _without(data: bytes, find: Find, base: int, room: int, lines: Lines) -> int:
    """Add up to ``room`` lines that do not have the text; otherwise as ``_with``."""
    start, size, most = 0, len(data), len(lines) + room
    while start < size:
        hit = find(start)
        until = size if hit < 0 else data.rfind(b"\n", start, hit) + 1
        while start < until:
            if len(lines) == most:
                return start
            end = _line_end(data, start)
            lines.append((base + start, base + end))
            start = end + 1
        if hit >= 0:
            start = (data.find(b"\n", hit) + 1) or size
    return size


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end


def _exactly(char: str) -> bytes:
    return re.escape(char.encode())


def _either_case(char: str) -> bytes:
    """Return the pattern of a character in either case, where that is one character too."""
    forms = {form for form in (char, char.upper(), char.lower()) if len(form) == 1}
    return b"(?:" + b"|".join(re.escape(form.encode()) for form in sorted(forms)) + b")"
