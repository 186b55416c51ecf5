"""When schedules fire, day by day and through every change of the clocks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.spec.cron import Cron
from trainautod.triggers.cron import next_fire

ZONES = (
    "UTC",
    "America/New_York",
    "America/Sao_Paulo",  # changed at midnight until 2019
    "America/Havana",
    "America/Santiago",
    "Europe/Berlin",
    "Europe/Dublin",  # winter is the exception there
    "Africa/Casablanca",  # changes around Ramadan
    "Africa/Cairo",
    "Antarctica/Troll",  # two hours at once
    "Asia/Beirut",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Apia",
)
MINUTE = timedelta(minutes=1)


def fires(cron: str, zone: str, start: str, count: int) -> list[str]:
    """The next ``count`` instants, with offsets, after a wall-clock time."""
    place = ZoneInfo(zone)
    return [
        f"{moment:%Y-%m-%d %H:%M}{moment:%z}"
        for moment, _ in zip(
            sequence(Cron.parse(cron), place, datetime.fromisoformat(start).replace(tzinfo=place)),
            range(count),
            strict=False,
        )
    ]


def sequence(cron: Cron, zone: tzinfo, start: datetime) -> Iterator[datetime]:
    found = next_fire(cron, zone, start)
    while found is not None:
        yield found
        found = next_fire(cron, zone, found)


class TestFields:
    def test_a_nightly_schedule_fires_every_night(self) -> None:
        assert fires("0 2 * * *", "UTC", "2013-07-10T02:00", 2) == [
            "2013-07-11 02:00+0000",
            "2013-07-12 02:00+0000",
        ]

    @pytest.mark.parametrize("sunday", ["0", "7", "sun"])
    def test_sunday_is_0_and_7(self, sunday: str) -> None:
        assert fires(f"0 3 * * {sunday}", "UTC", "2013-07-10T00:00", 2) == [
            "2013-07-14 03:00+0000",
            "2013-07-21 03:00+0000",
        ]

    def test_monday_is_1(self) -> None:
        assert fires("0 3 * * 1", "UTC", "2013-07-10T00:00", 1) == ["2013-07-15 03:00+0000"]

    def test_a_restricted_date_or_a_restricted_weekday_is_enough(self) -> None:
        assert fires("0 0 13 * fri", "UTC", "2013-09-01T00:00", 4) == [
            "2013-09-06 00:00+0000",
            "2013-09-13 00:00+0000",
            "2013-09-20 00:00+0000",
            "2013-09-27 00:00+0000",
        ]
        assert fires("0 0 15 * fri", "UTC", "2013-09-13T00:00", 2) == [
            "2013-09-15 00:00+0000",
            "2013-09-20 00:00+0000",
        ]

    def test_leap_days_are_found(self) -> None:
        assert fires("30 6 29 2 *", "UTC", "2013-01-01T00:00", 2) == [
            "2016-02-29 06:30+0000",
            "2020-02-29 06:30+0000",
        ]

    def test_a_schedule_is_read_in_its_zone(self) -> None:
        after = datetime(2013, 7, 10, 5, 59, tzinfo=UTC)
        found = next_fire(Cron.parse("0 2 * * *"), ZoneInfo("America/New_York"), after)
        assert found is not None
        assert found.isoformat() == "2013-07-10T02:00:00-04:00"


class TestClocksGoForward:
    def test_a_time_that_is_left_out_fires_at_the_first_instant_after(self) -> None:
        assert fires("30 2 * * *", "America/New_York", "2013-03-09T12:00", 2) == [
            "2013-03-10 03:00-0400",
            "2013-03-11 02:30-0400",
        ]

    def test_midnight_that_is_left_out_does_not_lose_the_day(self) -> None:
        assert fires("0 0 * * *", "America/Sao_Paulo", "2013-10-19T12:00", 2) == [
            "2013-10-20 01:00-0200",
            "2013-10-21 00:00-0200",
        ]

    def test_several_times_that_are_left_out_fire_once(self) -> None:
        assert fires("*/15 2 * * *", "Europe/Berlin", "2020-03-29T01:30", 2) == [
            "2020-03-29 03:00+0200",
            "2020-03-30 02:00+0200",
        ]

    def test_a_schedule_of_every_hour_just_goes_on(self) -> None:
        assert fires("*/30 * * * *", "America/New_York", "2013-03-10T01:10", 3) == [
            "2013-03-10 01:30-0500",
            "2013-03-10 03:00-0400",
            "2013-03-10 03:30-0400",
        ]

    def test_a_day_that_is_left_out_fires_when_the_next_begins(self) -> None:
        assert fires("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00", 2) == [
            "2011-12-31 00:00+1400",
            "2012-12-30 12:00+1400",
        ]


class TestClocksGoBack:
    def test_a_time_that_happens_twice_fires_once(self) -> None:
        assert fires("30 1 * * *", "America/New_York", "2013-11-02T12:00", 2) == [
            "2013-11-03 01:30-0400",
            "2013-11-04 01:30-0500",
        ]

    def test_a_schedule_of_every_hour_fires_in_both_passings(self) -> None:
        assert fires("30 * * * *", "America/New_York", "2013-11-03T00:45", 3) == [
            "2013-11-03 01:30-0400",
            "2013-11-03 01:30-0500",
            "2013-11-03 02:30-0500",
        ]

    @pytest.mark.parametrize("fold", [0, 1])
    def test_between_the_two_passings_it_is_never_fired_again(self, fold: int) -> None:
        zone = ZoneInfo("America/New_York")
        after = datetime(2013, 11, 3, 1, 45, tzinfo=zone, fold=fold)
        found = next_fire(Cron.parse("30 1 * * *"), zone, after)
        assert found is not None
        assert found.isoformat() == "2013-11-04T01:30:00-05:00"


minutes = st.sampled_from(["0", "30", "*/15", "5,45", "59", "1-40/13"])
hours = st.sampled_from(["*", "0", "1", "2", "3", "*/2", "1-4", "0,23", "23"])
days = st.sampled_from(["*", "*", "1", "13,28", "*/2", "25-31"])
months = st.sampled_from(["*", "*", "mar,apr,oct,nov", "1-6"])
weekdays = st.sampled_from(["*", "*", "7", "mon-fri", "sat,sun"])
crons = st.builds(" ".join, st.tuples(minutes, hours, days, months, weekdays)).map(Cron.parse)


@cache
def changes(zone: str, year: int) -> list[datetime]:
    """The days (UTC) on which the clocks of a zone change."""
    place = ZoneInfo(zone)
    first = datetime(year, 1, 1, tzinfo=UTC)
    noons = [first + timedelta(days=d) for d in range(366)]
    return [
        day
        for day in noons
        if day.astimezone(place).utcoffset()
        != (day + timedelta(days=1)).astimezone(place).utcoffset()
    ]


def expected(cron: Cron, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    """Fires in (start, end], by looking at every minute of the world."""
    found = []
    moment, before = start, start.astimezone(zone)
    every_hour = len(cron.hours) == 24
    while (moment := moment + MINUTE) <= end:
        local = moment.astimezone(zone)
        hit = cron.matches(local) and (every_hour or not local.fold)
        if hit or (not every_hour and any(map(cron.matches, left_out(before, local)))):
            found.append(moment)
        before = local
    return found


def left_out(before: datetime, local: datetime) -> Iterator[datetime]:
    """The wall-clock minutes that are skipped from one minute to the next."""
    shown = before.replace(tzinfo=None) + MINUTE
    while shown < local.replace(tzinfo=None):
        yield shown
        shown += MINUTE


@st.composite
def windows(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and a start, as often as not a day before its clocks change."""
    zone = draw(st.sampled_from(ZONES))
    year = draw(st.integers(2013, 2027))
    near = changes(zone, year) if draw(st.booleans()) else []
    if near:
        day = draw(st.sampled_from(near)) - timedelta(hours=12)
    else:
        day = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=draw(st.integers(0, 364)))
    return zone, day + timedelta(minutes=draw(st.integers(0, 600)))


