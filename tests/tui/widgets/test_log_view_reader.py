"""The log pane without a toolkit: where its commands lead, and what they ask the daemon for."""

import pytest

from tests.tui.memory_log import Memory
from tests.tui.widgets.log_readers import here, numbered, read, small_pieces, texts
from trainauto_tui.errors import LinkLost
from trainauto_tui.widgets.log_view import kept, tape

# Going through it.


def test_what_stands_before_is_fetched_on_the_way_up() -> None:
    source = Memory(numbered(20_000))
    reader = read(source, height=100)
    expected = 20_000 - 100
    while expected > 13_000:
        reader.scroll(-99, carry=True)
        source.answer()
        expected -= 99
        assert texts(reader)[0] == f"line {expected}"
    assert len(source.asked) == 2


def test_what_comes_after_is_fetched_on_the_way_down() -> None:
    source = Memory(numbered(20_000))
    reader = read(source, height=100)
    reader.first()
    source.answer()
    expected = 0
    while expected < 9_000:
        reader.scroll(99, carry=True)
        source.answer()
        expected += 99
        assert texts(reader)[0] == f"line {expected}"
    assert not reader.follows


def test_a_jump_asks_once_and_shows_nothing_else_meanwhile() -> None:
    source = Memory(numbered(300_000))
    reader = read(source)
    before, asked = texts(reader), len(source.asked)
    reader.first()
    assert texts(reader) == before
    source.answer()
    assert texts(reader)[0] == "line 0"
    reader.drag(0.5)
    assert texts(reader)[0] == "line 0"
    source.answer()
    assert texts(reader)[0].startswith("line 15")
    reader.follow()
    source.answer()
    assert texts(reader)[-1] == "line 299999"
    assert len(source.asked) - asked <= 5


def test_a_dropped_part_is_one_line() -> None:
    head, tail = numbered(10), numbered(20_000)
    gap = (len(head), len(head) + 1_200_000)
    source = Memory(head + b"x" * 1_200_000 + tail, gap=gap)
    reader = read(source)
    reader.first()
    source.answer()
    reader.scroll(2)
    source.answer()
    dropped = [row.line.dropped for row in reader.rows]
    assert dropped == [0] * 8 + [1_200_000, 0]
    near = Memory(head + b"x" * 1_200_000 + numbered(12), gap=gap)
    reader = read(near)
    assert reader.tape.index.lo == 0
    reader.scroll(-100, carry=True)
    reader.scroll(10)
    assert reader.rows[0].line.dropped == 1_200_000


def test_forgotten_bytes_are_fetched_again() -> None:
    source = Memory(numbered(4_000, width=3_000))
    reader = read(source, height=100)
    for _ in range(20):
        reader.scroll(-99, carry=True)
        source.answer()
        assert all(row.here for row in reader.rows)
    reader.follow()
    source.answer()
    assert texts(reader)[-1].startswith("line 3999")


def test_a_follower_jumps_over_what_was_flooded_out() -> None:
    source = Memory(numbered(100), complete=False)
    reader = read(source)
    source.data += numbered(500_000)
    asked = len(source.asked)
    reader.poll()
    source.answer()
    assert texts(reader)[-1] == "line 499999"
    assert len(source.asked) - asked <= 3


def test_who_looks_elsewhere_reads_no_flood() -> None:
    source = Memory(numbered(100_000), complete=False)
    reader = read(source)
    reader.first()
    source.answer()
    for _ in range(20):
        source.data += numbered(50_000)
        reader.poll()
        source.answer()
    assert reader.tape.size == len(source.data)
    assert reader.tape.index.hi < 300_000
    assert texts(reader)[0] == "line 0"


# What a log may hold.


def test_a_line_of_a_megabyte_is_one_row_that_says_so() -> None:
    source = Memory(b"first\n" + b"y" * 1_000_000 + b"\nlast\n")
    reader = read(source)
    assert texts(reader)[-1] == "last"
    reader.first()
    source.answer()
    assert [text[:5] for text in texts(reader)] == ["first", "yyyyy", "last"]
    line = reader.text(reader.rows[1].line)
    assert line is not None
    assert line.text.endswith(" … 996,001 more")
    reader.toggle_wrap()
    reader.scroll(30)
    source.answer()
    assert texts(reader)[0] == "y" * 59


