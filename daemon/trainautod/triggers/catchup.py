"""What becomes of the slots that have come: fired, made up for in turn, or told as skipped.

A slot that is dealt with in time fires. Some are not, because the machine slept, no daemon ran or
their runs could not be stored; ``catchup`` of the schedule says what becomes of them:

- ``latest``: of the slots that are dealt with at one time, the last of the pipeline fires; so a
  pipeline gets one run, however many slots and schedules it missed, and however short ago.
- ``all``: each that was missed fires, oldest first, one after the other.
- ``none``: each that was missed is skipped.

What was missed longer ago than ``catchup_window`` is skipped whatever ``catchup`` says.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from tzlocal import get_localzone

from trainautod.spec.cron import timing
from trainautod.spec.duration import format_seconds
from trainautod.spec.triggers import Schedule
from trainautod.triggers.cron import fires, next_fire
from trainautod.triggers.jitter import delay_ms

#: A slot that is dealt with later than this was missed: cron's own resolution, and four times as
#: long as a suspended machine takes to notice that it is awake.
MISSED_MS = 60_000

#: Slots that start within so long of each other, as jitter lets them, do not supersede each other.
TOGETHER_MS = 1000

#: Most slots of a schedule that ``all`` makes up for: six weeks of hours. The older ones are told.
MOST_MADE_UP = 1000

_MOMENT = timedelta(milliseconds=1)
_LOST = {
    "latest": "not started in time, and only the latest is made up for (catchup: latest)",
    "all": f"missed, as were more than {MOST_MADE_UP} after it",
    "none": "missed, and not made up for (catchup: none)",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A schedule of a pipeline, and up to when its slots were dealt with."""

    schedule: Schedule
    seen: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which a schedule fires, in the schedule's zone."""

    schedule: Schedule
    instant: datetime


@dataclass(frozen=True, slots=True)
class Skipped:
    """Slots of one schedule that will have no run, for one reason.

    Attributes:
        schedule: whose they are.
        count: how many.
        first: the earliest of them.
        last: the latest of them.
        reason: why.
    """

    schedule: Schedule
    count: int
    first: datetime
    last: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the slots of a pipeline that have come.

    Attributes:
        skipped: those that will have no run.
        waiting: those that fire one after the other, each when the run before has ended.
        due: those that fire now, in order, as far as ``overlap`` lets them.
        seen: for each schedule, in the order given, up to when its slots are dealt with once
            ``skipped`` and ``waiting`` are stored: all of them, or until just before the first
            that is due.
    """

    skipped: tuple[Skipped, ...]
    waiting: tuple[Slot, ...]
    due: tuple[Slot, ...]
    seen: tuple[datetime, ...]


def zone_of(schedule: Schedule) -> tzinfo:
    """Return the zone that a schedule is read in: its own, or the machine's."""
    return ZoneInfo(schedule.timezone) if schedule.timezone else get_localzone()


def starts(pipeline: str, line: Line) -> datetime | None:
    """Return when the first slot of a schedule that is not dealt with starts its run."""
    slot = next_fire(timing(line.schedule.cron), zone_of(line.schedule), line.seen)
    if slot is None:
        return None
    start_ms = unix_ms(slot) + delay_ms(pipeline, unix_ms(slot), line.schedule.jitter_s)
    return datetime.fromtimestamp(start_ms / 1000, slot.tzinfo)


def decide(pipeline: str, lines: Sequence[Line], claimed: Set[int], now: datetime) -> Decision:
    """Return what becomes of the slots of a pipeline that have come.

    Args:
        pipeline: its name.
        lines: its schedules.
        claimed: slots that were dealt with before, such as by another schedule of the pipeline or
            before the clock was set back, Unix milliseconds.
        now: aware.
    """
    came = [_look(pipeline, line, claimed, now) for line in lines]
    newest = max((each.newest for each in came if each.newest), default=(0, 0))
    taken = set(claimed)
    decided = [_decide(each, newest, taken) for each in came]
    return Decision(
        skipped=tuple(skipped for each in decided for skipped in each.skipped),
        waiting=_in_order(slot for each in decided for slot in each.waiting),
        due=_in_order(slot for each in decided for slot in each.due),
        seen=tuple(seen for each in decided for seen in each.seen),
    )


