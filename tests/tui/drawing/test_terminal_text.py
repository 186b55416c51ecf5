import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.drawing.terminal_text import CELLS, harmless, plain, styled


def test_colours_and_attributes_are_kept() -> None:
    (red, ink), (rest, none) = styled(b"\x1b[1;31mred\x1b[0m plain").pieces
    assert (red, rest, none) == ("red", " plain", None)
    assert ink is not None
    assert ink.bold
    assert ink.color is not None
    assert ink.color.number == 1


@pytest.mark.parametrize(
    ("code", "colour"),
    [
        (b"38;5;200", "color(200)"),
        (b"38;2;1;2;3", "#010203"),
        (b"38:2:1:2:3", "#010203"),
        (b"92", "color(10)"),
        (b"38;5;999", "color(255)"),
    ],
)
def test_foreground_codes(code: bytes, colour: str) -> None:
    ((_, ink),) = styled(b"\x1b[" + code + b"mx").pieces
    assert ink is not None
    assert ink.color is not None
    assert ink.color.name == colour


def test_attributes_end_where_they_are_switched_off() -> None:
    pieces = styled(b"\x1b[1;4ma\x1b[22mb\x1b[24;41mc\x1b[49md").pieces
    inks = [ink for _, ink in pieces]
    assert inks[0] is not None
    assert inks[0].bold
    assert inks[1] is not None
    assert not inks[1].bold
    assert inks[1].underline
    assert inks[2] is not None
    assert inks[2].bgcolor is not None
    assert inks[3] is None


@pytest.mark.parametrize(
    "attack",
    [
        b"\x1b]0;owned\x07",
        b"\x1b]52;c;aGFja2Vk\x1b\\",
        b"\x1b[2J\x1b[H",
        b"\x1b[?1049h",
        b"\x1bP+q544e\x1b\\",
        b"\x1b_secret\x1b\\",
        b"\x07\x08\x00",
        b"\x1bc",
        b"\x1b]8;;http://x\x07",
        "\x9b2J".encode(),
        "\u202e".encode(),
        "\u2028\u061c".encode(),
        b"\x1b[>4;2m",
        b"\x1b[?25l",
        b"\x1b[6n",
        b"\x1b(0",
        b"\x1b#8",
        b"\x1b^pm\x1b\\",
    ],
)
def test_nothing_a_terminal_would_do_gets_through(attack: bytes) -> None:
    assert styled(b"a" + attack + b"b").text == "ab"


@given(st.binary(max_size=300))
def test_no_bytes_whatsoever_leave_a_control_character(raw: bytes) -> None:
    text = styled(raw.replace(b"\n", b"")).text
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in text)


def test_markup_is_text() -> None:
    assert styled(b"[bold]x[/bold] [link=y]").text == "[bold]x[/bold] [link=y]"


def test_a_progress_bar_is_shown_in_its_last_state() -> None:
    assert styled(b" 10%|#  |\r 50%|## |\r100%|###|\r").text == "100%|###|"
    assert styled(b" 10%|#  |\r100%|###|\x1b[K\r\x1b[A").text == "100%|###|"


def test_a_line_end_of_dos_is_no_restart() -> None:
    assert styled(b"all of it\r").text == "all of it"


def test_bytes_that_are_not_text_are_marked() -> None:
    assert styled(b"caf\xe9 \xff").text == "caf� �"


def test_tabs_reach_the_next_stop() -> None:
    assert styled(b"ab\tc\t\x1b[31md\te").text == "ab      c       d       e"


def test_wide_and_combining_characters_stay() -> None:
    assert styled("模型 e\u0301 ok".encode()).text == "模型 e\u0301 ok"


def test_a_very_long_line_is_cut_and_says_how_much() -> None:
    line = styled(b"x" * 1_000_000)
    assert len(line.text) == CELLS
    assert line.hidden == 1_000_000 - CELLS


def test_bytes_that_are_not_here_count_as_hidden() -> None:
    assert styled(b"abc", beyond=5).hidden == 5
    assert styled(b"abc").hidden == 0


def test_a_pager_gets_colours_and_no_other_control_sequence() -> None:
    raw = b"\x1b[1;31mred\x1b[0m\x1b[2J\x1b]0;t\x07\tx\n 10%\r100%\n\x1b[>4;2mend\xff"
    expected = b"\x1b[1;31mred\x1b[0m\tx\n100%\nend" + "�".encode()
    assert harmless(raw) == expected


@given(st.binary(max_size=300))
def test_no_bytes_whatsoever_reach_a_pager_as_anything_but_text_and_colours(raw: bytes) -> None:
    text = re.sub(r"\x1b\[[0-9;:]*m", "", harmless(raw).decode())
    assert not any(
        (ord(char) < 32 or 127 <= ord(char) < 160) and char not in "\t\n" for char in text
    )


def test_what_is_copied_is_text_alone() -> None:
    assert plain(b"\x1b[31mred\x1b[0m\tx\r\n 10%\r100%\n") == "red\tx\n100%\n"


def test_a_mark_without_a_letter_is_left_out_and_a_tab_is_not() -> None:
    assert styled(b"\x1be\xcc\x81a").text == "a"
    assert styled("\u200dx".encode()).text == "x"
    assert styled(b"\ta").text == "        a"
