"""The order of a list's rows by one of their values."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
Value = str | float | None


def ordered(
    rows: Sequence[T], value: Callable[[T], Value], key: Callable[[T], str], down: bool = False
) -> list[T]:
    """Return ``rows`` by value, ``down`` from the largest.

    Rows without a value are last either way, and rows of equal value stand in the order of their
    keys: a refresh that changes nothing moves nothing. Text is compared without regard to case.
    """
    with_value = [(value(row), row) for row in rows]
    keyed = sorted(with_value, key=lambda pair: key(pair[1]))
    there = [pair for pair in keyed if pair[0] is not None]
    there.sort(key=lambda pair: _comparable(pair[0]), reverse=down)
    return [row for _, row in there] + [row for found, row in keyed if found is None]


def _comparable(value: Value) -> tuple[int, float, str]:
    """Return what compares with any other value: numbers come before text."""
    if isinstance(value, str):
        return (1, 0.0, value.casefold())
    return (0, value or 0.0, "")
