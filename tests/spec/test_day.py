"""Days: arithmetic, comparison with days and ISO text, and everything else refused."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainautod.spec import Day, ExpressionError

JULY_10 = Day(date(2013, 7, 10))


def test_a_day_is_written_as_iso_8601() -> None:
    assert str(JULY_10) == "2013-07-10"
    assert Day.parse("2013-07-10") == JULY_10


def test_whole_days_are_added_and_taken() -> None:
    assert str(JULY_10 - 7) == "2013-07-03"
    assert str(JULY_10 + 22) == "2013-08-01"
    assert str(1 + JULY_10) == "2013-07-11"
    assert JULY_10 - Day.parse("2013-07-01") == 9


def test_days_compare_with_days_and_with_iso_text() -> None:
    assert JULY_10 == "2013-07-10"
    assert JULY_10 != "2013-07-11"
    assert JULY_10 > "2013-07-09"
    assert JULY_10 >= JULY_10
    assert JULY_10 < JULY_10 + 1
    assert JULY_10 <= "2013-12-31"


def test_a_day_and_its_text_are_one_key() -> None:
    assert {JULY_10: 1}["2013-07-10"] == 1  # type: ignore[index]


@pytest.mark.parametrize("other", ["2013-7-10", "20130710", "2013-02-30", "today", 3, None, True])
def test_comparing_with_what_is_no_day_is_an_error(other: object) -> None:
    with pytest.raises(ExpressionError):
        assert other == JULY_10


@pytest.mark.parametrize("days", [1.5, "1", True, None])
def test_only_whole_numbers_move_a_day(days: object) -> None:
    with pytest.raises(ExpressionError):
        JULY_10 + days
    with pytest.raises(ExpressionError):
        JULY_10 - days


@pytest.mark.parametrize("days", [10**7, -(10**7), 10**30])
def test_a_day_beyond_the_calendar_is_an_error(days: int) -> None:
    with pytest.raises(ExpressionError, match="leaves the calendar"):
        JULY_10 + days


@given(st.dates(date(1000, 1, 1), date(3000, 1, 1)), st.integers(-3000, 3000))
def test_arithmetic_agrees_with_the_calendar(day: date, days: int) -> None:
    moved = Day(day) + days
    assert moved.date == day + timedelta(days=days)
    assert moved - Day(day) == days
    assert str(moved) == (day + timedelta(days=days)).isoformat()
