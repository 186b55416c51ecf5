"""Curves of any length in a bounded number of points, whatever was extreme kept."""

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

_SHARE = 2  # points are held up to this many times the limit, so that thinning is rare


class Point(NamedTuple):
    """The ``at``-th value of a metric, from 0; ``value`` is None for one that was not finite."""

    at: int
    step: float | None
    value: float | None


class Series:
    """The values of one metric, in the order in which they were reported.

    Values fall into buckets of equal length, of which the first, the last, the smallest and the
    largest value stay. A bucket is two earlier ones, so that thinning again loses no extreme.
    """

    def __init__(self, most: int) -> None:
        """Keep no more than ``most`` points in an answer; at least four."""
        self._most = max(4, most)
        self._width = 1
        self._count = 0
        self._points: list[Point] = []

    def add(self, value: float | None, step: float | None) -> None:
        """Take the next value."""
        self._points.append(Point(self._count, step, value))
        self._count += 1
        if len(self._points) >= _SHARE * self._most:
            self._points, self._width = _thinned(self._points, self._width, self._most)

    def points(self, most: int | None = None) -> list[Point]:
        """Return the curve in at most ``most`` points, or in as many as there can be."""
        limit = self._most if most is None else max(4, min(most, self._most))
        return _thinned(self._points, self._width, limit)[0]


def _thinned(points: list[Point], width: int, most: int) -> tuple[list[Point], int]:
    """Return no more than ``most`` points, and how many values a bucket of theirs stands for.

    Points that came since the last time are put into buckets of the same width first.
    """
    while len(points) > most:
        buckets = groupby(points, key=lambda point: point.at // width)
        points = [point for _, bucket in buckets for point in _telling(bucket)]
        if len(points) > most:
            width *= 2
    return points, width


def _telling(bucket: Iterable[Point]) -> list[Point]:
    """Return the first, last, smallest and largest of a bucket, in order."""
    points = list(bucket)
    finite = [point for point in points if point.value is not None]
    chosen = {points[0], points[-1]}
    if finite:
        chosen |= {min(finite, key=_value), max(finite, key=_value)}
    return sorted(chosen)


def _value(point: Point) -> float:
    return point.value or 0.0
