"""Samples of figures, taken in rounds so that a slow moment of the machine meets every subject."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.errors import Unmeasured

Figures = Mapping[str, float]
Subject = Callable[[], Figures]


@dataclass(frozen=True, slots=True)
class Measure:
    """The samples of one figure, in its column's unit."""

    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the middle sample, which one disturbed round does not move."""
        return statistics.median(self.samples)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rounds found about one subject.

    Attributes:
        measures: its figures by column; empty when it could not be measured.
        problem: why not, else an empty text.
    """

    measures: Mapping[str, Measure]
    problem: str = ""


def in_rounds(
    subjects: Mapping[str, Subject], rounds: int, warm_ups: int = 0
) -> dict[str, Outcome]:
    """Ask every subject for its figures once per round, in turn, and return their samples.

    Args:
        subjects: by name; each call measures once and returns figures by column.
        rounds: samples per figure.
        warm_ups: rounds before them that fill caches and are not counted.
    """
    found: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in subjects}
    problems: dict[str, str] = {}
    for number in range(warm_ups + rounds):
        for name, subject in subjects.items():
            if name in problems:
                continue
            try:
                figures = subject()
            except Unmeasured as error:
                problems[name] = str(error)
                continue
            for column, value in figures.items() if number >= warm_ups else ():
                found[name][column].append(value)
    return {name: _outcome(found[name], problems.get(name, "")) for name in subjects}


def wall_s(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _outcome(samples: Mapping[str, list[float]], problem: str) -> Outcome:
    if problem:
        return Outcome({}, problem)
    return Outcome({column: Measure(tuple(values)) for column, values in samples.items()})
