"""Bins: made once, the same ever after."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.drift.bins import MOST_CATEGORIES, Bins, Edges, Values, bins_of, from_json
from trainautod.drift.columns import Categorical, Numeric, alike, numeric
from trainautod.drift.errors import BinsUnusable


def numbers(values: Sequence[float]) -> Numeric:
    return numeric(np.array(values, dtype=float))


def test_numbers_are_cut_into_ten_parts_of_equal_size() -> None:
    column = numbers(range(1000))
    bins = bins_of(column)
    assert isinstance(bins, Edges)
    assert len(bins.edges) == 9
    assert bins.counts(column).tolist() == [100] * 10


def test_the_outer_bins_have_no_end() -> None:
    bins = bins_of(numbers(range(1000)))
    assert bins.counts(numbers([-1e9, 1e9, 1e9])).tolist() == [1, *[0] * 8, 2]


def test_a_value_on_an_edge_is_below_it() -> None:
    assert Edges((1.0, 2.0)).counts(numbers([1, 2, 2.5])).tolist() == [1, 1, 1]


def test_numbers_of_few_values_have_a_bin_each_and_one_for_the_others() -> None:
    bins = bins_of(numbers([1, 1, 2, 5]))
    assert bins == Values((1.0, 2.0, 5.0))
    assert bins.counts(numbers([1, 5, 7, 7, 1.5])).tolist() == [1, 0, 1, 0, 3]


def test_a_constant_that_changes_is_seen() -> None:
    assert bins_of(numbers([4, 4, 4])).counts(numbers([5, 5])).tolist() == [0, 0, 2]


@pytest.mark.parametrize("atom", [0.0, 50.0, 100.0])
def test_a_value_that_most_rows_have_does_not_hide_the_others(atom: float) -> None:
    column = numbers([atom] * 900 + list(range(1, 100)))
    counts = bins_of(column).counts(column)
    assert counts.sum() == 999
    assert np.count_nonzero(counts) >= 2
    assert 0 < counts.max() < 999


def test_rare_categories_share_a_bin_and_unseen_ones_have_their_own() -> None:
    column = Categorical({"a": 600, "b": 390, "c": 6, "d": 4})
    bins = bins_of(column)
    assert bins == Values(("a", "b"), ("c", "d"))
    assert bins.counts(column).tolist() == [600, 390, 10, 0]
    assert bins.counts(Categorical({"b": 1, "d": 2, "new": 3})).tolist() == [0, 1, 2, 3]


def test_of_many_categories_nine_have_a_bin_so_that_chance_adds_up_to_no_more() -> None:
    column = Categorical({f"c{number:02}": 20 for number in range(40)})
    bins = bins_of(column)
    assert isinstance(bins, Values)
    assert (len(bins.kept), len(bins.rare)) == (9, 31)
    assert MOST_CATEGORIES > 40


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60),
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60),
)
def test_each_value_is_in_one_bin_and_stored_bins_count_the_same(
    one: list[float], other: list[float]
) -> None:
    bins = bins_of(numbers(one))
    again = from_json(bins.to_json())
    assert again == bins
    for column in (numbers(one), numbers(other)):
        counts = bins.counts(column)
        assert counts.sum() == column.size
        assert counts.min() >= 0
        assert again.counts(column).tolist() == counts.tolist()


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"edges": []},
        {"edges": [2, 1]},
        {"edges": [1, True]},
        {"edges": ["1"]},
        {"values": [1, "a"], "rare": []},
        {"values": ["a"]},
        {"edges": [1], "values": ["a"]},
    ],
)
def test_what_are_no_bins_is_refused(document: object) -> None:
    with pytest.raises(BinsUnusable):
        from_json(document)


@pytest.mark.parametrize("bins", [Edges((1.0,)), Values((1.0,))])
def test_bins_of_numbers_do_not_hold_text(bins: Bins) -> None:
    with pytest.raises(BinsUnusable):
        bins.counts(Categorical({"a": 1}))


def test_bins_of_text_do_not_hold_numbers() -> None:
    with pytest.raises(BinsUnusable):
        Values(("a",)).counts(numbers([1]))


class TestColumnsOfTwoKinds:
    def test_text_where_numbers_were_is_read_as_numbers_and_the_rest_is_missing(self) -> None:
        made = alike(numbers([1, 2]), Categorical({"3": 2, "n/a": 4, "inf": 1}, missing=5))
        assert isinstance(made, Numeric)
        assert (made.values.tolist(), made.missing) == ([3, 3], 10)
        assert made.notes == (
            "1 infinite values count as missing",
            "4 texts that are no numbers count as missing",
        )

    def test_numbers_where_text_was_are_read_as_text(self) -> None:
        made = alike(Categorical({"1": 2, "2.5": 1}), numbers([1, 2.5, np.nan]))
        assert isinstance(made, Categorical)
        assert (made.occurrences, made.missing) == ({"1": 1, "2.5": 1}, 1)
        assert "text" in made.notes[0]

    def test_a_column_without_values_is_of_any_kind(self) -> None:
        texts, empty = Categorical({"a": 1}), numbers([np.nan])
        assert alike(empty, texts) is texts
        assert alike(texts, empty).missing == 1
