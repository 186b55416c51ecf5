"""Each measure against a value worked out by hand, against scipy, and by what must hold for any."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from scipy.spatial.distance import jensenshannon

from trainautod.drift.bins import bins_of
from trainautod.drift.columns import numeric
from trainautod.drift.measures import (
    FLOOR,
    Counts,
    Numbers,
    benjamini_hochberg,
    chi_square,
    cumulative_gaps,
    expected_psi,
    jensen_shannon,
    ks_p_value,
    ks_statistic,
    psi,
    total_variation,
    wasserstein,
)

COUNTS = st.lists(st.integers(0, 1000), min_size=2, max_size=12).filter(any)
PAIRS = st.integers(2, 12).flatmap(
    lambda size: st.tuples(
        *[st.lists(st.integers(0, 1000), min_size=size, max_size=size).filter(any)] * 2
    )
)
FEW = settings(max_examples=40, deadline=None)
FLOATS = st.floats(-1e6, 1e6, allow_subnormal=False)


def counts(*values: int) -> Counts:
    return np.array(values, dtype=np.int64)


def sample(size: int, seed: int, shift: float = 0.0) -> Numbers:
    drawn: Numbers = np.sort(np.random.default_rng(seed).normal(shift, 1, size))
    return drawn


def gaps(reference: Numbers, current: Numbers) -> tuple[Numbers, Numbers]:
    return cumulative_gaps(np.sort(reference), np.sort(current))


class TestPsi:
    def test_by_hand(self) -> None:
        # shares .5/.5 and .25/.75: -.25 ln .5 + .25 ln 1.5
        expected = 0.25 * math.log(2) + 0.25 * math.log(1.5)
        assert psi(counts(50, 50), counts(10, 30)) == pytest.approx(expected)

    @FEW
    @given(PAIRS)
    def test_it_is_scipys_divergence_both_ways(self, pair: tuple[list[int], list[int]]) -> None:
        one, other = (np.maximum(np.array(each) / sum(each), FLOOR) for each in pair)
        theirs = special.kl_div(one, other) + special.kl_div(other, one)
        assert psi(*map(np.array, pair)) == pytest.approx(theirs.sum(), abs=1e-9)

    def test_an_empty_bin_counts_as_the_floor(self) -> None:
        expected = (0.1 - FLOOR) * math.log(0.1 / FLOOR) + 0.1 * math.log(1 / 0.9)
        assert psi(counts(100, 0), counts(90, 10)) == pytest.approx(expected)

    def test_chance_alone_gives_what_is_expected_of_it(self) -> None:
        rng = np.random.default_rng(7)
        shares = np.full(10, 0.1)
        drawn = [
            psi(rng.multinomial(5000, shares), rng.multinomial(400, shares)) for _ in range(400)
        ]
        assert np.mean(drawn) == pytest.approx(expected_psi(10, 5000, 400), rel=0.08)


class TestJensenShannon:
    @FEW
    @given(PAIRS)
    def test_it_is_scipys(self, pair: tuple[list[int], list[int]]) -> None:
        theirs = jensenshannon(*pair, base=2)
        ours = jensen_shannon(*map(np.array, pair))
        assert ours == pytest.approx(float(np.nan_to_num(theirs)), abs=1e-7)

    def test_nothing_in_common_is_one(self) -> None:
        assert jensen_shannon(counts(10, 0), counts(0, 3)) == pytest.approx(1)


def test_total_variation_by_hand() -> None:
    assert total_variation(counts(5, 3, 2), counts(20, 60, 20)) == pytest.approx(0.3)


class TestAnyMeasureOverBins:
    @FEW
    @given(COUNTS)
    def test_a_sample_is_at_no_distance_from_itself(self, drawn: list[int]) -> None:
        bins = np.array(drawn)
        for measure in (psi, jensen_shannon, total_variation):
            assert measure(bins, bins) == pytest.approx(0, abs=1e-7)
            assert measure(bins, bins * 3) == pytest.approx(0, abs=1e-7)
        assert chi_square(bins, bins)[0] == pytest.approx(0, abs=1e-7)

    @FEW
    @given(PAIRS)
    def test_a_distance_is_not_negative_and_the_same_both_ways(
        self, pair: tuple[list[int], list[int]]
    ) -> None:
        one, other = map(np.array, pair)
        for measure in (psi, jensen_shannon, total_variation):
            assert measure(one, other) >= 0
            assert measure(one, other) == pytest.approx(measure(other, one), abs=1e-9)
        assert chi_square(one, other) == pytest.approx(chi_square(other, one))
        assert jensen_shannon(one, other) <= 1
        assert total_variation(one, other) <= 1


class TestKolmogorovSmirnov:
    def test_by_hand(self) -> None:
        points, found = gaps(np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 5, 6]))
        assert points.tolist() == [1, 2, 3, 3, 4, 4, 5, 6]
        assert ks_statistic(found) == 0.5

    @pytest.mark.parametrize(("size", "shift"), [(200, 0.0), (200, 0.2), (900, 0.1), (4000, 0.05)])
    def test_it_is_scipys(self, size: int, shift: float) -> None:
        one, other = sample(5000, 1), sample(size, 2, shift)
        theirs = stats.ks_2samp(one, other, method="asymp")
        statistic = ks_statistic(gaps(one, other)[1])
        assert statistic == pytest.approx(theirs.statistic)
        assert ks_p_value(statistic, 5000, size) == pytest.approx(theirs.pvalue, rel=0.02, abs=1e-6)

    @FEW
    @given(st.lists(FLOATS, min_size=1, max_size=30), st.lists(FLOATS, min_size=1, max_size=30))
    def test_it_is_the_same_both_ways(self, one: list[float], other: list[float]) -> None:
        there, back = (gaps(np.array(a), np.array(b)) for a, b in ((one, other), (other, one)))
        assert ks_statistic(there[1]) == ks_statistic(back[1])
        assert wasserstein(*there, 1.0) == wasserstein(*back, 1.0)

    def test_values_that_repeat_are_told_apart_once(self) -> None:
        one, other = np.repeat([0.0, 1.0], [60, 40]), np.repeat([0.0, 1.0], [30, 70])
        assert ks_statistic(gaps(one, other)[1]) == pytest.approx(0.3)


class TestWasserstein:
    def test_a_shift_is_its_length(self) -> None:
        one = sample(500, 3)
        assert wasserstein(*gaps(one, one + 2.5), 1.0) == pytest.approx(2.5)
        assert wasserstein(*gaps(one, one + 2.5), 5.0) == pytest.approx(0.5)

    @FEW
    @given(st.lists(FLOATS, min_size=1, max_size=30), st.lists(FLOATS, min_size=1, max_size=30))
    def test_it_is_scipys(self, one: list[float], other: list[float]) -> None:
        ours = wasserstein(*gaps(np.array(one), np.array(other)), 1.0)
        assert ours == pytest.approx(stats.wasserstein_distance(one, other), rel=1e-6, abs=1e-6)

    def test_the_largest_numbers_do_not_stop_it(self) -> None:
        assert wasserstein(*gaps(np.array([-1.7e308]), np.array([1.7e308])), 1.0) == math.inf


class TestChiSquare:
    def test_it_is_scipys_where_every_bin_is_full_enough(self) -> None:
        one, other = counts(500, 300, 200), counts(40, 35, 25)
        theirs = stats.chi2_contingency([one, other], correction=False)
        assert chi_square(one, other) == pytest.approx((theirs.statistic, theirs.pvalue))

    def test_small_bins_are_pooled(self) -> None:
        # of 1100 rows, 100 are current: a bin needs 55 to expect five of them
        one, other = counts(600, 370, 10, 20), counts(60, 30, 5, 5)
        theirs = stats.chi2_contingency([[600, 400], [60, 40]], correction=False)
        assert chi_square(one, other) == pytest.approx((theirs.statistic, theirs.pvalue))

    def test_a_single_bin_tells_nothing_apart(self) -> None:
        assert chi_square(counts(100, 0), counts(7, 0)) == (0, 1)
        assert chi_square(counts(9, 1), counts(1, 0)) == (0, 1)

    def test_it_calls_equal_shares_different_as_often_as_it_says(self) -> None:
        rng = np.random.default_rng(11)
        shares = np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.01])
        called = [
            chi_square(rng.multinomial(3000, shares), rng.multinomial(250, shares))[1] < 0.05
            for _ in range(1000)
        ]
        assert 0.03 < np.mean(called) < 0.07


class TestBenjaminiHochberg:
    def test_by_hand(self) -> None:
        assert benjamini_hochberg([0.01, 0.04, 0.03, 0.5]) == pytest.approx(
            [0.04, 0.16 / 3, 0.16 / 3, 0.5]
        )
        assert benjamini_hochberg([]) == []

    @FEW
    @given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
    def test_it_is_scipys(self, p_values: list[float]) -> None:
        assert benjamini_hochberg(p_values) == pytest.approx(
            stats.false_discovery_control(p_values).tolist()
        )


@FEW
@given(
    st.lists(st.integers(-1000, 1000), min_size=30, max_size=200),
    st.lists(st.integers(-1000, 1000), min_size=5, max_size=200),
)
def test_a_monotone_transform_of_both_changes_no_rank_measure(
    one: list[int], other: list[int]
) -> None:
    """Bins that hold the same rows before and after, so PSI, KS and χ² see the same."""

    def measured(reference: Numbers, current: Numbers) -> list[float]:
        before, after = numeric(reference), numeric(current)
        bins = bins_of(before)
        pair = bins.counts(before), bins.counts(after)
        found = cumulative_gaps(before.values, after.values)[1]
        return [psi(*pair), jensen_shannon(*pair), chi_square(*pair)[0], ks_statistic(found)]

    plain = np.array(one, dtype=float), np.array(other, dtype=float)
    moved = tuple(values**3 + 5 * values for values in plain)
    assert measured(*moved) == pytest.approx(measured(*plain))
