"""Every change of clocks that IANA zones have in two years, and schedules kept through them.

``python -m tests.support.zones`` keeps every schedule in every zone through both years, day by day,
and says how many slots it compared.
"""

import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from zoneinfo import ZoneInfo, available_timezones

from trainautod.spec.cron import Cron, Every, timing
from trainautod.spec.triggers import Schedule
from trainautod.triggers.catchup import Line, decide, unix_ms

START = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
AROUND = timedelta(hours=27)  # before and after a change
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

#: By the hour, within hours that come twice or never, around midnight, by day, by elapsed time.
CRONS = (
    "30 * * * *",
    "*/15 * * * *",
    "*/15 2 * * *",
    "30 1-3 * * *",
    "0 0 * * *",
    "59 23 * * sun",
    "20 */2 * * *",
    "@every 25m",
)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of clocks: when, and from which to which offset to UTC.

    Attributes:
        at: the last minute of the old offset is the one before it.
    """

    at: datetime
    before: timedelta | None
    after: timedelta | None


@cache
def changes(name: str) -> tuple[Change, ...]:
    """Return the changes of a zone in the two years."""
    zone, found, day = ZoneInfo(name), [], START
    offset = _offset(zone, day)
    while day < END:
        before, offset = offset, _offset(zone, day + DAY)
        if before != offset:
            low, high = day, day + DAY
            while high - low > MINUTE:
                middle = low + (high - low) // (2 * MINUTE) * MINUTE
                same = _offset(zone, middle) == before
                low, high = (middle, high) if same else (low, middle)
            found.append(Change(high, before, offset))
        day += DAY
    return tuple(found)


@cache
def distinct() -> dict[Change, list[str]]:
    """Return each change that some zone has, with its zones: near it they are all alike."""
    found: dict[Change, list[str]] = {}
    for name in sorted(available_timezones()):
        for change in changes(name):
            found.setdefault(change, []).append(name)
    return found


def expected(
    texts: Iterable[str], zone: ZoneInfo, start: datetime, end: datetime
) -> dict[str, set[int]]:
    """Return the slots of schedules in (start, end] by a look at each minute of the world, Unix ms.

    Each minute is placed in the zone once, for all of them.
    """
    timings = [(text, timing(text)) for text in texts]
    found: dict[str, set[int]] = {text: set() for text, _ in timings}
    moment, local = start, start.astimezone(zone)
    while (moment := moment + MINUTE) <= end:
        before, local = local, moment.astimezone(zone)
        left_out = tuple(_left_out(before, local))
        for text, cron in timings:
            if _is_slot(cron, local, left_out):
                found[text].add(unix_ms(moment))
    return found


def _is_slot(cron: Cron | Every, local: datetime, left_out: Iterable[datetime]) -> bool:
    if isinstance(cron, Every):
        return local.timestamp() % cron.interval_s == 0
    if len(cron.hours) == 24:
        return cron.matches(local)
    return (cron.matches(local) and not local.fold) or any(map(cron.matches, left_out))


def _left_out(before: datetime, local: datetime) -> Iterator[datetime]:
    """Yield the minutes of the wall clock that are skipped between two minutes of the world."""
    shown = before.replace(tzinfo=None) + MINUTE
    while shown < local.replace(tzinfo=None):
        yield shown
        shown += MINUTE


def kept(texts: Sequence[str], name: str, start: datetime, end: datetime) -> dict[str, list[int]]:
    """Keep schedules from start to end on a virtual clock; return the slots that each fired.

    The clock goes by minutes or hours at a time, is set back, and is read by daemons that begin
    anew with what the one before has written down.
    """
    rng = random.Random(f"{name} {start}")
    return {text: _kept(text, name, start, end, rng) for text in texts}


def _kept(text: str, name: str, start: datetime, end: datetime, rng: random.Random) -> list[int]:
    schedule = Schedule.model_validate(
        {"cron": text, "timezone": name, "catchup": "all", "catchup_window": "1w"}
    )
    seen, now = start, start
    fired: list[int] = []
    while now < end:
        now = min(now + rng.choice((1, 7, 90, 400)) * MINUTE, end)
        decision = decide("nightly", [Line(schedule, min(seen, now))], frozenset(fired), now)
        assert not decision.skipped
        fired += [unix_ms(each.instant) for each in chain(decision.waiting, decision.due)]
        seen = now if decision.due else decision.seen[0].astimezone(UTC)
        if now < end and rng.random() < 0.2:
            now = max(start, now - rng.randrange(200) * MINUTE)
            seen = min(seen, now)
    return fired


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def _compare(name: str) -> tuple[str, int, list[str]]:
    """Keep every schedule in a zone through both years; return slots, and what went wrong."""
    zone, wrong, count = ZoneInfo(name), [], 0
    slots = expected(CRONS, zone, START, END)
    for text, fired in kept(CRONS, name, START, END).items():
        count += len(fired)
        if len(set(fired)) != len(fired):
            wrong.append(f"{text} fired a slot twice")
        if set(fired) != slots[text]:
            wrong.append(f"{text} fired other slots than it has")
    return name, count, wrong


def main() -> int:
    """Compare all zones; return 1 when a slot was lost or repeated."""
    names = sorted(available_timezones())
    total, failures = 0, 0
    with ProcessPoolExecutor() as pool:
        for name, count, wrong in pool.map(_compare, names):
            total += count
            failures += len(wrong)
            for each in wrong:
                print(f"{name}: {each}")
    print(f"{len(names)} zones, {len(CRONS)} schedules, {total} slots, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
