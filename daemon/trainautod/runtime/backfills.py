"""Backfills: one run per slot of a range, so many at once, across every death of the daemon.

What is to be run is written down before the first run, and each run is given its slot in its own
transaction. So after a kill at any moment it goes on with the slots that wait.
"""

import asyncio
import logging
import sqlite3
from contextlib import suppress
from datetime import datetime
from typing import Any

from trainautod.lineage import Store, backfills, events, slots
from trainautod.lineage.backfills import Backfill, BackfillSlot
from trainautod.lineage.errors import StoreClosed
from trainautod.runtime.backfill_plan import Asked, BackfillRequest, Plan, plan
from trainautod.runtime.catalog import Catalog
from trainautod.runtime.clock import Clock
from trainautod.runtime.errors import Conflict, DaemonError, NoRoom, legible
from trainautod.runtime.hub import EventHub
from trainautod.runtime.ids import RunIds
from trainautod.runtime.registrations import Documents
from trainautod.runtime.runs import Runs
from trainautod.runtime.submission import RunRequest
from trainautod.triggers import backfill as rules

log = logging.getLogger(__name__)

HEARTBEAT_S = 15.0  # longest wait for the end of a run: one that was not heard of shows this soon
RETRY_S = 5.0  # after a run that could not be stored, as on a full disk
_ENDS = ("succeeded", "failed", "cancelled", "skipped")
_STOPPED = "stopped by {}"


class _SlotRefused(Exception):
    """The slot is not to be run; the message says why."""


class _SlotGone(Exception):
    """The slot does not wait any more, or its backfill does not go on."""


class Backfills:
    """Plans, starts, stops and drives backfills."""

    def __init__(
        self, catalog: Catalog, runs: Runs, store: Store, hub: EventHub, clock: Clock
    ) -> None:
        self._catalog = catalog
        self._runs = runs
        self._store = store
        self._hub = hub
        self._clock = clock
        self._ids = RunIds()
        self._wake = asyncio.Event()

    async def plan(self, request: BackfillRequest, actor: str) -> dict[str, Any]:
        """Return the document of what ``start`` would do, without doing anything.

        Raises:
            DaemonError: the request cannot be carried out.
        """
        planned = await self._plan(request, actor)
        found = await self._store.read(planned.chosen)
        return {
            **backfills.planned(planned.backfill, found),
            "warnings": list(planned.warnings),
        }

    async def start(self, request: BackfillRequest, actor: str) -> dict[str, Any]:
        """Begin a backfill and return its document; it is stored when this returns.

        Raises:
            DaemonError: the request cannot be carried out.
        """
        planned = await self._plan(request, actor)
        wanted = planned.backfill

        def work(connection: sqlite3.Connection) -> tuple[dict[str, Any], dict[str, Any]]:
            backfills.add(connection, wanted, planned.chosen(connection))
            told = _tell(connection, "backfill_started", wanted.id, wanted.pipeline, wanted.at_ms)
            return told, backfills.document(connection, wanted.id)

        told, document = await self._store.write(work)
        self._publish(told)
        return {**document, "warnings": list(planned.warnings)}

    async def stop(self, wanted: str, actor: str, *, cancel_running: bool) -> dict[str, Any]:
        """Let a backfill start no more runs; those that are live go on unless they are cancelled.

        The slots of those that are cancelled wait again.

        Raises:
            Conflict: it has ended.
            LineageError: there is no such backfill.
        """
        told = _STOPPED.format(actor)
        document = await self._change(wanted, "backfill_stopped", told, withdraw=cancel_running)
        if document["state"] == "ended":
            raise Conflict(f"backfill {document['backfill']} has ended; there is nothing to stop")
        if not cancel_running:
            return document
        name = document["backfill"]
        for run_id in await self._store.read(lambda c: backfills.live_runs(c, name)):
            with suppress(Conflict):  # it has ended meanwhile
                await self._runs.cancel(run_id, actor)
        return await self._store.read(lambda c: backfills.document(c, name))

    async def resume(self, wanted: str) -> dict[str, Any]:
        """Let a stopped backfill go on with the slots that wait.

        Raises:
            Conflict: it has ended.
            LineageError: there is no such backfill.
        """
        document = await self._change(wanted, "backfill_resumed")
        if document["state"] == "ended":
            told = "has ended; ask for what failed with `trainauto backfill NAME … --failed`"
            raise Conflict(f"backfill {document['backfill']} {told}")
        return document

    async def run(self) -> None:
        """Drive every backfill that goes on, until cancelled."""
        while True:
            self._wake.clear()
            with self._hub.listen() as heard:
                pause = await self._advance()
                if pause is not None:
                    await self._news(heard, pause)
            if pause is None:
                await self._wake.wait()

    async def _advance(self) -> float | None:
        """Do all that can be done now; return how long to wait for news, None without a limit."""
        going = await self._store.read(backfills.running)
        if not going:
            return None
        done = [await self._drive(backfill) for backfill in going]
        return HEARTBEAT_S if all(done) else RETRY_S

    async def _news(self, heard: "asyncio.Queue[dict[str, Any] | None]", pause_s: float) -> None:
        """Wait until a run ends, a backfill is changed, or the pause is over."""
        waits = (
            asyncio.ensure_future(self._end_of_a_run(heard)),
            asyncio.ensure_future(self._wake.wait()),
            asyncio.ensure_future(self._clock.sleep(pause_s)),
        )
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    async def _end_of_a_run(self, heard: "asyncio.Queue[dict[str, Any] | None]") -> None:
        """Return when any run ends; a listener that was dropped waits for the heartbeat."""
        while True:
            event = await heard.get()
            if event is None:
                await asyncio.Event().wait()
            elif event["changes"]["run"] in _ENDS:
                return

    async def _drive(self, backfill: Backfill) -> bool:
        """Start what may be live beside what is; False when that is to be tried again later."""
        while True:
            live, slot = await self._store.write(lambda c: _standing(c, backfill.id))
            if slot is None and not live:
                await self._end(backfill)
                return True
            if slot is None or live >= backfill.parallel:
                return True
            try:
                await self._submit(backfill, slot)
            except NoRoom:
                return False
            except StoreClosed:
                raise
            except Exception as error:  # noqa: BLE001 - it is told, and logged, there
                await self._give_up(backfill, error)

    async def _submit(self, backfill: Backfill, slot: BackfillSlot) -> None:
        """Start the run of a slot, or write down why it has none.

        Raises:
            DaemonError: the pipeline is not there or cannot be run.
        """
        entry = self._catalog.get(backfill.pipeline)
        told = f"backfill {backfill.id}, slot {slot.position} of {backfill.total}"
        trigger = {"kind": "backfill", "backfill": backfill.id, "slot": slot.slot, "cause": told}
        request = RunRequest(
            params=backfill.params,
            scheduled_time=datetime.fromisoformat(slot.slot),
            trigger=trigger,
        )
        at_ms = self._clock.now_ms()

        def claim(connection: sqlite3.Connection, run_id: str) -> Documents:
            _claim(connection, backfill, slot, run_id, at_ms)
            return []

        try:
            await self._runs.submit(entry.source, request, claim)
        except _SlotGone:
            return
        except _SlotRefused as refused:
            reason = str(refused)
            await self._store.write(lambda c: backfills.skip(c, backfill.id, slot.slot_ms, reason))

    async def _give_up(self, backfill: Backfill, error: Exception) -> None:
        """Stop a backfill whose next run cannot be started; somebody may put that right."""
        where = {"action": "backfill_stopped", "pipeline": backfill.pipeline}
        log.error("a backfill cannot go on", exc_info=error, extra=where)
        kind = "" if isinstance(error, DaemonError) else f"{type(error).__name__}: "
        await self._change(backfill.id, "backfill_stopped", legible(f"{kind}{error}"))

    async def _end(self, backfill: Backfill) -> None:
        at_ms = self._clock.now_ms()

        def work(connection: sqlite3.Connection) -> dict[str, Any] | None:
            if not backfills.end(connection, backfill.id, at_ms):
                return None
            return _tell(connection, "backfill_ended", backfill.id, backfill.pipeline, at_ms)

        self._publish(await self._store.write(work))

    async def _change(
        self, wanted: str, kind: str, reason: str = "", *, withdraw: bool = False
    ) -> dict[str, Any]:
        """Stop or resume a backfill, if it is not already so, and return its document."""
        at_ms = self._clock.now_ms()

        def work(connection: sqlite3.Connection) -> tuple[dict[str, Any] | None, dict[str, Any]]:
            name = backfills.find(connection, wanted)
            if withdraw:
                backfills.withdraw(connection, name)
            if kind == "backfill_stopped":
                changed = backfills.stop(connection, name, reason)
            else:
                changed = backfills.resume(connection, name)
            found = backfills.document(connection, name)
            told = None
            if changed:
                told = _tell(connection, kind, name, found["pipeline"], at_ms, reason)
            return told, found

        told, document = await self._store.write(work)
        self._publish(told)
        return document

    def _publish(self, told: dict[str, Any] | None) -> None:
        """Publish the change of a backfill, if there was one, and look at what goes on now."""
        if told is not None:
            self._hub.publish(told)
            self._wake.set()

    async def _plan(self, request: BackfillRequest, actor: str) -> Plan:
        entry = await self._catalog.look(request.pipeline)
        at_ms = self._clock.now_ms()
        asked = Asked(request, self._ids.make(at_ms), actor, at_ms)
        return await asyncio.to_thread(plan, entry, asked)


