"""Ranges of a log, across what was dropped."""

from pathlib import Path

import pytest

from trainautod.execution.log import LogReader, LogSlice
from trainautod.execution.shim.logs import LogWriter


@pytest.fixture
def gapped(tmp_path: Path) -> LogReader:
    """Return a log of 30 bytes whose bytes 10 to 19 are gone."""
    (tmp_path / f"{0:020d}.seg").write_bytes(b"abcde")
    (tmp_path / f"{5:020d}.seg").write_bytes(b"fghij")
    (tmp_path / f"{20:020d}.seg").write_bytes(b"uvwxy")
    (tmp_path / f"{25:020d}.seg").write_bytes(b"z0123")
    return LogReader(tmp_path)


@pytest.mark.parametrize(
    ("offset", "limit", "data", "start"),
    [
        (0, 100, b"abcdefghij", 0),
        (3, 4, b"defg", 3),
        (9, 5, b"j", 9),
        (10, 5, b"uvwxy", 20),
        (15, 100, b"uvwxyz0123", 20),
        (27, 100, b"123", 27),
        (30, 100, b"", 30),
        (99, 100, b"", 30),
        (-3, 100, b"123", 27),
        (-7, 4, b"xyz0", 23),
        (-15, 100, b"uvwxyz0123", 20),
        (-99, 2, b"ab", 0),
        (4, 0, b"", 4),
    ],
)
def test_a_range_is_what_is_kept_from_its_offset_on(
    gapped: LogReader, offset: int, limit: int, data: bytes, start: int
) -> None:
    expected = LogSlice(data, start, start + len(data), 30, 10)
    assert gapped.read(offset, limit) == expected


def test_following_the_ends_reads_everything_once(gapped: LogReader) -> None:
    offset, seen = 0, b""
    while (part := gapped.read(offset, 4)).data:
        offset, seen = part.end, seen + part.data
    assert (seen, offset) == (b"abcdefghijuvwxyz0123", 30)


def test_a_log_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    reader = LogReader(tmp_path / "none")
    assert reader.read() == reader.read(-5) == reader.read(7) == LogSlice(b"", 0, 0, 0, 0)
    assert reader.time_at(0) is None
    assert reader.times(0, 9, 9) == []


def test_the_index_tells_when_a_byte_came(tmp_path: Path) -> None:
    writer = LogWriter(str(tmp_path), 1000, 1000)
    for unix_ms in (1000, 1050, 1200, 5000):
        writer.write(b"0123456789", unix_ms)
    writer.close()
    reader = LogReader(tmp_path)
    times = [reader.time_at(offset) for offset in (0, 9, 10, 19, 20, 29, 30, 39, 1000)]
    assert times == [1000, 1000, 1000, 1000, 1200, 1200, 5000, 5000, 5000]


@pytest.mark.parametrize(
    ("start", "end", "limit", "offsets"),
    [
        (0, 40, 9, [0, 20, 30]),
        (0, 1, 9, [0]),
        (0, 20, 9, [0]),
        (0, 21, 9, [0, 20]),
        (19, 21, 9, [0, 20]),
        (20, 30, 9, [20]),
        (29, 10**18, 9, [20, 30]),
        (35, 36, 9, [30]),
        (99, 100, 9, [30]),
        (0, 40, 2, [0, 20]),
        (0, 40, 0, []),
        (20, 20, 9, []),
        (30, 5, 9, []),
    ],
)
def test_the_index_covers_a_range(
    tmp_path: Path, start: int, end: int, limit: int, offsets: list[int]
) -> None:
    writer = LogWriter(str(tmp_path), 1000, 1000)
    came = {0: 1000, 20: 1200, 30: 5000}
    for unix_ms in (1000, 1050, 1200, 5000):
        writer.write(b"0123456789", unix_ms)
    writer.close()
    expected = [(offset, came[offset]) for offset in offsets]
    assert LogReader(tmp_path).times(start, end, limit) == expected


def test_a_torn_last_entry_of_the_index_is_ignored(tmp_path: Path) -> None:
    writer = LogWriter(str(tmp_path), 1000, 1000)
    writer.write(b"x", 1000)
    writer.close()
    with (tmp_path / "index").open("ab") as file:
        file.write(b"\x01\x02\x03")
    assert LogReader(tmp_path).time_at(5) == 1000