@settings(max_examples=80)
@given(crons, windows())
def test_fires_are_those_that_a_look_at_every_minute_finds(
    cron: Cron, window: tuple[str, datetime]
) -> None:
    name, start = window
    zone = ZoneInfo(name)
    end = start + timedelta(days=2)
    found = takewhile(lambda moment: moment.astimezone(UTC) <= end, sequence(cron, zone, start))
    assert [moment.astimezone(UTC) for moment in found] == expected(cron, zone, start, end)


@settings(max_examples=80)
@given(crons, windows(), st.integers(0, 59_999_999))
def test_a_fire_is_later_names_a_whole_minute_and_is_in_its_zone(
    cron: Cron, window: tuple[str, datetime], microseconds: int
) -> None:
    name, start = window
    after = start + timedelta(microseconds=microseconds)
    found = next_fire(cron, ZoneInfo(name), after)
    assert found is not None
    assert found.astimezone(UTC) > after
    assert (found.second, found.microsecond) == (0, 0)
    assert found.tzinfo == ZoneInfo(name)
    assert found == found.astimezone(UTC).astimezone(ZoneInfo(name))
    assert datetime.fromisoformat(found.isoformat()).astimezone(UTC) == found.astimezone(UTC)


@settings(max_examples=30)
@given(crons.filter(lambda cron: len(cron.hours) < 24), windows())
def test_no_nominal_time_fires_twice(cron: Cron, window: tuple[str, datetime]) -> None:
    name, start = window
    end = start + timedelta(days=20)
    found = takewhile(
        lambda moment: moment.astimezone(UTC) <= end, sequence(cron, ZoneInfo(name), start)
    )
    shown = [moment.replace(tzinfo=None) for moment in found]
    assert len(shown) == len(set(shown))
