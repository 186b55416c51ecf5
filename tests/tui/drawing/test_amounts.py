from datetime import UTC, timedelta, timezone

import pytest

from tests.tui.stage import NOW
from trainauto_tui.drawing import amounts


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.0, "0.00s"),
        (0.0141, "0.01s"),
        (0.4217, "0.42s"),
        (3.21, "3.2s"),
        (12.9, "12s"),
        (130, "2:10"),
        (3723, "1:02:03"),
        (3 * 86400 + 4 * 3600, "3d 04h"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert amounts.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(21600, "6h"), (5400, "90m"), (172800, "2d"), (90000, "25h"), (1.5, "1.5s"), (61, "61s")],
)
def test_a_set_length_of_time_is_written_as_files_write_it(seconds: float, text: str) -> None:
    assert amounts.period(seconds) == text


def test_what_still_counts_has_no_fractions() -> None:
    assert amounts.running_for("2013-07-10T06:11:00.500+00:00", NOW) == "1s"
    assert amounts.running_for(None, NOW) == ""
    assert amounts.running_for("2013-07-10T06:11:30.000+00:00", NOW) == "0s"


@pytest.mark.parametrize(("seconds", "text"), [(-1, "0s"), (36.9, "36s"), (60, "1m"), (1e6, "11d")])
def test_what_is_fresh_has_its_age_in_seconds(seconds: float, text: str) -> None:
    assert amounts.fresh_age(seconds) == text


def test_how_long_ago_something_fresh_was() -> None:
    assert amounts.fresh_ago("2013-07-10T06:10:30.000+00:00", NOW) == "32s ago"
    assert amounts.fresh_ago(None, NOW) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "now"), (60, "1m"), (3599, "59m"), (3600, "1h"), (47 * 3600, "47h"), (1e6, "11d")],
)
def test_ages_change_once_a_minute_at_most(seconds: float, text: str) -> None:
    assert amounts.age(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "due"), (0, "due"), (30, "in <1m"), (7200, "in 2h")]
)
def test_waits(seconds: float, text: str) -> None:
    assert amounts.until(seconds) == text


@pytest.mark.parametrize(
    ("iso", "text"),
    [
        (None, ""),
        ("2013-07-10T02:00:00-04:00", "06:00"),
        ("2013-07-11T02:00:00-04:00", "tomorrow 06:00"),
        ("2013-07-14T09:30:00Z", "Sun 09:30"),
        ("2013-08-14T09:30:00Z", "2013-08-14 09:30"),
        ("2013-07-09T09:30:00Z", "2013-07-09 09:30"),
    ],
)
def test_moments_are_in_the_readers_zone(iso: str | None, text: str) -> None:
    assert amounts.moment(iso, NOW, UTC) == text


def test_the_day_is_the_readers_day() -> None:
    zone = timezone(timedelta(hours=-8))
    assert amounts.moment("2013-07-10T08:30:00Z", NOW, zone) == "tomorrow 00:30"


def test_a_scheduled_time_stays_in_its_pipelines_zone() -> None:
    assert amounts.scheduled("2013-07-10T02:00:00.000-04:00") == "2013-07-10 02:00"
    assert amounts.scheduled(None) == ""


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "0.977 KiB"),
        (1234, "1.21 KiB"),
        (2**31, "2 GiB"),
        (1023 * 2**20, "0.999 GiB"),
        (5e15, "4.55e+03 TiB"),
    ],
)
def test_sizes(count: float, text: str) -> None:
    assert amounts.size(count) == text


def test_metrics_are_short_but_counts_are_whole() -> None:
    assert amounts.number(0.883412) == "0.8834"
    assert amounts.number(1_204_113) == "1204113"
    assert amounts.number(1_204_113.0) == "1204113"
    assert amounts.number(float("nan")) == "nan"
    assert amounts.number(float("inf")) == "inf"
