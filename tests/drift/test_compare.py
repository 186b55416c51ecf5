"""Verdicts: what is called drift, what is not, and what cannot be told."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.decisions.drift import false_alarms
from trainautod.drift.bins import Edges
from trainautod.drift.columns import Categorical, Column, Numeric, numeric
from trainautod.drift.compare import MEASURES, Feature, Measure, Method, Score, compare
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

    def test_ks_needs_a_distance_that_chance_does_not_explain(self) -> None:
        values = np.linspace(0, 1, 200)
        moved = np.concatenate([values[:100] - 0.11, values[100:]])
        feature = judged(numeric(values), numeric(moved), Method("ks"))
        assert feature.values is not None
        assert feature.values.ks >= 0.1
        assert feature.verdict == "none"

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


def test_false_alarms_are_as_rare_as_the_smallest_sample_promises() -> None:
    """The table that the smallest sample was chosen by, in small: 2,000 rows against none moved."""
    few, enough = (false_alarms("psi", rows, repeats=150, seed=5) for rows in (100, 200))
    assert few > 0.25
    assert enough < 0.10
    assert false_alarms("wasserstein", 200, repeats=150, seed=5) > 0.25
    assert false_alarms("wasserstein", 500, repeats=150, seed=5) < 0.15
