"""Searching a log: the same lines as one would find by reading it, wherever blocks end."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainautod.execution import log_search
from trainautod.execution.log import LogReader
from trainautod.execution.log_search import Found, LogSearch, Needle

Lines = list[tuple[int, int]]


def write(directory: Path, *parts: tuple[int, bytes]) -> LogReader:
    """Make a log of segments; what no segment holds is gone."""
    for old in directory.glob("*.seg"):
        old.unlink()
    for offset, data in parts:
        (directory / f"{offset:020d}.seg").write_bytes(data)
    return LogReader(directory)


def search(
    reader: LogReader,
    text: str,
    after: int = 0,
    limit: int = 1000,
    *,
    before: int | None = None,
    invert: bool = False,
    complete: bool = True,
) -> Found:
    made = LogSearch(reader, Needle(text), invert=invert, complete=complete)
    return made.run(after, before, limit)


def all_lines(reader: LogReader, text: str, limit: int, *, invert: bool, complete: bool) -> Lines:
    """Go on from each answer to the next, as a client does, until there is no more."""
    found: Lines = []
    after = 0
    while True:
        part = search(reader, text, after, limit, invert=invert, complete=complete)
        assert len(part.lines) <= limit
        found += part.lines
        if part.scanned == after:
            return found
        assert part.scanned > after
        after = part.scanned


def test_colours_within_the_text_do_not_matter(tmp_path: Path) -> None:
    reader = write(tmp_path, (0, b"\x1b[1;32mINFO\x1b[0m epoch \x1b[K1\nno\nINFO\x1b[2J epoch\n"))
    assert search(reader, "info epoch 1").lines == [(0, 26)]
    assert search(reader, "INFO epoch").lines == [(0, 26)]
    assert search(reader, "Info epoch").lines == []
    assert search(reader, "epoch", invert=True).lines == [(27, 29)]


def test_the_lines_that_have_a_text(tmp_path: Path) -> None:
    reader = write(tmp_path, (0, b"one\ntwo\n\ntwo one\nthree"))
    assert search(reader, "one") == Found([(0, 3), (9, 16)], 22, 22)
    assert search(reader, "three") == Found([(17, 22)], 22, 22)
    assert search(reader, "one", invert=True).lines == [(4, 7), (8, 8), (17, 22)]
    assert search(reader, "four") == Found([], 22, 22)


def test_a_log_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    reader = LogReader(tmp_path / "none")
    assert search(reader, "a") == search(reader, "a", 9, invert=True) == Found([], 0, 0)


@pytest.mark.parametrize(
    ("text", "matching"),
    [
        ("error", ["Error", "ERROR", "error"]),
        ("Error", ["Error"]),
        ("größe", ["Größe", "GRÖßE", "größe"]),
        ("Größe", ["Größe"]),
        ("straße.", []),
        ("a.c", ["a.c", "A.C"]),
        ("ærø", ["Ærø", "ÆRØ"]),
        ("学", ["学习"]),
    ],
)
def test_case_counts_if_the_text_has_an_upper_case_letter(
    tmp_path: Path, text: str, matching: list[str]
) -> None:
    lines = ["Error", "ERROR", "error", "Größe", "GRÖßE", "größe", "straße", "a.c", "A.C", "abc"]
    lines += ["Ærø", "ÆRØ", "学习"]
    data = "\n".join(lines).encode()
    reader = write(tmp_path, (0, data))
    assert [data[start:end].decode() for start, end in search(reader, text).lines] == matching


def test_a_line_is_found_once_however_often_it_has_the_text(tmp_path: Path) -> None:
    assert search(write(tmp_path, (0, b"aaaa\nbaab\n")), "a").lines == [(0, 4), (5, 9)]


def test_a_line_that_is_being_written_is_left_for_later(tmp_path: Path) -> None:
    reader = write(tmp_path, (0, b"one\non"))
    assert search(reader, "on", complete=False) == Found([(0, 3)], 4, 6)
    assert search(reader, "on", 4, complete=False) == Found([], 4, 6)
    reader = write(tmp_path, (0, b"one\nonward\n"))
    assert search(reader, "on", 4, complete=False) == Found([(4, 10)], 11, 11)


def test_a_part_that_is_gone_ends_a_line_and_begins_one(tmp_path: Path) -> None:
    reader = write(tmp_path, (0, b"ab\ncd"), (20, b"ef\ngh\n"))
    assert search(reader, "c").lines == [(3, 5)]
    assert search(reader, "d", complete=False).lines == [(3, 5)]
    assert search(reader, "e").lines == [(20, 22)]
    assert search(reader, "de").lines == []
    assert search(reader, "e", 10) == Found([(20, 22)], 26, 26)


@pytest.mark.parametrize(
    ("after", "before", "found"),
    [
        (0, 0, []),
        (0, 1, [0]),
        (0, 3, [0]),
        (0, 4, [0, 3]),
        (1, 6, [3]),
        (3, 6, [3]),
        (3, 7, [3, 6]),
        (4, None, [6, 20, 23]),
        (9, None, [20, 23]),
        (8, 20, []),
        (12, 21, [20]),
        (21, 24, [23]),
        (24, None, []),
        (99, None, []),
        (6, 3, []),
    ],
)
def test_only_lines_that_begin_in_a_range_count(
    tmp_path: Path, after: int, before: int | None, found: list[int]
) -> None:
    reader = write(tmp_path, (0, b"a0\na3\na6"), (20, b"a0\na3"))
    part = search(reader, "a", after, before=before)
    assert [start for start, _ in part.lines] == found
    assert part.scanned == 25 or part.scanned >= (before or 0)


def test_no_more_lines_than_asked_for_and_the_next_from_there(tmp_path: Path) -> None:
    reader = write(tmp_path, (0, b"a1\nb\na2\na3\n"))
    assert search(reader, "a", limit=2) == Found([(0, 2), (5, 7)], 8, 11)
    assert search(reader, "a", 8, limit=2) == Found([(8, 10)], 11, 11)
    assert search(reader, "a", limit=1, invert=True) == Found([(3, 4)], 11, 11)


def test_one_call_looks_at_so_much_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_search, "BLOCK", 64)
    monkeypatch.setattr(log_search, "LARGEST_SCAN", 256)
    data = b"nothing here\n" * 100 + b"needle\n"
    reader = write(tmp_path, (0, data))
    part = search(reader, "needle")
    assert part.lines == []
    assert 256 <= part.scanned < 256 + 64
    found = all_lines(reader, "needle", 10, invert=False, complete=True)
    assert found == [(1300, 1306)]


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("complete", [False, True])
def test_a_line_longer_than_a_block_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invert: bool, complete: bool
) -> None:
    monkeypatch.setattr(log_search, "BLOCK", 16)
    long = b"x" * 30 + b"needle" + b"x" * 30  # over a border of blocks
    data = b"a\n" + long + b"\n" + b"y" * 50 + b"\nneedle\n" + long
    reader = write(tmp_path, (0, data))
    with_it = [(2, 68), (120, 126), *([(127, 193)] if complete else [])]
    without = [(0, 1), (69, 119)]
    expected = without if invert else with_it
    assert all_lines(reader, "needle", 10, invert=invert, complete=complete) == expected


PIECES = st.sampled_from(
    [b"\n", b"a", b"b", b"A", b"ab", b"xxxx", b"\xc3\xa4", b"\xc3\x84", b"\xff"]
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    parts=st.lists(st.lists(PIECES, min_size=1, max_size=40), min_size=1, max_size=4),
    text=st.sampled_from(["a", "ab", "B", "bx", "ä", "aä", "äabä", "xxxxx"]),
    block=st.integers(2, 40),
    limit=st.integers(1, 9),
    invert=st.booleans(),
    complete=st.booleans(),
)
def test_it_finds_what_reading_would_find(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    parts: list[list[bytes]],
    text: str,
    block: int,
    limit: int,
    invert: bool,
    complete: bool,
) -> None:
    monkeypatch.setattr(log_search, "BLOCK", block)
    offset, segments = 0, []
    for part in parts:
        data = b"".join(part)
        segments.append((offset, data))
        offset += len(data) + 5  # five bytes are gone
    reader = write(tmp_path, *segments)
    expected = [line for segment in segments for line in naive(*segment, text, invert=invert)]
    last_offset, last = segments[-1]
    if not complete and not last.endswith(b"\n"):
        expected = [line for line in expected if line[0] != last_offset + last.rfind(b"\n") + 1]
    assert all_lines(reader, text, limit, invert=invert, complete=complete) == expected
    for after in range(0, offset, 7):
        ranged = search(reader, text, after, before=after + 9, invert=invert, complete=complete)
        assert ranged.lines == [line for line in expected if after <= line[0] < after + 9]
    assert all(one[1] < other[0] for one, other in pairwise(expected))


def naive(offset: int, data: bytes, text: str, *, invert: bool) -> Lines:
    """Return the matching lines of consecutive bytes, line by line."""
    flags = re.NOFLAG if any(c.isupper() for c in text) else re.IGNORECASE
    pattern = re.compile(re.escape(text), flags)
    found, start = [], offset
    for line in re.findall(rb"[^\n]*\n|[^\n]+", data):
        bare = line.removesuffix(b"\n")
        if (pattern.search(bare.decode("utf-8", "replace")) is None) == invert:
            found.append((start, start + len(bare)))
        start += len(line)
    return found
