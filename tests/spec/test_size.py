"""Sizes: decimal and binary units, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainautod.spec import size
from trainautod.spec.errors import ValueRefused


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("4GiB", 4 * 2**30),
        ("512MB", 512_000_000),
        ("100k", 100_000),
        ("100kB", 100_000),
        ("2Gi", 2 * 2**30),
        ("1.5MiB", 3 * 2**19),
        ("1024", 1024),
        ("8B", 8),
        ("1tib", 2**40),
    ],
)
def test_units_are_read_as_bytes(text: str, count: int) -> None:
    assert size.parse(text) == count


@pytest.mark.parametrize("text", ["", "GB", "4 GB", "4XB", "4iB", "1e9", "four", "٤GB", "4GBB"])
def test_anything_else_is_refused_with_the_forms_that_work(text: str) -> None:
    with pytest.raises(ValueRefused) as caught:
        size.parse(text)
    assert "4GiB" in caught.value.hint


def test_a_negative_size_is_called_negative() -> None:
    with pytest.raises(ValueRefused, match="cannot be negative"):
        size.parse("-1GB")


@pytest.mark.parametrize("text", ["2000PiB", "9" * 19 + "T"])
def test_more_than_any_machine_has_is_refused(text: str) -> None:
    with pytest.raises(ValueRefused, match="more than any machine has"):
        size.parse(text)


@given(st.integers(min_value=0, max_value=2**20), st.sampled_from(["KiB", "MiB", "GiB"]))
def test_binary_units_are_powers_of_1024(count: int, unit: str) -> None:
    assert size.parse(f"{count}{unit}") == count * 1024 ** ("KMG".index(unit[0]) + 1)
