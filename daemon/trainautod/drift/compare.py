"""Two tables of columns compared feature by feature, with a verdict that knows its sample size."""

import math
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np

from trainautod.drift import measures
from trainautod.drift.bins import Bins, bins_of
from trainautod.drift.columns import Column, Numeric, alike
from trainautod.drift.errors import BinsUnusable, NothingToJudge
from trainautod.drift.measures import Counts

Measure = Literal["psi", "ks", "js", "wasserstein"]
Score = Literal["max", "mean", "share"]
Verdict = Literal["none", "warn", "drift", "too_few_rows"]

MEASURES: tuple[Measure, ...] = get_args(Measure)
SCORES: tuple[Score, ...] = get_args(Score)

#: Where a verdict turns to warn, and to drift. Those of PSI are the customary ones; small
#: distances of Jensen and Shannon are about the root of PSI / 5.5, which gives theirs.
LIMITS: dict[Measure, tuple[float, float]] = {
    "psi": (0.1, 0.2),
    "ks": (0.1, 0.2),
    "js": (0.13, 0.19),
    "wasserstein": (0.1, 0.2),
}
#: With fewer rows a distance is mostly chance, and the tests miss most moves that matter.
MIN_ROWS: dict[Measure, int] = {"psi": 200, "ks": 200, "js": 200, "wasserstein": 500}
SIGNIFICANT = 0.05  # share of false calls among the features that the tests call different
FOREIGN = 0.01  # least share of values that the reference knows, in a column that can be compared
UNKNOWN = "hardly any value is one that the reference has: a date, a counter or a key?"


@dataclass(frozen=True, slots=True)
class Distances:
    """How far one column lies from its reference.

    Attributes:
        psi: Population stability index.
        js: Jensen-Shannon distance.
        ks: Kolmogorov-Smirnov statistic of numbers, total variation of categories.
        wasserstein: In standard deviations of the reference; total variation of categories, and
            of numbers that have no spread.
        chi2: Statistic of the chi-square test over the bins.
        chi2_p_value: Of that test.
        ks_p_value: Of the Kolmogorov-Smirnov test; None for categories.
        expected_psi: The PSI that chance alone gives at these sample sizes.
    """

    psi: float
    js: float
    ks: float
    wasserstein: float
    chi2: float
    chi2_p_value: float
    ks_p_value: float | None
    expected_psi: float

    @property
    def p_value(self) -> float:
        """The chance of such a difference, or a larger one, when nothing moved.

        Of numbers the smaller of the two, doubled for having tried both (Bonferroni): one test
        misses what spreads out, the other what shifts a little.
        """
        if self.ks_p_value is None:
            return self.chi2_p_value
        return min(1.0, 2 * min(self.ks_p_value, self.chi2_p_value))

    def of(self, measure: Measure) -> float:
        """The distance that a measure is."""
        value: float = getattr(self, measure)
        return value


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature, compared.

    Attributes:
        rows: Rows of the reference and of the current table.
        sizes: Values that neither lacks, likewise.
        values: How far its values lie apart; None when there are too few of them.
        presence: How far the shares of missing values lie apart; None when there are too few rows.
        p_adjusted: The p-values of the two, adjusted for how many tests the report makes.
        score: The larger distance of the two under the chosen measure, where one that chance
            explains is 0; None when not judged.
        verdict: What it comes to.
        bins: What its values were counted in.
        notes: What a reader should know.
    """

    rows: tuple[int, int]
    sizes: tuple[int, int]
    values: Distances | None = None
    presence: Distances | None = None
    p_adjusted: tuple[float | None, float | None] = (None, None)
    score: float | None = None
    verdict: Verdict = "too_few_rows"
    bins: Bins | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every feature, and the one number that policies ask for.

    Attributes:
        drift_score: The features' scores taken together.
        features: Each by name, in the order of the reference's columns.
        judged: How many features have a score.
    """

    drift_score: float
    features: Mapping[str, Feature]
    judged: int


@dataclass(frozen=True, slots=True)
class Method:
    """How tables are compared.

    Attributes:
        measure: The distance that verdicts and scores are made of.
        score: How the features' scores are taken together: the largest, their mean, or the share
            of features whose verdict is warn or drift.
        min_rows: Rows that a verdict needs on either side; None is the measure's own.
        bins: Bins of an earlier report, by feature.
    """

    measure: Measure = "psi"
    score: Score = "max"
    min_rows: int | None = None
    bins: Mapping[str, Bins] = field(default_factory=dict)

    @property
    def needed(self) -> int:
        """Rows that a verdict needs on either side."""
        return MIN_ROWS[self.measure] if self.min_rows is None else self.min_rows


def compare(
    reference: Mapping[str, Column], current: Mapping[str, Column], method: Method
) -> Comparison:
    """Compare the columns that both have.

    Raises:
        BinsUnusable: The stored bins of a feature do not fit its column.
        NothingToJudge: No feature has rows enough, so that no score would be an answer.
    """
    measured = {
        name: _measured(name, column, alike(column, current[name]), method)
        for name, column in reference.items()
        if name in current
    }
    features = {name: _judged(one, method.measure) for name, one in _adjusted(measured)}
    scores = [one.score for one in features.values() if one.score is not None]
    if not scores:
        raise _nothing(features.values(), method.needed)
    return Comparison(_together(scores, features.values(), method.score), features, len(scores))


