from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.drawing.sparkline import ASCII_LEVELS, LEVELS, UNKNOWN, bars


def drawn(values: list[float | None], plain: bool = False) -> str:
    return "".join(span.text for span in bars([(value, "plain") for value in values], plain))


def test_the_largest_is_full_and_the_smallest_still_seen() -> None:
    assert drawn([0.0, 50.0, 100.0, 12.5]) == "▁▅█▂"
    assert drawn([0.0, 50.0, 100.0, 12.5], plain=True) == ".+@:"


def test_what_is_not_known_leaves_its_place_empty() -> None:
    assert drawn([None, 3.0, None]) == f"{UNKNOWN}█{UNKNOWN}"


@pytest.mark.parametrize("values", [[], [None], [0.0, 0.0]])
def test_nothing_to_compare_with_is_no_error(values: list[float | None]) -> None:
    assert len(drawn(values)) == len(values)


def test_each_bar_keeps_its_role() -> None:
    assert [span.role for span in bars([(1.0, "good"), (2.0, "bad")], False)] == ["good", "bad"]


@given(st.lists(st.floats(min_value=0, allow_infinity=False, allow_nan=False), max_size=20))
def test_a_larger_value_never_has_a_lower_bar(values: list[float]) -> None:
    for levels, plain in ((LEVELS, False), (ASCII_LEVELS, True)):
        heights = [levels.index(bar) for bar in drawn(list(values), plain)]
        order = sorted(range(len(values)), key=values.__getitem__)
        assert all(heights[a] <= heights[b] for a, b in pairwise(order))
