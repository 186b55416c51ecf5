"""Where a command's output goes: its first bytes, its last bytes, and when they came.

``log/<offset, 20 digits>.seg`` holds the bytes from that offset of the output on. Segments that
begin inside the head cap stay for ever; later ones roll, so that the newest bytes are kept and the
middle goes. ``log/index`` holds (u64 offset, u64 unix milliseconds) pairs, little-endian.
"""

import os
import time

SEGMENTS_PER_TAIL = 8  # a roll forgets at most this part of the tail at once
MIN_SEGMENT_BYTES = 4096
# The index is as fine as 100 ms, or 0.01 % of the log's age: a month of output stays under 2 MB.
INDEX_STEP_MS = 100
INDEX_STEPS_PER_AGE = 10_000
RETRY_AFTER_S = 0.1  # a full disk is asked again that often; what comes in between is dropped


class LogWriter:
    """Writes the output of one attempt; makes no file before the first byte.

    A disk that refuses bytes never stops the command: those bytes count as dropped.

    Attributes:
        size: bytes that the command has written.
        kept: bytes of them that are in files now.
    """

    __slots__ = (
        "_directory",
        "_fd",
        "_first_ms",
        "_head",
        "_index",
        "_index_size",
        "_retry_at",
        "_room",
        "_segment_bytes",
        "_stamp_ms",
        "_tail",
        "_tail_segments",
        "kept",
        "size",
    )

    def __init__(self, directory: str, head_bytes: int, tail_bytes: int) -> None:
        self._directory = directory
        self._head = head_bytes
        self._tail = tail_bytes
        share = max(MIN_SEGMENT_BYTES, tail_bytes // SEGMENTS_PER_TAIL)
        self._segment_bytes = min(share, max(1, tail_bytes // 2))
        self._tail_segments: list[list[int]] = []  # [offset, bytes], oldest first
        self._fd = -1
        self._room = 0
        self._index = -1
        self._index_size = 0
        self._first_ms = 0
        self._stamp_ms = 0
        self._retry_at = 0.0
        self.size = 0
        self.kept = 0

    @property
    def dropped(self) -> int:
        """Bytes of the output that are in no file."""
        return self.size - self.kept

    def write(self, data: bytes, unix_ms: int) -> None:
        """Append output that arrived at ``unix_ms``."""
        rest = memoryview(data)
        try:
            if time.monotonic() >= self._retry_at:
                self._open_if_needed()
                self._mark(unix_ms)
                while rest:
                    rest = rest[self._write_part(rest) :]
        except OSError:
            self._close_segment()
            self._retry_at = time.monotonic() + RETRY_AFTER_S
        self.size += len(rest)

    def close(self) -> None:
        """Close the files; the writer is done."""
        self._close_segment()
        if self._index >= 0:
            os.close(self._index)
            self._index = -1

    def _write_part(self, data: memoryview) -> int:
        """Write into one segment; return how many bytes of ``data`` are dealt with."""
        self._open_if_needed()
        if self._fd < 0:  # past the head of a log that keeps no tail
            self.size += len(data)
            return len(data)
        written = os.write(self._fd, data[: self._room])
        self._room -= written
        self.size += written
        self.kept += written
        if self._tail_segments:
            self._tail_segments[-1][1] += written
        return written

    def _open_if_needed(self) -> None:
        if self._room > 0 and self._fd >= 0:
            return
        self._close_segment()
        if self.size < self._head:
            self._open_segment(self._head - self.size)
        elif self._tail > 0:
            self._roll()
            self._open_segment(self._segment_bytes)
            self._tail_segments.append([self.size, 0])

    def _roll(self) -> None:
        """Delete the oldest tail segments until another one fits under the cap."""
        room = self._tail - self._segment_bytes
        while self._tail_segments and sum(size for _, size in self._tail_segments) > room:
            offset, size = self._tail_segments.pop(0)
            self.kept -= size
            os.unlink(self._path(offset))

    def _path(self, offset: int) -> str:
        return f"{self._directory}/{offset:020d}.seg"

    def _open_segment(self, room: int) -> None:
        if self._index < 0:
            os.makedirs(self._directory, 0o700, exist_ok=True)
            self._index = os.open(f"{self._directory}/index", os.O_WRONLY | os.O_CREAT, 0o600)
        self._fd = os.open(self._path(self.size), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._room = room

    def _close_segment(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._room = 0

    def _mark(self, unix_ms: int) -> None:
        """Note in the index when the byte at the current offset came."""
        step = max(INDEX_STEP_MS, (unix_ms - self._first_ms) // INDEX_STEPS_PER_AGE)
        recent = self._index_size > 0 and 0 <= unix_ms - self._stamp_ms < step
        if self._index < 0 or recent:
            return
        entry = self.size.to_bytes(8, "little") + unix_ms.to_bytes(8, "little")
        if os.pwrite(self._index, entry, self._index_size) == len(entry):
            self._first_ms = self._first_ms or unix_ms
            self._index_size += len(entry)
            self._stamp_ms = unix_ms