def _standing(connection: sqlite3.Connection, backfill: str) -> tuple[int, BackfillSlot | None]:
    """Return how many runs are live, and the slot whose turn it is."""
    backfills.settle(connection, backfill)
    return (
        len(backfills.live_runs(connection, backfill)),
        backfills.next_slot(connection, backfill),
    )


def _claim(
    connection: sqlite3.Connection, backfill: Backfill, slot: BackfillSlot, run_id: str, at_ms: int
) -> None:
    """Give a slot its run, inside the run's transaction; the schedule will not fire it then.

    Raises:
        _SlotRefused: it has, or has had, a run by somebody else meanwhile.
        _SlotGone: the backfill does not go on.
    """
    if not backfills.take(connection, backfill.id, slot.slot_ms, run_id):
        raise _SlotGone
    among = (backfill.pipeline, slot.slot_ms, slot.slot_ms)
    runs = backfills.runs_of(connection, *among).get(slot.slot_ms, ())
    waits = bool(backfills.waiting_on_schedule(connection, *among))
    which = "failed" if slot.withdrawn and backfill.which == "missing" else backfill.which
    objection = rules.objection(which, runs, waits, slot.known)
    if objection is not None:
        raise _SlotRefused(objection)
    key = slots.Key(backfill.pipeline, slot.cron, slot.zone)
    became = slots.Became("fired", f"backfill {backfill.id}", run_id)
    slots.claim(connection, key, slot.slot_ms, became, at_ms)


def _tell(
    connection: sqlite3.Connection,
    kind: str,
    backfill: str,
    pipeline: str,
    at_ms: int,
    reason: str = "",
) -> dict[str, Any]:
    told = {"reason": reason} if reason else {}
    data = {"backfill": backfill, **told, "counts": backfills.counts(connection, backfill)}
    return events.append(connection, kind=kind, at_ms=at_ms, pipeline=pipeline, data=data)
