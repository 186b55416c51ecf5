"""Bins: made from a reference once, stored, and counted in again, so that they never move."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from trainautod.drift.columns import Categorical, Column, Numeric
from trainautod.drift.errors import BinsUnusable
from trainautod.drift.measures import Counts

BINS = 10
RARE = 0.01  # share of the reference below which a category has no bin of its own
MOST_CATEGORIES = 1000  # a column with more holds identifiers or free text


@dataclass(frozen=True, slots=True)
class Edges:
    """Ranges of numbers.

    Attributes:
        edges: Ascending upper ends, each within its bin; one more bin is above the last.
    """

    edges: tuple[float, ...]

    def counts(self, column: Column) -> Counts:
        """How many values are in each bin.

        Raises:
            BinsUnusable: The column holds texts.
        """
        if not isinstance(column, Numeric):
            raise BinsUnusable("the bins are ranges of numbers, the column holds text")
        upto = np.searchsorted(column.values, np.asarray(self.edges), side="right")
        return np.diff(np.concatenate([[0], upto, [column.size]])).astype(np.int64)

    def to_json(self) -> dict[str, object]:
        """The bins as JSON."""
        return {"edges": list(self.edges)}


@dataclass(frozen=True, slots=True)
class Values:
    """Single values, all rare ones together, and all that the reference does not have.

    Attributes:
        kept: Values with a bin of their own.
        rare: Values of the reference that share a bin.
    """

    kept: tuple[float, ...] | tuple[str, ...]
    rare: tuple[str, ...] = ()

    def counts(self, column: Column) -> Counts:
        """How many values are in each bin: the kept ones in order, the rare, the unseen.

        Raises:
            BinsUnusable: The bins are of texts and the column holds numbers, or the reverse.
        """
        of_texts = isinstance((*self.kept, *self.rare, "")[0], str)
        if of_texts != isinstance(column, Categorical):
            raise BinsUnusable("the bins and the column are not both numbers or both text")
        occurrences: Mapping[Any, int] = column.occurrences
        kept = [occurrences.get(value, 0) for value in self.kept]
        rare = sum(occurrences.get(value, 0) for value in self.rare)
        return np.array([*kept, rare, column.size - sum(kept) - rare], dtype=np.int64)

    def to_json(self) -> dict[str, object]:
        """The bins as JSON."""
        return {"values": list(self.kept), "rare": list(self.rare)}


Bins = Edges | Values


def bins_of(reference: Column) -> Bins:
    """The bins that a reference gives; it has at least one value.

    Numbers are cut at ten equally large parts of the reference, those of few different values
    into one bin each. Of categories, the most frequent nine have a bin each.
    """
    if isinstance(reference, Categorical):
        return _categories(reference)
    distinct = np.unique(reference.values)
    if len(distinct) <= BINS:
        return Values(tuple(distinct.tolist()))
    return Edges(_edges(reference, float(distinct[-2])))


def from_json(document: object) -> Bins:
    """The bins that ``to_json`` wrote.

    Raises:
        BinsUnusable: It is no such document.
    """
    if isinstance(document, dict) and set(document) == {"edges"}:
        edges = document["edges"]
        if _numbers(edges) and edges and all(a < b for a, b in pairwise(edges)):
            return Edges(tuple(map(float, edges)))
        raise BinsUnusable("'edges' is not an ascending list of numbers")
    if isinstance(document, dict) and set(document) == {"values", "rare"}:
        kept, rare = document["values"], document["rare"]
        if (_numbers(kept) or _texts(kept)) and _texts(rare):
            return Values(tuple(kept), tuple(rare))
        raise BinsUnusable("'values' is not a list of numbers or of texts")
    raise BinsUnusable("bins are {'edges': […]} or {'values': […], 'rare': […]}")


def _edges(reference: Numeric, below_largest: float) -> tuple[float, ...]:
    cuts = np.quantile(reference.values, np.arange(1, BINS) / BINS, method="inverted_cdf")
    # Each cut is a value that occurs: any order-preserving transform moves bins and values alike.
    # A bin above the largest value would hold nothing, and hide what lies below it.
    cuts = np.unique(np.minimum(cuts, below_largest))
    return tuple(cuts.tolist())


def _categories(reference: Categorical) -> Values:
    least = RARE * reference.size
    ranked = sorted(reference.occurrences, key=lambda text: (-reference.occurrences[text], text))
    kept = [text for text in ranked[: BINS - 1] if reference.occurrences[text] >= least]
    return Values(tuple(kept), tuple(sorted(ranked[len(kept) :])))


def _numbers(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in value
    )


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
