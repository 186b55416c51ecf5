"""What a backfill would do: its slots, and which of them are run, out of what somebody asks for."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from trainautod.lineage import backfills
from trainautod.lineage.backfills import Backfill, BackfillSlot
from trainautod.runtime.catalog import Entry
from trainautod.runtime.errors import RequestInvalid
from trainautod.runtime.submission import Source, typed_params, zone_of
from trainautod.triggers import backfill as rules
from trainautod.triggers.backfill import Choice, Span
from trainautod.triggers.catchup import Slot, unix_ms
from trainautod.triggers.errors import RangeInvalid


@dataclass(frozen=True, slots=True)
class BackfillRequest:
    """What somebody asks for.

    Attributes:
        pipeline: name of a registered pipeline.
        since: first date, or time in ISO 8601, of the range.
        until: last date or time of the range; a date is meant to its end.
        which: ``missing``, ``failed`` or ``all`` slots.
        order: ``oldest`` or ``newest`` first.
        parallel: most runs that are live at once.
        params: values to run with.
    """

    pipeline: str
    since: str
    until: str
    which: str = "missing"
    order: str = "oldest"
    parallel: int = 1
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, by whom, when (Unix milliseconds), and the id of the backfill that it makes."""

    request: BackfillRequest
    id: str
    actor: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The backfill that a request makes, its slots in order, and what a person should know."""

    backfill: Backfill
    slots: tuple[Slot, ...]
    warnings: tuple[str, ...]

    def chosen(self, connection: sqlite3.Connection) -> list[BackfillSlot]:
        """Return every slot, and why it is not run if it is not, as the store is now."""
        moments = [unix_ms(slot.instant) for slot in self.slots]
        among = (self.backfill.pipeline, min(moments), max(moments))
        runs = backfills.runs_of(connection, *among)
        waiting = backfills.waiting_on_schedule(connection, *among)
        found = rules.choose(self.backfill.which, self.slots, runs, waiting)
        return [_stored(place, choice) for place, choice in enumerate(found, 1)]


def plan(entry: Entry[Source], asked: Asked) -> Plan:
    """Read a request for a pipeline; a year of minutes takes about a second.

    Raises:
        RequestInvalid: its range cannot be read, has no slots, or too many of them.
        DaemonError: a parameter is wrong.
    """
    pipeline, request = entry.source.pipeline, asked.request
    typed_params(pipeline, request.params)  # refused now rather than at the first slot
    zone = zone_of(pipeline)
    now = datetime.fromtimestamp(asked.at_ms / 1000, UTC).astimezone(zone)
    try:
        within, cut = _until_now(rules.span(request.since, request.until, zone), now)
        found = rules.slots(rules.schedules_of(pipeline), within)
    except RangeInvalid as error:
        raise RequestInvalid(str(error)) from error
    if not found:
        raise RequestInvalid(_nothing(entry, within))
    backfill = _backfill(asked, within, len(found))
    chosen = tuple(rules.in_order(found, request.order))
    return Plan(backfill, chosen, (*cut, *_unscheduled(entry), *_problems(entry)))


def _backfill(asked: Asked, within: Span, total: int) -> Backfill:
    request = asked.request
    return Backfill(
        id=asked.id,
        pipeline=request.pipeline,
        since=within.since.isoformat(timespec="milliseconds"),
        until=within.until.isoformat(timespec="milliseconds"),
        which=request.which,
        order=request.order,
        parallel=request.parallel,
        params=dict(request.params),
        total=total,
        actor=asked.actor,
        at_ms=asked.at_ms,
    )


def _stored(position: int, choice: Choice) -> BackfillSlot:
    slot = choice.slot
    return BackfillSlot(
        slot_ms=unix_ms(slot.instant),
        slot=slot.instant.isoformat(),
        cron=slot.schedule.cron,
        zone=slot.schedule.timezone or "",
        position=position,
        known=choice.known,
        reason=choice.objection,
    )


def _until_now(within: Span, now: datetime) -> tuple[Span, tuple[str, ...]]:
    """Cut off what has not come yet: its slots are the schedule's.

    Raises:
        RangeInvalid: nothing of the range has come.
    """
    if unix_ms(within.since) > unix_ms(now):
        raise RangeInvalid(
            f"the range begins at {within.since.isoformat()}, which has not come yet"
        )
    if unix_ms(within.until) <= unix_ms(now):
        return within, ()
    told = f"slots after {now.isoformat(timespec='seconds')}, which is now, are left out"
    return Span(within.since, now), (told,)


def _nothing(entry: Entry[Source], within: Span) -> str:
    crons = ", ".join(each.cron for each in rules.schedules_of(entry.source.pipeline))
    since, until = (each.isoformat(timespec="seconds") for each in (within.since, within.until))
    return f"no slot of {entry.name} ({crons}) lies between {since} and {until}"


def _unscheduled(entry: Entry[Source]) -> tuple[str, ...]:
    if entry.source.pipeline.schedule:
        return ()
    return (f"{entry.name} has no schedule: its slots are the midnights of the range",)


def _problems(entry: Entry[Source]) -> tuple[str, ...]:
    if not entry.problems:
        return ()
    told = f"{entry.name} runs as it last was good; the file now has problems:"
    return (told, *(f"  {problem}" for problem in entry.problems))
