"""Curves of metrics before they are drawn: which belong together, over what, in how many points."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from trainauto_tui.documents import MetricSeries
from trainauto_tui.drawing.spans import Role

Points = Sequence[tuple[float, float]]
Axis = Literal["step", "time", "count"]

_SPLITS = ("train", "training", "val", "valid", "validation", "test", "eval", "dev")


class Level(NamedTuple):
    """A value that curves are held against, and what passing it means."""

    value: float
    role: Role


@dataclass(frozen=True, slots=True)
class Curve:
    """One metric over steps or time.

    Attributes:
        name: The metric's name.
        points: Where it was and what, ascending; nan where the value was not a finite number.
    """

    name: str
    points: Points

    @property
    def last(self) -> float | None:
        """The last finite value."""
        return next((y for _, y in reversed(self.points) if math.isfinite(y)), None)


def families(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Group metrics that are the same for different data: ``loss``, ``train_loss``, ``val/loss``.

    Groups and members stay in the given order.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        words = [word for word in name.replace("/", "_").replace(".", "_").split("_") if word]
        rest = [word for word in words if word not in _SPLITS]
        found["_".join(rest) or name].append(name)
    return [tuple(members) for members in found.values()]


def axis_of(document: MetricSeries) -> Axis:
    """Return what the metrics of an attempt can all be drawn over."""
    points = [point for series in document["series"].values() for point in series]
    if points and all(point[0] is not None for point in points):
        return "step"
    return "time" if points and all(point[2] is not None for point in points) else "count"


def curves(document: MetricSeries, names: Sequence[str]) -> list[Curve]:
    """Return the metrics ``names``; over time they begin with the attempt's first value, at 0 s."""
    axis = axis_of(document)
    series: Mapping[str, Sequence[Sequence[float | None]]] = document["series"]
    starts = [point[2] for points in series.values() for point in points if point[2] is not None]
    start = min(starts, default=0)
    found = []
    for name in names:
        points: list[tuple[float, float]] = []
        for at, (step, value, at_ms) in enumerate(series[name]):
            where = {"step": step, "time": ((at_ms or 0) - start) / 1000, "count": at}[axis]
            points.append((where or 0.0, math.nan if value is None else value))
        found.append(Curve(name, points))
    return found


def thinned(points: Points, columns: int) -> Points:
    """Return at most two points per column: the least and the greatest of each, in their order.

    A column that has no finite value keeps one that is not, so that the curve breaks there.
    """
    if len(points) <= 2 * columns:
        return points
    first, last = points[0][0], points[-1][0]
    scale = columns / (last - first) if last > first else 0.0
    buckets: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for point in points:
        buckets[min(int((point[0] - first) * scale), columns - 1)].append(point)
    kept: list[tuple[float, float]] = []
    for bucket in buckets.values():
        finite = [point for point in bucket if math.isfinite(point[1])]
        if not finite:
            kept.append(bucket[0])
            continue
        ends = {min(finite, key=lambda point: point[1]), max(finite, key=lambda point: point[1])}
        kept += sorted(ends)
    return kept
