"""Firing cron schedules: each slot at most once, whatever happens to clock and daemon."""

import asyncio
import logging
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from tzlocal import get_localzone

from trainautod.lineage import Store, events, slots
from trainautod.runtime.catalog import Catalog, Entry
from trainautod.runtime.clock import Clock
from trainautod.runtime.errors import DaemonError, NoRoom, legible
from trainautod.runtime.hub import EventHub
from trainautod.runtime.registrations import Documents
from trainautod.runtime.runs import Runs
from trainautod.runtime.submission import RunRequest, Source
from trainautod.spec.cron import timing
from trainautod.spec.model import Schedule
from trainautod.triggers.cron import next_fire

log = logging.getLogger(__name__)

HEARTBEAT_S = 15.0  # longest sleep: a suspended machine or a set clock is noticed this soon
RETRY_S = 5.0  # after a slot's run could not be stored, as on a full disk
Key = tuple[str, str, str | None]  # pipeline, cron, zone


class SlotTaken(Exception):
    """The slot has its run already."""


@dataclass(frozen=True, slots=True)
class Due:
    """A schedule of a pipeline and the slot it waits for."""

    key: Key
    slot: datetime


class Scheduler:
    """Wakes for the next slot of every registered pipeline and submits its run."""

    def __init__(
        self, catalog: Catalog, runs: Runs, store: Store, hub: EventHub, clock: Clock
    ) -> None:
        self._catalog = catalog
        self._runs = runs
        self._store = store
        self._hub = hub
        self._clock = clock
        self._waiting: dict[Key, datetime] = {}

    async def run(self) -> None:
        """Fire slots until cancelled."""
        before = self._now()
        while True:
            self._catalog.changed.clear()
            now = self._now()
            if now < before:  # set back: what was waited for may be far ahead now
                self._waiting.clear()
            before = now
            fired = [await self._try(due) for due in self._take_due(now)]
            pause = self._pause(now) if all(fired) else RETRY_S
            sleep = asyncio.create_task(self._clock.sleep(pause))
            changed = asyncio.create_task(self._catalog.changed.wait())
            try:
                await asyncio.wait((sleep, changed), return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleep.cancel()
                changed.cancel()

    def next_fire(self, entry: Entry[Source]) -> datetime | None:
        """Return when a pipeline fires next by its schedules."""
        now = self._now()
        times = [self._following(entry.name, each, now) for each in entry.source.pipeline.schedule]
        return min((t for t in times if t is not None), default=None)

    def _following(self, pipeline: str, schedule: Schedule, now: datetime) -> datetime | None:
        waiting = self._waiting.get((pipeline, schedule.cron, schedule.timezone))
        return waiting if waiting is not None and waiting > now else _next(schedule, now)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)

    def _take_due(self, now: datetime) -> list[Due]:
        """Return the slots that have come, and remember the next one of every schedule."""
        due: list[Due] = []
        kept: dict[Key, datetime] = {}
        for entry in self._catalog.entries.values():
            for schedule in entry.source.pipeline.schedule:
                key = (entry.name, schedule.cron, schedule.timezone)
                slot = self._waiting.get(key)
                if slot is not None and slot <= now:
                    due.append(Due(key, _latest(schedule, slot, now)))
                    slot = None
                slot = slot or _next(schedule, now)
                if slot is not None:
                    kept[key] = slot
        self._waiting = kept
        return due

    def _pause(self, now: datetime) -> float:
        slots = self._waiting.values()
        seconds = min(((slot - now).total_seconds() for slot in slots), default=HEARTBEAT_S)
        return max(0.0, min(seconds, HEARTBEAT_S))

    async def _try(self, due: Due) -> bool:
        """Fire a slot; one that cannot be stored now stays due, and keeps no other waiting."""
        try:
            await self._fire(due)
        except Exception:
            where = {"action": "slot_delayed", "pipeline": due.key[0], "slot": str(due.slot)}
            log.exception("slot could not be stored", extra=where)
            self._waiting[due.key] = due.slot
            return False
        return True

    async def _fire(self, due: Due) -> None:
        pipeline, cron, _ = due.key
        entry = self._catalog.entries.get(pipeline)
        if entry is None:
            return
        slot = due.slot.astimezone(UTC).isoformat()  # an instant, whatever zone it is read in
        at_ms = self._clock.now_ms()

        def claim(connection: sqlite3.Connection, run_id: str) -> Documents:
            slot_ms = round(due.slot.timestamp() * 1000)
            if not slots.claim(connection, pipeline, slot_ms, cron, at_ms, run_id=run_id):
                raise SlotTaken
            data = {"cron": cron, "slot": due.slot.isoformat()}
            told = events.append(
                connection,
                kind="slot_fired",
                at_ms=at_ms,
                run_id=run_id,
                pipeline=pipeline,
                data=data,
            )
            return [told]

        trigger = {"kind": "cron", "cron": cron}
        request = RunRequest(scheduled_time=due.slot, trigger=trigger)
        try:
            await self._runs.submit(entry.source, request, claim)
        except NoRoom:
            raise
        except SlotTaken:
            log.info("slot has its run", extra={"action": "slot_taken", "slot": slot})
        except DaemonError as error:
            await self._tell_refused(due, error)

    async def _tell_refused(self, due: Due, error: DaemonError) -> None:
        """Tell of a slot that will have no run, for somebody may wait for it."""
        pipeline, cron, _ = due.key
        where = {"action": "slot_refused", "pipeline": pipeline, "slot": str(due.slot)}
        log.error("slot could not be run: %s", error, extra=where)
        data = {"cron": cron, "slot": due.slot.isoformat(), "reason": legible(str(error))}
        at_ms = self._clock.now_ms()
        document = await self._store.write(
            lambda c: events.append(
                c, kind="slot_refused", at_ms=at_ms, pipeline=pipeline, data=data
            )
        )
        self._hub.publish(document)


def _latest(schedule: Schedule, slot: datetime, now: datetime) -> datetime:
    """Return the last slot that has come: after a suspend, those before it are not made up."""
    recent = now - timedelta(days=1)  # bounds the search for a schedule that fires each minute
    following = _next(schedule, recent) if slot < recent else None
    slot = following if following is not None and following <= now else slot
    while (following := _next(schedule, slot)) is not None and following <= now:
        slot = following
    return slot


def _next(schedule: Schedule, after: datetime) -> datetime | None:
    zone: tzinfo = ZoneInfo(schedule.timezone) if schedule.timezone else get_localzone()
    return next_fire(timing(schedule.cron), zone, after.astimezone(zone))