def test_a_progress_bar_of_a_long_line_is_shown_in_its_last_state() -> None:
    bar = b"".join(b"\r%3d%%|%s|" % (n % 101, b"#" * 40) for n in range(tape.LONG_LINE // 40))
    assert texts(read(Memory(bar + b"\r100%|done|\n"))) == ["100%|done|"]


def test_a_cut_line_can_be_read_to_its_end() -> None:
    source = Memory("abc模型def".encode() * 20 + b"\n")
    reader = read(source, width=21)
    reader.shift(16)
    assert texts(reader) == [" defabc模型defabc模"]  # it begins within a wide character
    reader.shift(-100)
    assert reader.left == 0


# Search.


def test_a_search_finds_what_is_far_away_and_asks_for_little() -> None:
    source = Memory(numbered(300_000))
    reader = read(source)
    reader.first()
    source.answer()
    asked = len(source.asked)
    reader.search("line 234567")
    source.answer()
    assert "line 234567" in texts(reader)
    assert not reader.note
    assert len(source.asked) - asked == 1
    assert len(source.sought) == 1


def test_next_and_before_wrap_around_and_say_so() -> None:
    source = Memory(numbered(100_000))
    reader = read(source)
    reader.search("line 5000")
    source.answer()
    assert (here(reader, source), reader.note) == ("line 5000", "wrapped to the top")
    reader.search_on(forward=True)
    source.answer()
    assert (here(reader, source), reader.note) == ("line 50000", "")
    for expected in ("line 5000", "line 50009", "line 50008"):
        reader.search_on(forward=False)
        source.answer()
        assert here(reader, source) == expected
        assert bool(reader.note) == (expected == "line 50009")


def test_the_only_match_is_found_again_and_none_is_told() -> None:
    source = Memory(numbered(100))
    reader = read(source)
    reader.search("line 77")
    source.answer()
    for forward in (True, False):
        reader.search_on(forward)
        source.answer()
        assert here(reader, source) == "line 77"
        assert reader.note.startswith("wrapped")
    reader.follow()
    reader.search("nowhere")
    source.answer()
    assert reader.note == "not found"
    assert reader.follows


def test_a_search_in_a_filter_goes_through_kept_lines_only() -> None:
    source = Memory(numbered(30_000))
    reader = read(source)
    reader.keep("00")
    source.answer()
    reader.search("line 7")
    source.answer()
    assert here(reader, source) == "line 700"
    reader.search_on(forward=True)
    source.answer()
    assert here(reader, source) == "line 7000"
    reader.search_on(forward=False)
    source.answer()
    reader.search_on(forward=False)
    source.answer()
    assert here(reader, source) == "line 7900"


def test_a_match_beyond_the_edge_is_brought_into_view() -> None:
    source = Memory(b"x" * 300 + b"needle\nshort\n")
    reader = read(source)
    reader.search("needle")
    source.answer()
    assert "needle" in texts(reader)[0]
    reader.toggle_wrap()
    reader.search("needle")
    source.answer()
    assert [row.part for row in reader.rows if row.cursor] == [5]


def test_an_error_of_the_search_is_told_and_the_log_goes_on() -> None:
    source = Memory(numbered(100), complete=False)
    reader = read(source)
    source.broken = ValueError("the text is too long")
    reader.search("x")
    source.answer()
    assert reader.note == "the text is too long"
    reader.keep("x")
    source.answer()
    assert reader.kept is None
    source.broken = None
    source.data += b"more\n"
    reader.follow()
    reader.poll()
    source.answer()
    assert texts(reader)[-1] == "more"


# Filter.


def test_a_filter_shows_the_latest_matches_and_those_that_come() -> None:
    source = Memory(numbered(300_000), complete=False)
    reader = read(source)
    reader.keep("7777")
    source.answer()
    assert texts(reader)[-2:] == ["line 287777", "line 297777"]
    assert reader.kept is not None
    assert len(reader.kept.lines) == source.data.count(b"7777")
    assert sum(abs(part.stop - part.start) for part in source.sought) < 3 * len(source.data) + 2**28
    source.data += b"noise\nhas 77777\nnoise\n"
    reader.poll()
    source.answer()
    assert texts(reader)[-1] == "has 77777"
    reader.keep("")
    source.answer()
    assert texts(reader)[-1] == "noise"


def test_a_filter_may_be_inverse_and_keeps_the_place() -> None:
    source = Memory(numbered(10_000))
    reader = read(source)
    reader.go_to_line("5001")
    source.answer()
    reader.keep("!9")
    source.answer()
    assert here(reader, source) == "line 5000"
    assert not any("9" in text for text in texts(reader))
    reader.move(1)
    reader.keep("")
    source.answer()
    assert here(reader, source) == "line 5001"


def test_from_one_end_of_a_filter_to_the_other() -> None:
    source = Memory(numbered(30_000))
    reader = read(source)
    reader.keep("5")
    source.answer()
    reader.first()
    source.answer()
    assert texts(reader)[:2] == ["line 5", "line 15"]
    reader.drag(0.5)
    source.answer()
    assert all("5" in text for text in texts(reader))
    reader.follow()
    source.answer()
    assert texts(reader)[-1] == "line 29995"


def test_a_filter_of_which_there_is_too_much_is_not_counted() -> None:
    with small_pieces(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "COUNTED", 100)
        source = Memory(numbered(3_000))
        reader = read(source)
        reader.keep("line")
        source.answer()
        assert reader.kept is not None
        assert 100 <= len(reader.kept.lines) < 300
        assert not reader.kept.whole


# Times, marks, lines.


def test_times_are_fetched_for_what_is_in_view_only() -> None:
    source = Memory(numbered(300_000))
    reader = read(source)
    assert source.timed == []
    reader.next_times()
    source.answer()
    assert len(source.timed) == 1
    start, end = source.timed[0]
    assert end - start < 200
    assert reader.rows[0].time == "07-15 11:07:49"
    reader.next_times()
    source.answer()
    assert len(source.timed) == 1
    assert reader.rows[0].time == "+5d 04:59"
    reader.first()
    source.answer()
    assert [row.time for row in reader.rows[:3]] == ["+0:00", "+0:01", "+0:03"]
    reader.next_times()
    assert reader.rows[0].time == ""


def test_times_that_the_daemon_refuses_are_off_again() -> None:
    source = Memory(numbered(10))
    reader = read(source)
    source.broken = ValueError("no times")
    reader.next_times()
    source.answer()
    assert (reader.stamps.mode, reader.note) == ("off", "no times")


def test_marks_are_gone_to_in_turn_and_taken_away() -> None:
    source = Memory(numbered(50_000))
    reader = read(source)
    for line in ("40000", "10"):
        reader.go_to_line(line)
        source.answer()
        reader.toggle_mark()
    assert [row.mark for row in reader.rows if row.cursor] == [True]
    for expected in ("line 39999", "line 9", "line 39999"):
        reader.next_mark()
        source.answer()
        assert here(reader, source) == expected
    reader.toggle_mark()
    assert len(reader.marks) == 1
    reader.clear_marks()
    reader.next_mark()
    assert reader.note


def test_lines_by_number() -> None:
    source = Memory(numbered(50_000))
    reader = read(source)
    for number, expected in (("30000", "line 29999"), ("1", "line 0"), ("99999", "line 49999")):
        reader.go_to_line(number)
        source.answer()
        assert here(reader, source) == expected
    reader.go_to_line("x")
    assert reader.note == "x is not the number of a line"


def test_a_lost_link_leaves_what_is_shown_and_wakes_up_again() -> None:
    source = Memory(numbered(100), complete=False)
    reader = read(source)
    source.broken = LinkLost()
    reader.poll()
    source.answer()
    asked = len(source.asked)
    reader.first()
    reader.move(1)
    assert len(source.asked) == asked
    source.broken = None
    source.data += b"back\n"
    reader.wake()
    source.answer()
    reader.follow()
    assert texts(reader)[-1] == "back"
