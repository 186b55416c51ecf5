"""A column as it is compared: numbers, or how often each text occurs; and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Numeric:
    """A column of numbers.

    Attributes:
        values: The finite ones, ascending.
        missing: How many rows have none; infinite ones count here.
        notes: What a reader should know of the column.
    """

    values: NDArray[np.float64]
    missing: int = 0
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.values)

    @property
    def occurrences(self) -> dict[float, int]:
        """How often each value occurs, ascending by value."""
        values, counts = np.unique(self.values, return_counts=True)
        return dict(zip(values.tolist(), counts.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Categorical:
    """A column of texts.

    Attributes:
        occurrences: How often each text occurs.
        missing: How many rows have none.
        notes: What a reader should know of the column.
    """

    occurrences: Mapping[str, int]
    missing: int = 0
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many values there are."""
        return sum(self.occurrences.values())


Column = Numeric | Categorical


def numeric(values: NDArray[np.floating]) -> Numeric:
    """A column of numbers in any order; NaN is missing, and infinite ones are told of."""
    finite = np.sort(values[np.isfinite(values)].astype(np.float64))
    infinite = int(np.isinf(values).sum())
    notes = (f"{infinite} infinite values count as missing",) if infinite else ()
    return Numeric(finite, len(values) - len(finite), notes)


def alike(reference: Column, current: Column) -> Column:
    """``current`` as a column of the kind that ``reference`` is.

    A text that is no number counts as missing where numbers are compared. A column without any
    value is of every kind.
    """
    if isinstance(reference, Numeric) and isinstance(current, Categorical) and reference.size:
        return _as_numbers(current)
    if isinstance(reference, Categorical) and isinstance(current, Numeric) and reference.size:
        return _as_texts(current)
    return current


def _as_numbers(column: Categorical) -> Numeric:
    parsed = np.array([_number(text) for text in column.occurrences], dtype=np.float64)
    counts = np.array(list(column.occurrences.values()), dtype=np.int64)
    made = numeric(np.repeat(parsed, counts))
    strange = int(counts[np.isnan(parsed)].sum())
    told = (f"{strange} texts that are no numbers count as missing",) if strange else ()
    notes = (*column.notes, *made.notes, *told)
    return replace(made, missing=made.missing + column.missing, notes=notes)


def _as_texts(column: Numeric) -> Categorical:
    occurrences = {f"{value:.15g}": count for value, count in column.occurrences.items()}
    told = "text in the reference, numbers in the current rows: compared as text"
    return Categorical(occurrences, column.missing, (*column.notes, told))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
