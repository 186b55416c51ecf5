import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.documents import MetricSeries
from trainauto_tui.drawing.curves import Curve, axis_of, curves, families, thinned

Point = tuple[float | None, float | None, int | None]


def document(**series: list[Point]) -> MetricSeries:
    return {"attempt": 1, "complete": True, "series": series}


def test_metrics_that_differ_by_their_data_only_are_one_family() -> None:
    names = ["loss", "rows", "val_loss", "train/auc", "test.auc", "val"]
    assert families(names) == [("loss", "val_loss"), ("rows",), ("train/auc", "test.auc"), ("val",)]


@pytest.mark.parametrize(
    ("points", "axis"),
    [
        ([(1.0, 0.5, 1000), (2.0, 0.4, 2000)], "step"),
        ([(1.0, 0.5, 1000), (None, 0.4, 2000)], "time"),
        ([(None, 0.5, 1000), (None, 0.4, None)], "count"),
        ([], "count"),
    ],
)
def test_steps_are_drawn_over_before_times(points: list[Point], axis: str) -> None:
    assert axis_of(document(loss=points)) == axis


def test_time_begins_with_the_first_value_of_any_metric() -> None:
    found = curves(
        document(loss=[(None, 0.5, 4000), (None, 0.4, 6500)], rows=[(None, 3.0, 1000)]), ["loss"]
    )
    assert found == [Curve("loss", [(3.0, 0.5), (5.5, 0.4)])]


def test_a_value_that_was_not_finite_is_a_gap() -> None:
    (curve,) = curves(document(loss=[(1.0, 0.5, 0), (2.0, None, 0)]), ["loss"])
    assert math.isnan(curve.points[1][1])
    assert curve.last == 0.5


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(1, 60))
def test_thinning_keeps_two_points_per_column_with_both_extremes(
    values: list[float], columns: int
) -> None:
    points = list(enumerate(values))
    kept = thinned(points, columns)
    assert len(kept) <= max(2 * columns, 1)
    assert set(kept) <= set(points)
    assert list(kept) == sorted(kept)
    assert {min(y for _, y in kept), max(y for _, y in kept)} == {min(values), max(values)}


def test_thinning_keeps_gaps() -> None:
    points = [(n, math.nan if 400 <= n < 600 else 1.0) for n in range(1000)]
    assert any(math.isnan(y) for _, y in thinned(points, 10))
