"""When a schedule fires next, through every change of the clocks.

APScheduler computes the nominal times, those on the wall clock; what the fields mean is cron's own
rule, which ``trainautod.spec.cron`` spells out. How nominal times become instants is the rule of
Vixie cron for days on which clocks change:

- A schedule at certain hours fires once per nominal time: in an hour that happens twice at its
  first passing, in an hour that is left out at the first instant after the gap. So ``*/15 2 * * *``
  fires four times in an hour that happens twice, and once right after one that is left out, where
  all four of its times fall on one instant.
- A schedule of every hour goes by elapsed time: it fires in both passings, and nothing is made up
  for an hour that is left out.
- ``@every`` goes by the time elapsed since the Unix epoch, whatever clocks show.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import product

from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from trainautod.spec.cron import Cron, Every

_EVERY_HOUR = 24
_MINUTE = timedelta(minutes=1)
_NEAR = timedelta(hours=3)  # longer than any time that clocks repeat
_LONGEST_GAP = timedelta(hours=25)  # Samoa left out a whole day in 2011
_STRETCH = timedelta(hours=12)
_DAY = timedelta(days=1)


def next_fire(cron: Cron | Every, zone: tzinfo, after: datetime) -> datetime | None:
    """Return the first time later than ``after`` (aware) at which it fires, read in ``zone``."""
    start = after.astimezone(zone)
    if isinstance(cron, Every):
        passed = math.floor(after.timestamp()) // cron.interval_s
        return datetime.fromtimestamp((passed + 1) * cron.interval_s, UTC).astimezone(zone)
    if len(cron.hours) == _EVERY_HOUR:
        return _by_elapsed_time(cron, zone, start)
    return _once_each(cron, zone, start)


def fires(cron: Cron | Every, zone: tzinfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield every time later than ``after``, up to ``until`` (aware), in order, read in ``zone``.

    The same as asking ``next_fire`` again and again, and a hundred times as fast: a year of
    minutes takes about a second.
    """
    if isinstance(cron, Every):
        yield from _multiples(cron.interval_s, zone, after, until)
        return
    start = after.astimezone(zone)
    while _is_later(until, start):
        end = min(_moved(start, _STRETCH), until, key=_instant).astimezone(zone)
        if _clocks_stay(start, end):
            yield from _by_the_hands(cron, start, end)
        else:
            yield from _one_by_one(cron, zone, start, end)
        start = end


def _multiples(
    interval_s: int, zone: tzinfo, after: datetime, until: datetime
) -> Iterator[datetime]:
    first = math.floor(after.timestamp()) // interval_s + 1
    last = math.floor(until.timestamp()) // interval_s
    for count in range(first, last + 1):
        yield datetime.fromtimestamp(count * interval_s, zone)


def _one_by_one(cron: Cron, zone: tzinfo, start: datetime, end: datetime) -> Iterator[datetime]:
    found = next_fire(cron, zone, start)
    while found is not None and not _is_later(found, end):
        yield found
        found = next_fire(cron, zone, found)


def _by_the_hands(cron: Cron, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the fires in (start, end], between which clocks do not change."""
    times = [time(*each) for each in product(sorted(cron.hours), sorted(cron.minutes))]
    day, last = start.date(), end.date()
    while day <= last:
        if cron.names_day(day):
            begin = bisect_right(times, start.time()) if day == start.date() else 0
            stop = bisect_right(times, end.time()) if day == last else len(times)
            for each in times[begin:stop]:
                yield datetime.combine(day, each, start.tzinfo)
        day += _DAY


def _once_each(cron: Cron, zone: tzinfo, start: datetime) -> datetime | None:
    instants = (_first_instant(wall, zone) for wall in _nominal(cron, start))
    return next((instant for instant in instants if _is_later(instant, start)), None)


def _by_elapsed_time(cron: Cron, zone: tzinfo, start: datetime) -> datetime | None:
    while not _clocks_stay(start, start):
        end = _moved(start, _NEAR)
        minute = _moved(start.replace(second=0, microsecond=0), _MINUTE)
        while not _is_later(minute, end):
            if cron.matches(minute):
                return minute
            minute = _moved(minute, _MINUTE)
        start = end
    wall = next(_nominal(cron, start), None)
    if wall is None:
        return None
    instant = _first_instant(wall, zone)
    if instant.replace(tzinfo=None) == wall:
        return instant
    return _by_elapsed_time(cron, zone, _moved(instant, -_MINUTE))  # that hour is left out


def _nominal(cron: Cron, start: datetime) -> Iterator[datetime]:
    """Yield the wall-clock times (naive) later than ``start``'s own, as if clocks never changed."""
    wall = start.replace(tzinfo=UTC, fold=0)
    while (found := _trigger(cron).get_next_fire_time(wall, wall)) is not None:
        wall = found
        yield wall.replace(tzinfo=None)


def _first_instant(wall: datetime, zone: tzinfo) -> datetime:
    """Return when clocks first show ``wall``, or the first instant after a gap that hides it."""
    instant = _moved(wall.replace(tzinfo=zone), timedelta(0))
    if instant.replace(tzinfo=None) == wall:
        return instant
    before = _moved(instant, -_LONGEST_GAP)
    while _is_later(instant, _moved(before, _MINUTE)):  # clocks change on whole minutes
        middle = _moved(before, (instant.astimezone(UTC) - before.astimezone(UTC)) / 2)
        if middle.utcoffset() == before.utcoffset():
            before = middle
        else:
            instant = middle
    return instant.replace(second=0, microsecond=0)


def _clocks_stay(start: datetime, end: datetime) -> bool:
    """Tell whether clocks change neither between two times nor near them."""
    moments = (_moved(start, -_NEAR), start, end, _moved(end, _NEAR))
    return len({moment.utcoffset() for moment in moments}) == 1


def _moved(moment: datetime, by: timedelta) -> datetime:
    """Return ``moment`` plus elapsed time; Python's own sum would move the hands of the clock."""
    return (moment.astimezone(UTC) + by).astimezone(moment.tzinfo)


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _is_later(one: datetime, other: datetime) -> bool:
    """Compare instants; Python compares two times of one zone by the hands of the clock."""
    return one.astimezone(UTC) > other.astimezone(UTC)


@lru_cache(maxsize=512)
def _trigger(cron: Cron) -> OrTrigger:
    return OrTrigger([CronTrigger(**fields, timezone=UTC) for fields in cron.alternatives()])
