"""What a log may do to the terminal of its reader: colour it, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.cli.text_guard import LONGEST_SEQUENCE, TextGuard

HOSTILE = [
    (b"plain text\n\ttabbed\r\n", "plain text\n\ttabbed\r\n"),
    (b"a\x1b[31mred\x1b[0m", "a\x1b[31mred\x1b[0m"),
    (b"\x1b[38;5;12mx\x1b[38:2::1:2:3my", "\x1b[38;5;12mx\x1b[38:2::1:2:3my"),
    (b"a\x1b[2J\x1b[1;1Hb", "ab"),
    (b"a\x1b]0;title\x07b", "ab"),
    (b"a\x1b]52;c;ZXZpbA==\x1b\\b", "ab"),
    (b"a\x1bP+q544e\x1b\\b", "ab"),
    (b"a\x1b(0b\x1b=c\x1b7d", "abcd"),
    (b"a\x1b[?1049hb\x1b[>cb", "abb"),
    (b"bell\x07 back\x08 null\x00 del\x7f", "bell back null del"),
    ("c1 \x9b2J and \x9d0;x\x9c".encode(), "c1 2J and 0;x"),
    (b"bad \xff\xfe bytes", "bad �� bytes"),
    ("snow ☃ 東".encode(), "snow ☃ 東"),
]


def shown(pieces: list[bytes], colour: bool = True) -> str:
    guard = TextGuard(colour)
    return "".join(guard.feed(piece) for piece in pieces)


@pytest.mark.parametrize(("written", "expected"), HOSTILE)
def test_only_text_and_colours_reach_the_terminal(written: bytes, expected: str) -> None:
    assert shown([written]) == expected


@pytest.mark.parametrize(("written", "expected"), HOSTILE)
def test_a_sequence_cut_in_two_is_recognised_all_the_same(written: bytes, expected: str) -> None:
    for at in range(len(written) + 1):
        assert shown([written[:at], written[at:]]) == expected


def test_without_colours_none_pass() -> None:
    assert shown([b"a\x1b[31mred\x1b[0m"], colour=False) == "ared"


def test_a_colour_left_on_is_undone_at_the_end() -> None:
    guard = TextGuard(colour=True)
    guard.feed(b"plain")
    assert guard.end() == ""
    guard.feed(b"\x1b[31mred")
    assert guard.end() == "\x1b[0m"


def test_half_a_sequence_at_the_end_is_dropped() -> None:
    guard = TextGuard(colour=True)
    assert guard.feed(b"x\x1b[3") == "x"
    guard.end()
    assert guard.feed(b"next") == "next"


def test_a_sequence_that_never_ends_does_not_swallow_the_log() -> None:
    guard = TextGuard(colour=True)
    text = guard.feed(b"\x1b]0;" + b"x" * (2 * LONGEST_SEQUENCE)) + guard.feed(b"more\n")
    assert text.endswith("more\n")
    assert "\x1b" not in text


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_no_control_ever_passes_except_colours(pieces: list[bytes]) -> None:
    text = shown(pieces)
    for piece in text.split("\x1b")[1:]:
        assert piece[0] == "["
        assert piece[1:].lstrip("0123456789;:").startswith("m")
    rest = set(text) - {"\x1b", "\n", "\t", "\r"}
    assert not {mark for mark in rest if ord(mark) < 32 or 127 <= ord(mark) < 160}
