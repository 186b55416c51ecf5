from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.drawing.log_index import Line, LineIndex


def lines(index: LineIndex) -> list[tuple[int, int]]:
    return [index.line(number)[:2] for number in range(len(index))]


def test_a_line_ends_with_its_newline() -> None:
    index = LineIndex()
    index.append(b"one\ntwo\nthr", 0)
    assert lines(index) == [(0, 4), (4, 8), (8, 11)]
    index.append(b"ee\n", 11)
    assert lines(index) == [(0, 4), (4, 8), (8, 14)]


def test_an_empty_log_has_no_lines() -> None:
    assert len(LineIndex()) == 0
    with pytest.raises(IndexError):
        LineIndex().line(0)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_pieces_make_the_same_index_as_the_whole(log: bytes, cuts: list[int]) -> None:
    index = LineIndex()
    edges = [0, *sorted(min(cut, len(log)) for cut in cuts), len(log)]
    for start, end in pairwise(edges):
        index.append(log[start:end], start)
    found = [log[start:end] for start, end in lines(index)]
    assert found == log.splitlines(keepends=True) if b"\r" not in log else True
    assert b"".join(found) == log


def test_a_tail_leaves_out_the_line_it_begins_in() -> None:
    index = LineIndex.of_tail(b"ne\ntwo\nthree\n", 101)
    assert lines(index) == [(104, 108), (108, 114)]


def test_a_tail_of_one_long_line_shows_what_there_is() -> None:
    assert lines(LineIndex.of_tail(b"xxxx", 100)) == [(100, 104)]


def test_earlier_lines_come_before() -> None:
    index = LineIndex.of_tail(b"\nthree\n", 7)
    earlier = LineIndex()
    earlier.append(b"one\ntwo\n", 0)
    assert index.prepend(earlier) == 2
    assert lines(index) == [(0, 4), (4, 8), (8, 14)]


def test_a_piece_of_one_line_joins_the_rest_of_it() -> None:
    index = LineIndex.of_tail(b"xxx\nend\n", 6)
    assert lines(index) == [(10, 14)]
    earlier = LineIndex.of_tail(b"a\nxxxxxxx\n", 0)
    index.prepend(earlier)
    assert lines(index) == [(0, 2), (2, 10), (10, 14)]
    rest = LineIndex.of_tail(b"yyy\n", 6)
    begun = LineIndex()
    begun.append(b"a\nyyyy", 0)
    assert rest.prepend(begun) == 1
    assert lines(rest) == [(0, 2), (2, 10)]


def test_a_dropped_part_is_one_line() -> None:
    index = LineIndex()
    index.append(b"head\n", 0)
    index.append(b"tail\n", 1_000_005)
    assert index.line(1) == Line(5, 1_000_005, 1_000_000)
    assert lines(index)[2] == (1_000_005, 1_000_010)


def test_a_gap_may_cut_a_line() -> None:
    index = LineIndex()
    index.append(b"hea", 0)
    index.append(b"il\n", 100)
    assert [index.line(number) for number in range(3)] == [
        Line(0, 3),
        Line(3, 100, 97),
        Line(100, 103),
    ]


def test_the_line_of_an_offset() -> None:
    index = LineIndex()
    index.append(b"one\ntwo\nthree\n", 0)
    assert [index.number_at(offset) for offset in (0, 3, 4, 9, 99)] == [0, 0, 1, 2, 2]


def test_a_million_lines_are_indexed_in_a_fraction_of_a_second() -> None:
    import time

    data, index = b"a line of a log, of the usual length\n" * 10_000, LineIndex()
    before = time.process_time()
    for number in range(100):
        index.append(data, number * len(data))
    assert len(index) == 1_000_000
    assert time.process_time() - before < 2
