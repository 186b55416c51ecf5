"""Verdicts: what is called drift, what is not, and what cannot be told."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.decisions.drift import SHIFT, SPREAD, false_alarms, moved_by, power, true_psi
from trainautod.drift.bins import Edges
from trainautod.drift.columns import Categorical, Column, Numeric, numeric
from trainautod.drift.compare import (
    LIMITS,
    MEASURES,
    SIGNIFICANT,
    Feature,
    Measure,
    Method,
    Score,
    compare,
)
from trainautod.drift.errors import BinsUnusable, NothingToJudge

METHOD = Method()


def normal(size: int, seed: int, shift: float = 0.0) -> Numeric:
    return numeric(np.random.default_rng(seed).normal(shift, 1, size))


def judged(reference: Column, current: Column, method: Method = METHOD) -> Feature:
    """The verdict on one feature, beside another that is always judged."""
    still = normal(2000, 0)
    found = compare({"x": reference, "still": still}, {"x": current, "still": still}, method)
    return found.features["x"]


class TestVerdicts:
    @pytest.mark.parametrize("measure", MEASURES)
    def test_a_large_move_is_drift_and_none_is_none(self, measure: Measure) -> None:
        method = Method(measure)
        assert judged(normal(3000, 1), normal(600, 2), method).verdict == "none"
        assert judged(normal(3000, 1), normal(600, 2, shift=1), method).verdict == "drift"
        same, other = {"a": 1500, "b": 1500}, {"a": 100, "b": 500}
        assert judged(Categorical(same), Categorical(same), method).verdict == "none"
        assert judged(Categorical(same), Categorical(other), method).verdict == "drift"

    def test_psi_warns_from_a_tenth_on(self) -> None:
        reference = Categorical({"a": 500, "b": 500})
        for count, verdict in ((560, "none"), (660, "warn"), (720, "drift")):
            feature = judged(reference, Categorical({"a": count, "b": 1000 - count}))
            assert feature.verdict == verdict

    @pytest.mark.parametrize("measure", MEASURES)
    def test_a_distance_that_chance_explains_is_told_and_does_not_count(
        self, measure: Measure
    ) -> None:
        method = Method(measure, min_rows=100)
        for seed in range(60):
            feature = judged(normal(100, seed), normal(100, 90 + seed), method)
            assert feature.values is not None
            assert feature.p_adjusted[0] is not None
            distance, explained = feature.values.of(measure), feature.p_adjusted[0] >= SIGNIFICANT
            assert feature.score == (0 if explained else distance)
            told = f"{measure} {distance:.2g} is what chance can give at 100 and 100 rows"
            noted = explained and distance >= LIMITS[measure][0]
            assert feature.notes == ((told,) if noted else ())
            if explained:
                assert feature.verdict == "none"

    def test_what_spreads_out_is_seen_by_every_measure(self) -> None:
        wider = numeric(np.random.default_rng(2).normal(0, 2.5, 1000))
        for measure in MEASURES:
            assert judged(normal(1000, 1), wider, Method(measure)).verdict != "none"

    def test_values_that_the_reference_does_not_have_are_asked_about(self) -> None:
        asked = "hardly any value is one that the reference has: a date, a counter or a key?"
        told = (f"{asked} --exclude x leaves it out",)
        january, july = numeric(np.full(500, 1.0)), numeric(np.full(500, 7.0))
        counted, later = numeric(np.arange(500.0)), numeric(np.arange(498.0, 998.0))
        keys, others = Categorical({"a": 500}), Categorical({"b": 498, "a": 2})
        for pair in ((january, july), (counted, later), (keys, others)):
            assert judged(*pair).notes == told
            assert judged(pair[0], pair[0]).notes == ()
        assert judged(keys, Categorical({"b": 490, "a": 10})).notes == ()
        assert judged(counted, numeric(np.arange(490.0, 990.0))).notes == ()

    def test_an_unseen_category_counts(self) -> None:
        reference = Categorical({"a": 900, "b": 100})
        feature = judged(reference, Categorical({"a": 800, "b": 100, "new": 100}))
        assert feature.verdict == "drift"

    def test_a_constant_that_stays_is_none_and_one_that_changes_is_drift(self) -> None:
        four, five = numeric(np.full(500, 4.0)), numeric(np.full(500, 5.0))
        for measure in MEASURES:
            assert judged(four, four, Method(measure, min_rows=200)).verdict == "none"
            assert judged(four, five, Method(measure, min_rows=200)).verdict == "drift"

    def test_numbers_as_large_as_they_come_are_compared(self) -> None:
        huge = numeric(np.random.default_rng(3).uniform(-1, 1, 600) * 1.7e308)
        feature = judged(huge, huge, Method("wasserstein"))
        assert (feature.verdict, feature.score) == ("none", 0)


class TestMissingValues:
    def test_their_share_is_compared_by_itself(self) -> None:
        values = normal(1000, 1)
        feature = judged(values, replace(values, missing=500))
        assert feature.values is not None
        assert feature.values.psi == 0
        assert feature.verdict == "drift"
        assert feature.presence is not None
        assert feature.score == feature.presence.psi > 0.2

    def test_shares_that_chance_explains_do_not_count(self) -> None:
        few, more = replace(normal(30, 1), missing=2), replace(normal(28, 1), missing=6)
        feature = judged(few, more, Method(min_rows=20))
        assert feature.presence is not None
        assert feature.presence.psi > 0.1
        assert (feature.score, feature.verdict) == (0, "none")
        assert (
            f"missing values: psi {feature.presence.psi:.2g} is what chance can give at "
            in (feature.notes[-1])
        )

    def test_a_column_that_is_gone_is_drift_without_any_value(self) -> None:
        feature = judged(normal(1000, 1), Categorical({}, missing=1000))
        assert (feature.verdict, feature.values) == ("drift", None)
        assert "0 values" in feature.notes[-1]

    def test_a_column_that_never_had_a_value_is_not_judged(self) -> None:
        empty = Categorical({}, missing=1000)
        feature = judged(empty, empty)
        assert (feature.verdict, feature.score) == ("too_few_rows", None)

    def test_as_many_missing_as_before_says_nothing_of_the_few_that_are_there(self) -> None:
        few = replace(normal(50, 1), missing=950)
        assert judged(few, few).verdict == "too_few_rows"


class TestTooFewRows:
    def test_they_are_told_and_not_counted(self) -> None:
        feature = judged(normal(2000, 1), normal(199, 2, shift=3))
        assert (feature.verdict, feature.score) == ("too_few_rows", None)
        assert feature.notes == ("199 rows, 200 are needed",)

    def test_the_reference_needs_them_too(self) -> None:
        assert judged(normal(199, 1), normal(2000, 2)).verdict == "too_few_rows"

    def test_the_limit_can_be_moved(self) -> None:
        assert judged(normal(2000, 1), normal(150, 2), Method(min_rows=100)).verdict != (
            "too_few_rows"
        )

    def test_the_normed_wasserstein_distance_needs_more(self) -> None:
        pair = normal(2000, 1), normal(400, 2)
        assert judged(*pair, Method("wasserstein")).verdict == "too_few_rows"
        assert judged(*pair).verdict == "none"

    def test_no_score_is_made_of_nothing(self) -> None:
        with pytest.raises(NothingToJudge, match=r"needs 200 values .* fullest has 50"):
            compare({"x": normal(50, 1)}, {"x": normal(50, 1)}, METHOD)
        with pytest.raises(NothingToJudge, match="no column in common"):
            compare({"x": normal(500, 1)}, {"y": normal(500, 1)}, METHOD)


class TestScores:
    @pytest.mark.parametrize(
        ("score", "expected"), [("max", 0.4055), ("mean", 0.1352), ("share", 1 / 3)]
    )
    def test_how_the_features_are_taken_together(self, score: Score, expected: float) -> None:
        even, uneven = Categorical({"a": 500, "b": 500}), Categorical({"a": 800, "b": 200})
        # .3 ln 1.6 - .3 ln .4 = .4159 for the one that moved
        expected = expected if score == "share" else expected * 0.41589 / 0.4055
        reference: Mapping[str, Column] = {"x": even, "y": even, "z": even, "few": normal(9, 1)}
        current: Mapping[str, Column] = {"x": uneven, "y": even, "z": even, "few": normal(9, 1)}
        found = compare(reference, current, Method(score=score))
        assert found.drift_score == pytest.approx(expected, rel=1e-3)
        assert found.judged == 3

    def test_p_values_are_adjusted_over_all_features(self) -> None:
        reference = {f"x{n}": normal(2000, n) for n in range(20)}
        current = {f"x{n}": normal(400, 600 + n) for n in range(20)}
        features = compare(reference, current, METHOD).features.values()
        plain = [one.values.p_value for one in features if one.values]
        adjusted = [one.p_adjusted[0] for one in features if one.p_adjusted[0] is not None]
        assert min(plain) < 0.05 <= min(adjusted)
        assert all(one.p_adjusted[1] is None for one in features)


class TestStoredBins:
    def test_a_later_comparison_counts_in_the_same_bins(self) -> None:
        reference = normal(2000, 1)
        first = judged(reference, normal(500, 2))
        assert first.bins is not None
        method = Method(bins={"x": first.bins})
        later = judged(normal(900, 5), normal(500, 2), method)
        assert later.bins == first.bins
        assert judged(reference, normal(500, 2), method).score == first.score

    def test_bins_that_do_not_fit_are_refused(self) -> None:
        texts = Categorical({"a": 500})
        with pytest.raises(BinsUnusable, match=r"stored bins of x do not fit: .* holds text"):
            judged(texts, texts, Method(bins={"x": Edges((1.0,))}))


class TestReports:
    """The tables of the benchmark in small: reports on ten features, with seeds of their own."""

    @pytest.mark.parametrize("measure", ["psi", "ks", "js"])
    def test_of_those_where_nothing_moved_few_are_wrong(self, measure: Measure) -> None:
        score, distance = false_alarms(measure, (200, 200), repeats=60, seed=5)
        assert score <= 0.10  # 5 % are meant
        assert distance > 0.80

    def test_those_by_the_wasserstein_distance_are_as_seldom_wrong(self) -> None:
        assert false_alarms("wasserstein", (500, 500), repeats=40, seed=5)[0] <= 0.10

    @pytest.mark.parametrize("psi", [0.2, 0.3])
    def test_a_shift_that_matters_is_called_where_verdicts_begin(self, psi: float) -> None:
        moved = moved_by(psi, SHIFT)
        assert true_psi(moved) == pytest.approx(psi, abs=1e-4)
        assert power(moved, (200, 200), repeats=60, seed=5) > 0.70  # of many: 81 % and 97 %

    def test_so_is_one_that_spreads_out_when_there_are_more_rows(self) -> None:
        assert power(moved_by(0.2, SPREAD), (200, 2000), repeats=30, seed=5) > 0.80
