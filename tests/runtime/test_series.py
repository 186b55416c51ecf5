"""Curves in a bounded number of points: nothing extreme is lost, short ones stay as they are."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.runtime.series import Point, Series


def series(values: list[float | None], most: int = 100) -> Series:
    made = Series(most)
    for at, value in enumerate(values):
        made.add(value, float(at))
    return made


def test_a_short_curve_stays_as_it_is() -> None:
    values = [3.0, None, 1.0, 2.0]
    assert series(values).points() == [Point(at, float(at), v) for at, v in enumerate(values)]
    assert Series(4).points() == []


def test_a_curve_without_steps_has_points_in_order() -> None:
    made = Series(10)
    for value in (5.0, 4.0):
        made.add(value, None)
    assert made.points() == [Point(0, None, 5.0), Point(1, None, 4.0)]


@pytest.mark.parametrize("count", [99, 100, 101, 1000, 12_345, 100_000])
def test_ends_and_extremes_are_kept_in_no_more_points_than_asked_for(count: int) -> None:
    draw = random.Random(count)
    values = [draw.gauss(0, 1) for _ in range(count)]
    found = series(list(values)).points()
    kept = [point.value for point in found]
    assert len(found) <= 100
    assert len(found) > 45
    assert (kept[0], kept[-1]) == (values[0], values[-1])
    assert {min(values), max(values)} <= set(kept)
    assert [point.at for point in found] == sorted({point.at for point in found})


def test_a_bucket_keeps_its_own_extremes_however_often_it_was_thinned() -> None:
    values = [0.0] * 100_000
    values[33_333], values[77_777] = 9.0, -9.0
    found = series(list(values)).points()
    assert Point(33_333, 33_333.0, 9.0) in found
    assert Point(77_777, 77_777.0, -9.0) in found


def test_the_points_of_a_long_curve_are_spread_over_all_of_it() -> None:
    steps = [point.at for point in series([float(n % 7) for n in range(50_000)]).points()]
    gaps = [later - earlier for earlier, later in pairwise(steps)]
    assert max(gaps) <= 2 * 50_000 / 25  # a bucket has up to four of the hundred points


def test_values_that_are_not_finite_are_gaps_that_hide_nothing() -> None:
    values: list[float | None] = [None] * 1000
    values[500] = 1.0
    kept = [point.value for point in series(values, 20).points()]
    assert 1.0 in kept
    assert kept[0] is None
    assert kept[-1] is None


def test_fewer_points_may_be_asked_for_but_not_more_than_are_kept() -> None:
    made = series([float(n) for n in range(5000)], 200)
    assert len(made.points(10)) <= 10
    assert len(made.points(10_000)) <= 200
    assert made.points(10) == made.points(10)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=400),
    st.integers(1, 40),
)
def test_any_curve_is_a_part_of_what_was_reported(values: list[float | None], most: int) -> None:
    found = series(values, most).points()
    assert len(found) <= max(4, most)
    assert all(values[point.at] == point.value for point in found)
    finite = [value for value in values if value is not None]
    if finite:
        assert {min(finite), max(finite)} <= {point.value for point in found}
