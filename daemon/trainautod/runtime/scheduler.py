"""Firing cron schedules: each slot at most once, whatever happens to clock and daemon."""

import asyncio
import logging
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from tzlocal import get_localzone

from trainautod.lineage import events
from trainautod.lineage.queries import sql
from trainautod.runtime.catalog import Catalog, Entry
from trainautod.runtime.clock import Clock
from trainautod.runtime.conductor import Documents
from trainautod.runtime.errors import DaemonError
from trainautod.runtime.runs import Runs
from trainautod.runtime.submission import RunRequest
from trainautod.spec.cron import Cron
from trainautod.spec.model import Schedule
from trainautod.triggers.cron import next_fire

log = logging.getLogger(__name__)

HEARTBEAT_S = 15.0  # longest sleep: a suspended machine or a set clock is noticed this soon


class SlotTaken(Exception):
    """The slot has its run already."""


@dataclass(frozen=True, slots=True)
class Due:
    """A schedule of a pipeline and the slot it waits for."""

    pipeline: str
    cron: str
    slot: datetime


class Scheduler:
    """Wakes for the next slot of every registered pipeline and submits its run."""

    def __init__(self, catalog: Catalog, runs: Runs, clock: Clock) -> None:
        self._catalog = catalog
        self._runs = runs
        self._clock = clock
        self._waiting: dict[tuple[str, str, str | None], datetime] = {}

    async def run(self) -> None:
        """Fire slots until cancelled."""
        while True:
            self._catalog.changed.clear()
            now = self._now()
            for due in self._take_due(now):
                await self._fire(due)
            sleep = asyncio.create_task(self._clock.sleep(self._pause(now)))
            changed = asyncio.create_task(self._catalog.changed.wait())
            try:
                await asyncio.wait((sleep, changed), return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleep.cancel()
                changed.cancel()

    def next_fire(self, entry: Entry) -> datetime | None:
        """Return when a pipeline fires next by its schedules."""
        now = self._now()
        times = [_next(schedule, now) for schedule in entry.source.pipeline.schedule]
        return min((t for t in times if t is not None), default=None)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)

    def _take_due(self, now: datetime) -> list[Due]:
        """Return the slots that have come, and remember the next one of every schedule."""
        due: list[Due] = []
        kept: dict[tuple[str, str, str | None], datetime] = {}
        for entry in self._catalog.entries.values():
            for schedule in entry.source.pipeline.schedule:
                key = (entry.name, schedule.cron, schedule.timezone)
                slot = self._waiting.get(key)
                if slot is not None and slot <= now:
                    due.append(Due(entry.name, schedule.cron, _latest(schedule, slot, now)))
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

    async def _fire(self, due: Due) -> None:
        entry = self._catalog.entries.get(due.pipeline)
        if entry is None:
            return
        slot = due.slot.isoformat()
        at_ms = self._clock.now_ms()

        def claim(connection: sqlite3.Connection, run_id: str) -> Documents:
            row = {"pipeline": due.pipeline, "cron": due.cron, "slot": slot, "at_ms": at_ms}
            claimed = connection.execute(sql("claim_slot"), {**row, "run_id": run_id}).rowcount
            if not claimed:
                raise SlotTaken
            data = {"cron": due.cron, "slot": slot}
            told = events.append(
                connection, kind="slot_fired", at_ms=at_ms, pipeline=due.pipeline, data=data
            )
            return [told]

        trigger = {"kind": "cron", "cron": due.cron}
        request = RunRequest(scheduled_time=due.slot, trigger=trigger)
        try:
            await self._runs.submit(entry.source, request, claim)
        except SlotTaken:
            log.info("slot has its run", extra={"action": "slot_taken", "slot": slot})
        except DaemonError as error:
            where = {"action": "slot_refused", "pipeline": due.pipeline, "slot": slot}
            log.error("slot could not be run: %s", error, extra=where)


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
    return next_fire(Cron.parse(schedule.cron), zone, after.astimezone(zone))
