"""How far two samples lie apart: numbers in, numbers out.

Measures over bins take two arrays of counts, one entry per bin, in the same order; measures over
values take two ascending arrays of finite numbers. None of the arrays may be empty.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, kolmogorov

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

FLOOR = 1e-4  # a bin's least share: with an empty one, the logarithm would have no value
EXPECTED = 5.0  # least expected count of a chi-square cell (Cochran 1954)


def psi(reference: Counts, current: Counts) -> float:
    """The population stability index, in nats: 0 for equal shares, no upper bound in sight.

    Sum of (c - r) ln(c / r) over the bins' shares r and c, none taken below ``FLOOR``; the
    symmetrised Kullback-Leibler divergence (Siddiqi 2006, "Credit Risk Scorecards").
    """
    before, after = _floored(reference), _floored(current)
    return float(np.sum((after - before) * np.log(after / before)))


def expected_psi(bins: int, n_reference: int, n_current: int) -> float:
    """The PSI that two samples of one distribution show on average.

    (B - 1)(1/n + 1/m): PSI over (1/n + 1/m) is about chi-square with B - 1 degrees of freedom
    (Yurdakul 2018).
    """
    return (bins - 1) * (1 / n_reference + 1 / n_current)


def jensen_shannon(reference: Counts, current: Counts) -> float:
    """The Jensen-Shannon distance, 0 to 1: root of the divergence to base 2 (Endres 2003)."""
    before, after = _shares(reference), _shares(current)
    middle = (before + after) / 2
    divergence = (_relative_entropy(before, middle) + _relative_entropy(after, middle)) / 2
    return float(np.sqrt(max(divergence, 0.0)))


def total_variation(reference: Counts, current: Counts) -> float:
    """The share of rows, 0 to 1, that would have to change bins to make the shares equal."""
    return float(np.abs(_shares(reference) - _shares(current)).sum() / 2)


def chi_square(reference: Counts, current: Counts) -> tuple[float, float]:
    """The statistic of the chi-square test that both are of one distribution, and its p-value.

    The smallest bins are pooled until each is expected to hold ``EXPECTED`` rows of either
    sample; when that leaves a single bin, nothing can be told apart: 0 and 1.
    """
    table = _pooled(np.stack([reference, current]).astype(np.float64))
    if table.shape[1] < 2:
        return 0.0, 1.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return statistic, float(chdtrc(table.shape[1] - 1, statistic))


def cumulative_gaps(reference: Numbers, current: Numbers) -> tuple[Numbers, Numbers]:
    """All values ascending, and at each how far apart the two cumulative shares are, -1 to 1."""
    points = np.concatenate([reference, current])
    points.sort(kind="stable")  # two ascending runs: a merge
    before = np.searchsorted(reference, points, side="right") / len(reference)
    after = np.searchsorted(current, points, side="right") / len(current)
    return points, before - after


def ks_statistic(gaps: Numbers) -> float:
    """The Kolmogorov-Smirnov statistic, 0 to 1, of what ``cumulative_gaps`` found."""
    return float(np.abs(gaps).max())


def ks_p_value(statistic: float, n_reference: int, n_current: int) -> float:
    """The chance of such a statistic, or a larger one, when both are of one distribution.

    The limiting distribution with the correction for finite samples of Stephens (1970). Ties
    make it too large, never too small: on values that repeat, the test is cautious.
    """
    root = np.sqrt(n_reference * n_current / (n_reference + n_current))
    return float(kolmogorov((root + 0.12 + 0.11 / root) * statistic))


def wasserstein(points: Numbers, gaps: Numbers, spread: float) -> float:
    """The distance, in units of ``spread``, that the mass of one sample moves to become the other.

    Args:
        points: All values, as ``cumulative_gaps`` gives them.
        gaps: The differences of the cumulative shares there.
        spread: The reference's standard deviation, above 0.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # values near the largest float
        return float(np.sum(np.abs(gaps[:-1]) * np.diff(points)) / spread)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for how many there are, in their order (Benjamini, Hochberg 1995).

    Calling those below q a difference keeps the expected share of false calls at q or less.
    """
    count = len(p_values)
    order = np.argsort(p_values)[::-1]
    scaled = np.asarray(p_values, dtype=np.float64)[order] * count / np.arange(count, 0, -1)
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return [float(value) for value in adjusted]


def _shares(counts: Counts) -> Numbers:
    shares: Numbers = counts / counts.sum()
    return shares


def _floored(counts: Counts) -> Numbers:
    floored: Numbers = np.maximum(_shares(counts), FLOOR)
    return floored


def _relative_entropy(of: Numbers, to: Numbers) -> float:
    there = of > 0
    return float(np.sum(of[there] * np.log2(of[there] / to[there])))


def _pooled(table: Numbers) -> Numbers:
    """A table of two rows, its smallest columns added up until none is expected to hold too few."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    needed = EXPECTED * table.sum() / rows.min()
    order = np.argsort(columns, kind="stable")
    held = np.cumsum(columns[order])
    pooled = int(np.sum(columns < needed))
    if pooled == 0:
        return table
    while pooled < len(order) and held[pooled - 1] < needed:
        pooled += 1
    together = table[:, order[:pooled]].sum(axis=1, keepdims=True)
    return np.concatenate([together, table[:, order[pooled:]]], axis=1)
