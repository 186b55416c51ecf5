from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from trainauto_tui.drawing.folding import folded
from trainauto_tui.drawing.spans import Span


def texts(text: str, cells: int) -> list[str]:
    return ["".join(span.text for span in line) for line in folded((Span(text),), cells)]


def test_lines_are_broken_at_blanks_and_go_on_further_in() -> None:
    assert texts("  name: one two three", 14) == ["  name: one ", "    two three"]


def test_a_long_word_is_broken_and_nothing_of_it_lost() -> None:
    assert texts("abcdefghij", 4) == ["abcd", "  ef", "  gh", "  ij"]


def test_what_stands_far_in_goes_on_at_the_left_end() -> None:
    assert texts(" " * 8 + "ab cd", 10) == [" " * 8 + "ab", "cd"]


def test_roles_are_kept() -> None:
    (first, second) = folded((Span("good ", "good"), Span("bad", "bad")), 6)
    assert first[0].role == "good"
    assert second[-1] == Span("bad", "bad")


@given(st.text("ab 漢", max_size=60), st.integers(6, 30))
def test_no_line_is_too_long_and_no_letter_is_lost(text: str, cells: int) -> None:
    lines = texts(text, cells)
    assert all(cell_len(line) <= cells for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
