"""Backfills: which slots of a pipeline lie in a range, and which of them are to be run.

What a slot's last run is decides: ``missing`` runs those that have none, ``failed`` those whose
last run failed or was cancelled, ``all`` every one. A slot that has a queued or running run, or
that waits for its turn on the schedule, is never run beside it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from heapq import merge
from itertools import islice

from trainautod.lineage.backfills import SlotRun
from trainautod.spec import Pipeline
from trainautod.spec.cron import timing
from trainautod.spec.model import Schedule
from trainautod.triggers.catchup import Slot, unix_ms, zone_of
from trainautod.triggers.cron import fires
from trainautod.triggers.errors import RangeInvalid

#: Most slots of one backfill: 27 years of days, 14 months of hours.
MOST_SLOTS = 10_000

#: First year of a range: before it, places had no zones.
EARLIEST = 1900

WHICH = ("missing", "failed", "all")
ORDERS = ("oldest", "newest")

#: The slots of a pipeline that has no schedule: midnight of every day.
DAILY = Schedule(cron="@daily")

_DATE_DIGITS = len("2013-07-10")
_MOMENT = timedelta(milliseconds=1)
_DAY = timedelta(days=1)
_LIVE = ("queued", "running")
_FAILED = ("failed", "cancelled")
_ENDED = {"cancelled": "was cancelled", "skipped": "had nothing to do"}


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when, both included, in the pipeline's zone."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """What is done with a slot.

    Attributes:
        slot: the slot.
        known: how many runs it has.
        objection: why it is not run; None when it is.
    """

    slot: Slot
    known: int
    objection: str | None


def schedules_of(pipeline: Pipeline) -> tuple[Schedule, ...]:
    """Return the schedules that a pipeline's slots come from; every midnight without any."""
    return pipeline.schedule or (DAILY,)


def span(since: str, until: str, zone: tzinfo) -> Span:
    """Read a range: dates are whole days, times to the millisecond.

    Args:
        since: a date such as 2013-07-10, or a time in ISO 8601.
        until: the same; a date is meant to its end.
        zone: the zone of dates, and of times that name no offset.

    Raises:
        RangeInvalid: one of them cannot be read, or the range ends before it begins.
    """
    try:
        found = Span(_begin(since, zone), _end(until, zone))
    except OverflowError:
        raise RangeInvalid(f"the years from {since} to {until} cannot be told") from None
    if found.since.year < EARLIEST:
        raise RangeInvalid(f"a backfill goes back to the year {EARLIEST}, not to {since}")
    if unix_ms(found.until) < unix_ms(found.since):
        raise RangeInvalid(f"the range ends ({until}) before it begins ({since})")
    return found


def slots(schedules: Iterable[Schedule], within: Span, most: int = MOST_SLOTS) -> list[Slot]:
    """Return the slots of some schedules in a range, oldest first, each instant once.

    Raises:
        RangeInvalid: there are more than ``most``.
    """
    each = (_slots(schedule, within) for schedule in schedules)
    in_order = merge(*each, key=lambda slot: unix_ms(slot.instant))
    found = list(islice(_once(in_order), most + 1))
    if len(found) > most:
        reached = found[most - 1].instant.isoformat()
        raise RangeInvalid(
            f"a backfill has {most:,} slots at most, and the range has more: those until"
            f" {reached} are that many; ask for the range in parts"
        )
    return found


def in_order(found: Sequence[Slot], order: str) -> Sequence[Slot]:
    """Return slots, which come oldest first, in the order ``oldest`` or ``newest`` first."""
    return found if order == "oldest" else found[::-1]


def objection(
    which: str, runs: Sequence[SlotRun], waits: bool, known: int | None = None
) -> str | None:
    """Return why a slot is not run, or None when it is.

    Args:
        which: ``missing``, ``failed`` or ``all``.
        runs: the slot's runs, oldest first.
        waits: the slot waits for its turn on the schedule.
        known: how many runs it had when it was chosen: a slot that was run since, by somebody
            else, is not run again.
    """
    live = next((run for run in runs if run.status in _LIVE), None)
    if live is not None:
        return f"run {live.run_id} is {live.status}"
    if waits:
        return "it waits for its turn on the schedule"
    if not runs:
        return "it has no run yet (--missing runs it)" if which == "failed" else None
    last = runs[-1]
    told = f"run {last.run_id} {_ENDED.get(last.status, last.status)}"
    if known is not None and len(runs) > known:
        return f"{told} since the backfill began"
    fits = which == "all" or (which == "failed" and last.status in _FAILED)
    return None if fits else told


def choose(
    which: str,
    found: Iterable[Slot],
    runs: Mapping[int, Sequence[SlotRun]],
    waiting: Iterable[int],
) -> list[Choice]:
    """Return what is done with each slot.

    Args:
        which: ``missing``, ``failed`` or ``all``.
        found: the slots.
        runs: the runs of slots, oldest first, by the slot's Unix milliseconds.
        waiting: slots that wait for their turn on the schedule, Unix milliseconds.
    """
    waits = frozenset(waiting)
    chosen = []
    for slot in found:
        at = unix_ms(slot.instant)
        of_slot = runs.get(at, ())
        chosen.append(Choice(slot, len(of_slot), objection(which, of_slot, at in waits)))
    return chosen


def _slots(schedule: Schedule, within: Span) -> Iterator[Slot]:
    after = within.since.astimezone(UTC) - _MOMENT
    for instant in fires(timing(schedule.cron), zone_of(schedule), after, within.until):
        yield Slot(schedule, instant)


def _once(found: Iterable[Slot]) -> Iterator[Slot]:
    """Leave out the instants that an earlier schedule has too."""
    last = None
    for slot in found:
        at = unix_ms(slot.instant)
        if at != last:
            yield slot
        last = at


def _begin(told: str, zone: tzinfo) -> datetime:
    day = _day(told)
    return _midnight(day, zone) if day is not None else _moment(told, zone)


def _end(told: str, zone: tzinfo) -> datetime:
    day = _day(told)
    if day is None:
        return _moment(told, zone)
    following = _midnight(day + _DAY, zone)
    return (following.astimezone(UTC) - _MOMENT).astimezone(zone)


def _day(told: str) -> date | None:
    if len(told.strip()) > _DATE_DIGITS:
        return None
    try:
        return date.fromisoformat(told.strip())
    except ValueError:
        raise _unreadable(told) from None


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a day begins; where clocks leave midnight out, the instant at which they do."""
    return datetime.combine(day, time(0), zone).astimezone(UTC).astimezone(zone)


def _moment(told: str, zone: tzinfo) -> datetime:
    try:
        found = datetime.fromisoformat(told.strip())
        placed = found if found.tzinfo else found.replace(tzinfo=zone)
        return placed.astimezone(UTC).astimezone(zone)
    except ValueError:
        raise _unreadable(told) from None


def _unreadable(told: str) -> RangeInvalid:
    return RangeInvalid(
        f"{told[:60]!r} is neither a date such as 2013-07-10 nor a time in ISO 8601"
    )
