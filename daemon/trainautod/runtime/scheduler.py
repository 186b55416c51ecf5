"""Waking for the slots of all pipelines: at their times, when runs end, and on a heartbeat."""

import asyncio
import logging
from collections.abc import Collection, Coroutine, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from trainautod.lineage import Store, slots
from trainautod.runtime.catalog import Catalog, Entry
from trainautod.runtime.clock import Clock
from trainautod.runtime.firing import Firing
from trainautod.runtime.hub import EventHub
from trainautod.runtime.runs import Runs
from trainautod.runtime.submission import Source
from trainautod.runtime.timetable import Row, Timetable, instant
from trainautod.spec.triggers import Schedule

log = logging.getLogger(__name__)

HEARTBEAT_S = 15.0  # longest sleep: a suspended machine or a set clock is noticed this soon
RETRY_S = 5.0  # after a slot's run could not be stored, as on a full disk
STUCK_S = (
    10.0  # a pipeline whose files do not answer, as on a lost network mount, holds up no other
)
_ENDED = ("succeeded", "failed", "cancelled", "skipped")


class Scheduler:
    """Has every slot of every registered pipeline dealt with once."""

    def __init__(
        self, catalog: Catalog, runs: Runs, store: Store, hub: EventHub, clock: Clock
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._hub = hub
        self._clock = clock
        self._firing = Firing(runs, store, hub, clock)
        self._timetable = Timetable(store)
        self._attending: dict[str, asyncio.Task[bool]] = {}
        self._waiting: frozenset[str] = frozenset()  # pipelines of which slots wait

    async def run(self) -> None:
        """Fire slots until cancelled."""
        await self._timetable.load()
        self._waiting = await self._store.read(slots.waiting_pipelines)
        try:
            while True:
                await self._beat()
        finally:
            await _end(self._attending.values())
            self._attending.clear()

    def next_fires(self, entry: Entry[Source]) -> list[tuple[Schedule, datetime | None]]:
        """Return each schedule of a pipeline with when it starts its next run, jitter included."""
        now, schedules = self._now(), entry.source.pipeline.schedule
        return [(each, self._timetable.next_fire(entry.name, each, now)) for each in schedules]

    async def _beat(self) -> None:
        """Deal with what has come, then sleep until something may have."""
        self._catalog.changed.clear()
        with ExitStack() as listening:
            heard = listening.enter_context(self._hub.listen())  # no end is missed meanwhile
            well = await self._deal()
            if self._waiting:
                await self._rest(well, _end_of_run(heard))
            else:
                listening.close()
                await self._rest(well)

    async def _rest(self, well: bool, *wakers: Coroutine[Any, Any, None]) -> None:
        busy = {name: task for name, task in self._attending.items() if not task.done()}
        pause = self._timetable.pause(self._now(), HEARTBEAT_S, busy) if well else RETRY_S
        sleep = self._clock.sleep(min(pause, HEARTBEAT_S))
        changed = self._catalog.changed.wait()
        tasks = [asyncio.ensure_future(each) for each in (sleep, changed, *wakers)]
        try:
            waits = (*tasks, *busy.values())
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(tasks)

    async def _deal(self) -> bool:
        """Deal at once with every pipeline that nobody is at; tell whether all went well."""
        now = self._now()
        await self._timetable.follow(self._catalog, now)
        come = self._timetable.come(now)
        self._attending = {n: task for n, task in self._attending.items() if not task.done()}
        begun = {
            name: asyncio.create_task(
                self._attend(name, come.get(name, []), now), name=f"slots of {name}"
            )
            for name in sorted({*come, *self._waiting} - self._attending.keys())
        }
        self._attending |= begun
        if not begun:
            return True
        done, stuck = await asyncio.wait(begun.values(), timeout=STUCK_S)
        for task in stuck:
            log.error("not done yet: %s", task.get_name(), extra={"action": "slot_stuck"})
        self._waiting = await self._store.read(slots.waiting_pipelines)
        return all(task.result() for task in done)

    async def _attend(self, name: str, rows: Sequence[Row], now: datetime) -> bool:
        """Deal with a pipeline; what fails stays due, and keeps no other pipeline waiting."""
        try:
            entry = self._catalog.entries.get(name)
            if entry is not None:
                await self._firing.attend(entry, rows, now)
            elif name not in self._catalog.unread:
                await self._firing.drop(name)
        except Exception:
            where = {"action": "slot_delayed", "pipeline": name}
            log.exception("slots could not be dealt with", extra=where)
            return False
        return True

    def _now(self) -> datetime:
        return instant(self._clock.now_ms())


async def _end_of_run(heard: "asyncio.Queue[dict[str, Any] | None]") -> None:
    """Wait until some run has ended."""
    while (document := await heard.get()) is not None:
        if document["changes"]["run"] in _ENDED:
            return
    await asyncio.Event().wait()  # the heartbeat looks, too


async def _end(tasks: Collection["asyncio.Future[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
