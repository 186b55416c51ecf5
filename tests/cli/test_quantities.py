"""Durations, sizes, times and metrics as a person reads them."""

import pytest

from trainauto_tui.cli import quantities


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.0, "0.00s"),
        (0.034, "0.03s"),
        (0.0949, "0.09s"),
        (0.1, "0.1s"),
        (1.24, "1.2s"),
        (59.94, "59.9s"),
        (59.96, "1m00s"),
        (125, "2m05s"),
        (3599.6, "1h00m"),
        (11_220, "3h07m"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert quantities.duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, ""),
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (2 * 1024**3, "2.0 GiB"),
        (5000 * 1024**4, "5000.0 TiB"),
    ],
)
def test_sizes(count: int | None, text: str) -> None:
    assert quantities.size(count) == text


def test_moments_keep_their_zone_and_lose_their_fractions() -> None:
    assert quantities.moment("2013-07-10T02:00:00.123-04:00") == "2013-07-10 02:00:00-04:00"
    assert quantities.moment(None) == "-"


def test_the_span_between_moments_does_not_depend_on_their_zones() -> None:
    start, end = "2026-01-02T12:00:00.000+00:00", "2026-01-02T13:00:03.500+01:00"
    assert quantities.between(start, end) == 3.5
    assert quantities.between(start, None) is None


def test_the_time_since_a_moment_to_come_is_zero() -> None:
    assert quantities.since("2999-01-01T00:00:00.000+00:00") == 0
    assert quantities.since(None) is None


def test_the_measure_that_decides_stands_for_a_step() -> None:
    values = {"n": 4000, "log_loss": 0.31, "roc_auc": 0.886123}
    assert quantities.key_metric(values) == "roc_auc=0.8861"
    assert quantities.key_metric({"zeta": 1, "alpha": 2.5}) == "alpha=2.5"
    assert quantities.key_metric({}) == ""
    assert quantities.metrics(values) == "n=4000 log_loss=0.31 roc_auc=0.8861"
