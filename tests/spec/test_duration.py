"""Durations: what is read, what is refused, and that writing one and reading it agree."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainautod.spec import duration
from trainautod.spec.errors import ValueRefused


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30m", 1800),
        ("2s", 2),
        ("1d", 86_400),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("3600s", 3600),
        ("45", 45),
        ("1.5h", 5400),
        ("2w", 1_209_600),
        ("1d2h3m4s5ms", 93_784.005),
        (" 10s ", 10),
        ("0s", 0),
    ],
)
def test_units_are_read_as_seconds(text: str, seconds: float) -> None:
    assert duration.parse(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "m", "30x", "30 m", "1h 30m", "10 minutes", "1e3s", "½h", "٣s", "1h1h", "30m1h"]
)
def test_anything_else_is_refused_with_the_forms_that_work(text: str) -> None:
    with pytest.raises(ValueRefused) as caught:
        duration.parse(text)
    assert "1h30m" in caught.value.hint


def test_a_negative_duration_is_called_negative() -> None:
    with pytest.raises(ValueRefused, match="cannot be negative: '-5s'"):
        duration.parse("-5s")


@pytest.mark.parametrize("text", ["3651d", "9" * 19, "999999999w"])
def test_more_than_ten_years_is_refused(text: str) -> None:
    with pytest.raises(ValueRefused, match="ten years"):
        duration.parse(text)


def test_a_huge_text_is_not_repeated_whole() -> None:
    with pytest.raises(ValueRefused) as caught:
        duration.parse("9" * 100_000 + "s")
    assert len(str(caught.value)) < 200


@given(st.integers(min_value=0, max_value=int(duration.MAX_SECONDS) * 1000))
def test_a_written_duration_reads_back_to_the_millisecond(milliseconds: int) -> None:
    text = duration.format_seconds(milliseconds / 1000)
    assert round(duration.parse(text) * 1000) == milliseconds


@given(st.text(max_size=30))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    with suppress(ValueRefused):
        assert 0 <= duration.parse(text) <= duration.MAX_SECONDS


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (90, "1m30s"), (0.25, "250ms"), (604_800, "1w")]
)
def test_the_shortest_form_is_written(seconds: float, text: str) -> None:
    assert duration.format_seconds(seconds) == text
