"""``python -m benchmarks.decisions.drift``: how often chance alone is called drift.

The share of comparisons of two samples of one normal distribution whose distance warns, by measure
and rows of the current sample; the reference has 2,000. The least rows that ``drift compute``
judges come from here.
"""

import argparse
import sys
from collections.abc import Callable

import numpy as np

from trainautod.drift import measures
from trainautod.drift.bins import bins_of
from trainautod.drift.columns import Numeric, numeric
from trainautod.drift.compare import LIMITS, Measure

REFERENCE = 2000
SIZES = (50, 100, 200, 500, 1000, 5000)
FEATURES = 20
SIGNIFICANT = 0.05


def _psi(reference: Numeric, current: Numeric) -> float:
    bins = bins_of(reference)
    return measures.psi(bins.counts(reference), bins.counts(current))


def _js(reference: Numeric, current: Numeric) -> float:
    bins = bins_of(reference)
    return measures.jensen_shannon(bins.counts(reference), bins.counts(current))


def _ks(reference: Numeric, current: Numeric) -> float:
    return measures.ks_statistic(measures.cumulative_gaps(reference.values, current.values)[1])


def _wasserstein(reference: Numeric, current: Numeric) -> float:
    pair = measures.cumulative_gaps(reference.values, current.values)
    return measures.wasserstein(*pair, float(np.std(reference.values)))


DISTANCES: dict[Measure, Callable[[Numeric, Numeric], float]] = {
    "psi": _psi,
    "js": _js,
    "ks": _ks,
    "wasserstein": _wasserstein,
}


def false_alarms(measure: Measure, rows: int, repeats: int, seed: int) -> float:
    """Return the share of comparisons without drift whose distance warns."""
    rng = np.random.default_rng(seed)
    found, (warn, _) = DISTANCES[measure], LIMITS[measure]
    alarms = [
        found(numeric(rng.normal(size=REFERENCE)), numeric(rng.normal(size=rows))) >= warn
        for _ in range(repeats)
    ]
    return float(np.mean(alarms))


def any_of_many(rows: int, repeats: int, seed: int, *, adjusted: bool) -> float:
    """Return how often the KS test calls at least one of ``FEATURES`` still features moved."""
    rng = np.random.default_rng(seed)
    alarms = 0
    for _ in range(repeats):
        p_values = [
            measures.ks_p_value(
                _ks(numeric(rng.normal(size=REFERENCE)), numeric(rng.normal(size=rows))),
                REFERENCE,
                rows,
            )
            for _ in range(FEATURES)
        ]
        called = measures.benjamini_hochberg(p_values) if adjusted else p_values
        alarms += min(called) < SIGNIFICANT
    return alarms / repeats


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How often chance alone is called drift.")
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    print(
        "| rows |"
        + "".join(f" {name} ≥ {LIMITS[name][0]} |" for name in DISTANCES)
        + " expected PSI |"
    )
    print("| ---: |" + " ---: |" * (len(DISTANCES) + 1))
    for rows in SIZES:
        shares = [false_alarms(name, rows, given.repeats, given.seed) for name in DISTANCES]
        expected = measures.expected_psi(10, REFERENCE, rows)
        print(f"| {rows} |" + "".join(f" {share:.1%} |" for share in shares) + f" {expected:.3f} |")
    few = max(1, given.repeats // 5)
    plain, adjusted = (any_of_many(500, few, given.seed, adjusted=each) for each in (False, True))
    print(f"\nKS at {SIGNIFICANT} on {FEATURES} features of 500 rows calls one of them moved in")
    print(f"{plain:.0%} of cases; with Benjamini-Hochberg, in {adjusted:.0%}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
