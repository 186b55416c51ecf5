"""The schedules of all registered pipelines, each with up to when its slots were dealt with."""

import sqlite3
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from trainautod.lineage import Store, slots
from trainautod.lineage.slots import Key
from trainautod.runtime.catalog import Catalog, Entry
from trainautod.runtime.submission import Source
from trainautod.spec.triggers import Schedule
from trainautod.triggers.catchup import Line, starts, unix_ms

Wanted = Mapping[Key, tuple[Schedule, int]]


def key_of(pipeline: str, schedule: Schedule) -> Key:
    """Return what names a schedule in the store."""
    return Key(pipeline, schedule.cron, schedule.timezone or "")


def instant(unix: int) -> datetime:
    """Return Unix milliseconds as a time in UTC."""
    return datetime.fromtimestamp(unix / 1000, UTC)


@dataclass(slots=True, eq=False)
class Row:
    """A schedule, and when the first of its slots that is not dealt with starts its run."""

    key: Key
    line: Line
    starts: datetime | None = field(init=False)

    def __post_init__(self) -> None:
        self.starts = starts(self.key.pipeline, self.line)

    def move(self, seen: datetime) -> None:
        """Go on behind the slots up to ``seen``."""
        self.line = Line(self.line.schedule, seen)
        self.starts = starts(self.key.pipeline, self.line)


class Timetable:
    """What the clock is to start; its state is in the store, this is a copy."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[Key, Row] = {}
        self._stored: dict[Key, int] = {}

    async def load(self) -> None:
        """Take over what an earlier daemon, or an earlier try of this one, has dealt with."""
        self._rows.clear()
        self._stored = await self._store.read(slots.seen)

    async def follow(self, catalog: Catalog, now: datetime) -> None:
        """Take up the schedules that there are, from now on or from where they were left.

        One that is new begins when its file was read. One that left its file is forgotten, so
        that nothing is made up for when it comes back. When the clock was set back, slots come
        again; those that were claimed stay so.
        """
        wanted = _wanted(catalog)
        gone = [k for k in self._stored if k not in wanted and k.pipeline not in catalog.unread]
        moved = dict(self._update(wanted, unix_ms(now)))
        for key in self._rows.keys() - wanted.keys():
            del self._rows[key]
        if gone or moved:
            await self._write(gone, moved)

    def _update(self, wanted: Wanted, now_ms: int) -> Iterator[tuple[Key, int]]:
        """Bring the rows up to date; yield those to be stored, with what they have seen."""
        for key, (schedule, updated_ms) in wanted.items():
            row = self._rows.get(key)
            known = unix_ms(row.line.seen) if row else self._stored.get(key, updated_ms)
            seen = min(known, now_ms)
            if row is None or row.line.schedule != schedule or seen < known:
                self._rows[key] = Row(key, Line(schedule, instant(seen)))
            if key not in self._stored or seen < known:
                yield key, seen

    async def _write(self, gone: list[Key], moved: dict[Key, int]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            slots.forget(connection, gone)
            slots.see(connection, moved)

        await self._store.write(work)
        self._stored.update(moved)
        for key in gone:
            del self._stored[key]

    def come(self, now: datetime) -> dict[str, list[Row]]:
        """Return the schedules of which a slot has come, by pipeline."""
        found: dict[str, list[Row]] = {}
        for row in self._rows.values():
            if row.starts is not None and row.starts <= now:
                found.setdefault(row.key.pipeline, []).append(row)
        return found

    def pause(self, now: datetime, most_s: float, busy: Container[str]) -> float:
        """Return the seconds until the next slot of a pipeline that is not ``busy``."""
        ahead = (
            (row.starts - now).total_seconds()
            for row in self._rows.values()
            if row.starts is not None and row.key.pipeline not in busy
        )
        return max(0.0, min(ahead, default=most_s))

    def next_fire(self, pipeline: str, schedule: Schedule, now: datetime) -> datetime | None:
        """Return when a schedule starts its next run, jitter included."""
        row = self._rows.get(key_of(pipeline, schedule))
        if row is not None and row.starts is not None and row.starts > now:
            return row.starts
        return starts(pipeline, Line(schedule, now))


def _wanted(catalog: Catalog) -> Wanted:
    """Return each schedule with when its file was read; of two alike the first counts."""
    found: dict[Key, tuple[Schedule, int]] = {}
    for entry in catalog.entries.values():
        for schedule in entry.source.pipeline.schedule:
            found.setdefault(key_of(entry.name, schedule), (schedule, entry.updated_ms))
    return found


def schedule_of(entry: Entry[Source], key: Key) -> Schedule | None:
    """Return a pipeline's schedule by its key, as the file has it now."""
    schedules = entry.source.pipeline.schedule
    return next((each for each in schedules if key_of(entry.name, each) == key), None)