def unix_ms(moment: datetime) -> int:
    """Return an aware time as Unix milliseconds."""
    return round(moment.timestamp() * 1000)


@dataclass(slots=True)
class _Span:
    """Slots that are only counted: there may be a year of them."""

    count: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, slot: datetime) -> None:
        self.count += 1
        self.first = self.first or slot
        self.last = slot

    def skipped(self, schedule: Schedule, reason: str) -> Iterator[Skipped]:
        if self.first and self.last:
            yield Skipped(schedule, self.count, self.first, self.last, reason)


@dataclass(slots=True)
class _Came:
    """The slots of a schedule that have come: too old, too many, missed, and those in time."""

    schedule: Schedule
    last: datetime  # of them all; what was seen before when there is none
    start_ms: int = 0  # when the last one starts
    old: _Span = field(default_factory=_Span)
    lost: _Span = field(default_factory=_Span)
    missed: deque[datetime] = field(default_factory=deque)
    punctual: list[tuple[datetime, int]] = field(default_factory=list)  # and when each starts

    @property
    def newest(self) -> tuple[int, int] | None:
        """The last slot that may fire, and when it starts."""
        made_up = self.missed and self.schedule.catchup != "none"
        return (unix_ms(self.last), self.start_ms) if self.punctual or made_up else None


def _look(pipeline: str, line: Line, claimed: Set[int], now: datetime) -> _Came:
    """Sort the slots that have come; those claimed count only for which one is the newest."""
    schedule, now_ms = line.schedule, unix_ms(now)
    window_ms = round(schedule.catchup_window_s * 1000)
    came = _Came(schedule, line.seen)
    for slot in fires(timing(schedule.cron), zone_of(schedule), line.seen, now):
        slot_ms = unix_ms(slot)
        start_ms = slot_ms + delay_ms(pipeline, slot_ms, schedule.jitter_s)
        if start_ms > now_ms:
            break  # it waits for its jitter, and those after it for their turn
        came.last, came.start_ms = slot, max(came.start_ms, start_ms)
        if now_ms - came.start_ms <= MISSED_MS:
            came.punctual.append((slot, came.start_ms))
        elif now_ms - slot_ms <= window_ms:
            came.missed.append(slot)
        elif slot_ms not in claimed:
            came.old.add(slot)
        if len(came.missed) > MOST_MADE_UP:
            lost = came.missed.popleft()
            if unix_ms(lost) not in claimed:
                came.lost.add(lost)
    return came


def _decide(came: _Came, newest: tuple[int, int], taken: set[int]) -> Decision:
    """Decide for one schedule, and add to ``taken`` what it fires."""
    schedule, due, waiting = came.schedule, [], []
    latest, (newest_ms, newest_start_ms) = schedule.catchup == "latest", newest
    for slot in came.missed:
        if unix_ms(slot) in taken:
            continue
        if schedule.catchup == "all":
            waiting.append(Slot(schedule, slot))
        elif latest and unix_ms(slot) == newest_ms:
            due.append(Slot(schedule, slot))
        else:
            came.lost.add(slot)
    for slot, start_ms in came.punctual:
        if unix_ms(slot) in taken:
            continue
        if latest and unix_ms(slot) < newest_ms and newest_start_ms - start_ms >= TOGETHER_MS:
            came.lost.add(slot)
        else:
            due.append(Slot(schedule, slot))
    taken.update(unix_ms(slot.instant) for slot in (*waiting, *due))
    seen = due[0].instant.astimezone(UTC) - _MOMENT if due else came.last
    return Decision(tuple(_skipped(came)), tuple(waiting), tuple(due), (seen,))


def _skipped(came: _Came) -> Iterator[Skipped]:
    schedule = came.schedule
    window = format_seconds(schedule.catchup_window_s)
    yield from came.old.skipped(schedule, f"missed longer ago than catchup_window, {window}")
    yield from came.lost.skipped(schedule, _LOST[schedule.catchup])


def _in_order(slots: Iterable[Slot]) -> tuple[Slot, ...]:
    return tuple(sorted(slots, key=lambda slot: unix_ms(slot.instant)))
