"""``python -m benchmarks.decisions.drift``: how often a report of drift is wrong.

Two tables. False alarms: the share of reports on ten features that did not move whose
``drift_score`` warns, and the share whose largest distance does, which would be the score if it
counted what chance explains. Power: how often a feature that did move is called, among nine that
did not, by how far its distribution moved and by rows.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from statistics import NormalDist

import numpy as np

from trainautod.drift.columns import Numeric, numeric
from trainautod.drift.compare import (
    LIMITS,
    MEASURES,
    MIN_ROWS,
    Comparison,
    Measure,
    Method,
    compare,
)

FEATURES = 10
REFERENCES = (200, 2_000, 20_000)
CURRENTS = (200, 500, 2_000)
SIZES = ((200, 200), (200, 2_000), (1_000, 1_000))
MOVES = (0.2, 0.3)  # PSI of the two distributions, as of endless rows
SPREAD, SHIFT = "spreads out", "shifts"
STILL = NormalDist()

Table = dict[str, Numeric]


def false_alarms(
    measure: Measure, sizes: tuple[int, int], repeats: int, seed: int
) -> tuple[float, float]:
    """Return the shares of reports without drift whose score warns, and whose distance does."""
    rng = np.random.default_rng(seed)
    called = np.zeros(2)
    for _ in range(repeats):
        found = compare(_still(rng, sizes[0]), _still(rng, sizes[1]), Method(measure))
        called += np.array([found.drift_score, _largest(found, measure)]) >= LIMITS[measure][0]
    score, distance = called / repeats
    return float(score), float(distance)


def power(
    moved: NormalDist, sizes: tuple[int, int], repeats: int, seed: int, measure: Measure = "psi"
) -> float:
    """Return how often one of the features is called when it alone is as ``moved`` is."""
    rng = np.random.default_rng(seed)
    called = 0
    for _ in range(repeats):
        current = _still(rng, sizes[1])
        current["x0"] = numeric(rng.normal(moved.mean, moved.stdev, sizes[1]))
        found = compare(_still(rng, sizes[0]), current, Method(measure))
        called += found.features["x0"].verdict != "none"
    return called / repeats


def moved_by(psi: float, how: str) -> NormalDist:
    """Return the normal distribution whose PSI from the standard one is ``psi``."""
    move: Callable[[float], NormalDist] = (
        (lambda by: NormalDist(by, 1)) if how == SHIFT else (lambda by: NormalDist(0, 1 + by))
    )
    low, high = 0.0, 3.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if true_psi(move(middle)) < psi else (low, middle)
    return move(low)


def true_psi(moved: NormalDist) -> float:
    """Return the PSI of a distribution from the standard normal one, over its ten parts."""
    edges = [STILL.inv_cdf(part / 10) for part in range(1, 10)]
    upto = np.array([0.0, *[moved.cdf(edge) for edge in edges], 1.0])
    shares = np.diff(upto)
    return float(np.sum((shares - 0.1) * np.log(shares / 0.1)))


def _still(rng: np.random.Generator, rows: int) -> Table:
    return {f"x{n}": numeric(rng.normal(size=rows)) for n in range(FEATURES)}


def _largest(found: Comparison, measure: Measure) -> float:
    return max(one.values.of(measure) for one in found.features.values() if one.values)


def _alarm_rows(repeats: int, seed: int) -> Iterator[str]:
    yield "| reference | current |" + "".join(f" {name} |" for name in MEASURES)
    yield "| ---: | ---: |" + " ---: |" * len(MEASURES)
    for sizes in ((before, now) for before in REFERENCES for now in CURRENTS):
        cells = [
            "{:.1%}, {:.0%}".format(*false_alarms(name, sizes, repeats, seed))
            if min(sizes) >= MIN_ROWS[name]
            else "too few"
            for name in MEASURES
        ]
        yield f"| {sizes[0]:,} | {sizes[1]:,} | " + " | ".join(cells) + " |"


def _power_rows(repeats: int, seed: int) -> Iterator[str]:
    yield "| one feature |" + "".join(f" {before:,} / {now:,} |" for before, now in SIZES)
    yield "| --- |" + " ---: |" * len(SIZES)
    for how in (SHIFT, SPREAD):
        for psi in MOVES:
            found = [power(moved_by(psi, how), sizes, repeats, seed) for sizes in SIZES]
            yield f"| {how}, PSI {psi} |" + "".join(f" {share:.0%} |" for share in found)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="How often a report of drift is wrong.")
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    print(f"False alarms on {FEATURES} features: by score, and by the largest distance.\n")
    for row in _alarm_rows(given.repeats, given.seed):
        print(row, flush=True)
    print("\nA feature that moved is called, by psi; rows of the reference and current.\n")
    for row in _power_rows(given.repeats, given.seed):
        print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