def _measured(name: str, reference: Column, current: Column, method: Method) -> Feature:
    stored = method.bins.get(name)
    sizes = (reference.size, current.size)
    rows = (reference.size + reference.missing, current.size + current.missing)
    notes = tuple(dict.fromkeys((*reference.notes, *current.notes)))
    feature = Feature(rows, sizes, bins=stored, notes=notes)
    if reference.size and stored is None:
        feature = replace(feature, bins=bins_of(reference))
    if min(rows) < method.needed:
        told = f"{min(rows)} rows, {method.needed} are needed"
        return replace(feature, notes=(*notes, told))
    presence = _presence(reference, current)
    if min(sizes) < method.needed or feature.bins is None:
        told = f"{min(sizes)} values: judged by how many are missing alone"
        return replace(feature, presence=presence, notes=(*notes, told))
    try:
        values = _values(reference, current, feature.bins)
    except BinsUnusable as error:
        raise BinsUnusable(f"the stored bins of {name} do not fit: {error.message}") from error
    if _known(reference, current) < FOREIGN:
        notes = (*notes, f"{UNKNOWN} --exclude {shlex.quote(name)} leaves it out")
    return replace(feature, presence=presence, values=values, notes=notes)


def _known(reference: Column, current: Column) -> float:
    """The share of the current values within the reference's range, or among its categories."""
    if isinstance(reference, Numeric) and isinstance(current, Numeric):
        low, high = reference.values[[0, -1]]
        return float(np.mean((low <= current.values) & (current.values <= high)))
    counts: Mapping[Any, int] = current.occurrences
    return sum(counts[each] for each in counts.keys() & reference.occurrences) / current.size


def _values(reference: Column, current: Column, bins: Bins) -> Distances:
    found = _binned(bins.counts(reference), bins.counts(current))
    if not isinstance(reference, Numeric) or not isinstance(current, Numeric):
        return found
    points, gaps = measures.cumulative_gaps(reference.values, current.values)
    statistic = measures.ks_statistic(gaps)
    spread = _spread(reference)
    moved = measures.wasserstein(points, gaps, spread) if spread > 0 else math.inf
    return replace(
        found,
        ks=statistic,
        ks_p_value=measures.ks_p_value(statistic, reference.size, current.size),
        wasserstein=moved if math.isfinite(moved) else found.wasserstein,
    )


def _spread(column: Numeric) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        spread = float(np.std(column.values))
    return spread if math.isfinite(spread) else 0.0


def _presence(reference: Column, current: Column) -> Distances:
    there = [np.array([each.size, each.missing], dtype=np.int64) for each in (reference, current)]
    return _binned(*there)


def _binned(reference: Counts, current: Counts) -> Distances:
    variation = measures.total_variation(reference, current)
    statistic, p_value = measures.chi_square(reference, current)
    occupied = int(np.count_nonzero(reference + current))
    return Distances(
        psi=measures.psi(reference, current),
        js=measures.jensen_shannon(reference, current),
        ks=variation,
        wasserstein=variation,
        chi2=statistic,
        chi2_p_value=p_value,
        ks_p_value=None,
        expected_psi=measures.expected_psi(occupied, int(reference.sum()), int(current.sum())),
    )


def _adjusted(features: Mapping[str, Feature]) -> Iterable[tuple[str, Feature]]:
    """The features with p-values adjusted over all tests; two full columns are no test."""
    tests = [
        (name, place, distances.p_value)
        for name, one in features.items()
        for place, distances in enumerate((one.values, one.presence))
        if distances is not None and not (place == 1 and one.rows == one.sizes)
    ]
    adjusted = measures.benjamini_hochberg([p_value for _, _, p_value in tests])
    found = {(name, place): p for (name, place, _), p in zip(tests, adjusted, strict=True)}
    for name, one in features.items():
        yield name, replace(one, p_adjusted=(found.get((name, 0)), found.get((name, 1))))


def _judged(feature: Feature, measure: Measure) -> Feature:
    """The feature with its score and verdict: the worse of its values and of what is missing."""
    if feature.presence is None:
        return feature
    parts = (
        ("", feature.values, feature.sizes, feature.p_adjusted[0]),
        ("missing values: ", feature.presence, feature.rows, feature.p_adjusted[1]),
    )
    score, notes = 0.0, feature.notes
    for of, distances, sizes, p_adjusted in parts:
        distance = 0.0 if distances is None else distances.of(measure)
        if p_adjusted is not None and p_adjusted < SIGNIFICANT:
            score = max(score, distance)
        elif distance >= LIMITS[measure][0]:
            told = f"{of}{measure} {distance:.2g} is what chance can give at"
            notes = (*notes, f"{told} {sizes[0]} and {sizes[1]} rows")
    verdict = _verdict(score, measure)
    if feature.values is None and verdict == "none":
        # That as many are missing as before says nothing of the few values that are there.
        return feature
    return replace(feature, score=score, verdict=verdict, notes=notes)


def _verdict(score: float, measure: Measure) -> Verdict:
    warn, alarm = LIMITS[measure]
    return "drift" if score >= alarm else "warn" if score >= warn else "none"


def _together(scores: list[float], features: Iterable[Feature], how: Score) -> float:
    if how == "max":
        return max(scores)
    if how == "mean":
        return sum(scores) / len(scores)
    return sum(one.verdict in ("warn", "drift") for one in features) / len(scores)


def _nothing(features: Iterable[Feature], needed: int) -> NothingToJudge:
    most = max((min(one.sizes) for one in features), default=None)
    if most is None:
        return NothingToJudge(
            "the two tables have no column in common that can be compared",
            "compare tables of the same columns",
        )
    return NothingToJudge(
        f"no feature can be judged: a verdict needs {needed} values on either side, and the "
        f"fullest has {most}, so that 'no drift' would be a guess",
        "compare more rows, such as those of a longer time, or lower --min-rows",
    )
