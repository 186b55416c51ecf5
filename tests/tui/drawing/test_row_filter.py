from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.drawing.row_filter import RowFilter

LETTERS = "abAB é!.*"
TEXTS = st.text(LETTERS, max_size=12)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", True),
        ("   ", True),
        ("fail", True),
        ("FAIL", False),
        ("fail nightly", True),
        ("nightly fail", True),
        ("fail weekly", False),
        ("!weekly", True),
        ("!nightly", False),
        ("fail !", True),
        ("fail !FAILED", True),
        ("l.*d", False),
        ("ledflights", False),
    ],
)
def test_all_words_are_wanted_somewhere_and_excluded_ones_nowhere(text: str, kept: bool) -> None:
    assert RowFilter.parse(text).keeps(["failed", "flights-nightly", "3:20"]) is kept


def test_an_upper_case_letter_makes_its_own_word_exact() -> None:
    assert RowFilter.parse("Fetch TRAIN").keeps(["Fetch", "TRAIN"])
    assert not RowFilter.parse("Fetch train").keeps(["fetch", "TRAIN"])


def test_only_a_filter_that_says_something_is_one() -> None:
    assert not RowFilter.parse(" ! ")
    assert RowFilter.parse("a")
    assert RowFilter.parse("!a")


def test_what_is_found_is_told_once() -> None:
    assert RowFilter.parse("ab bc").found("xABCx abc") == ((1, 4), (6, 9))
    assert RowFilter.parse("!ab").found("ab") == ()


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_a_row_is_kept_exactly_when_each_word_says_so(text: str, cells: list[str]) -> None:
    def has(word: str) -> bool:
        exact = word != word.lower()
        return any(word in cell if exact else word.lower() in cell.lower() for cell in cells)

    words = text.split()
    wanted = all(has(word) for word in words if not word.startswith("!"))
    unwanted = any(has(word[1:]) for word in words if word.startswith("!") and word != "!")
    assert RowFilter.parse(text).keeps(cells) is (wanted and not unwanted)


@given(TEXTS, TEXTS)
def test_what_is_found_is_in_order_and_is_the_words(text: str, cell: str) -> None:
    words = RowFilter.parse(text)
    ranges = words.found(cell)
    assert all(start < end <= len(cell) for start, end in ranges)
    assert all(one[1] < after[0] for one, after in pairwise(ranges))
    assert bool(ranges) is any(word.search(cell) for word in words.wanted)
