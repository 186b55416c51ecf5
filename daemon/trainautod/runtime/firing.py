"""What is done with the slots of a pipeline that have come: each is claimed once, then told."""

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from trainautod.lineage import Store, events, slots
from trainautod.lineage.slots import Became, Key, Waiting
from trainautod.runtime.catalog import Entry
from trainautod.runtime.clock import Clock
from trainautod.runtime.errors import Conflict, DaemonError, NoRoom, legible
from trainautod.runtime.hub import EventHub
from trainautod.runtime.registrations import Documents
from trainautod.runtime.runs import Runs
from trainautod.runtime.submission import RunRequest, Source
from trainautod.runtime.timetable import Row, instant, key_of, schedule_of
from trainautod.spec.duration import format_seconds
from trainautod.triggers import overlap
from trainautod.triggers.catchup import MISSED_MS, Decision, Skipped, decide, unix_ms, zone_of

log = logging.getLogger(__name__)

ACTOR = "schedule"  # who cancels a run for the next slot
_MINUTE_MS = 60_000


class SlotTaken(Exception):
    """The slot was dealt with already."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A slot whose turn it is, in its schedule's zone; ``waited`` when it was claimed before."""

    key: Key
    slot: datetime
    waited: Waiting | None = None

    def claim(
        self,
        connection: sqlite3.Connection,
        at_ms: int,
        state: str,
        reason: str | None = None,
        run_id: str | None = None,
    ) -> None:
        """Write down what becomes of it, and that its schedule goes on behind it.

        Raises:
            SlotTaken: that was done before.
        """
        became = Became(state, reason, run_id)
        if self.waited is not None:
            first = slots.end_wait(connection, self.waited, became, at_ms)
        else:
            slots.see(connection, {self.key: unix_ms(self.slot)})
            first = slots.claim(connection, self.key, unix_ms(self.slot), became, at_ms)
        if not first:
            raise SlotTaken


class Firing:
    """Starts the runs of the clock."""

    def __init__(self, runs: Runs, store: Store, hub: EventHub, clock: Clock) -> None:
        self._runs = runs
        self._store = store
        self._hub = hub
        self._clock = clock
        self._cancelled: dict[str, set[str]] = {}

    async def attend(self, entry: Entry[Source], rows: Sequence[Row], now: datetime) -> None:
        """Deal with the slots of a pipeline that have come by ``now``, and with those that wait.

        Raises:
            NoRoom: a run cannot be stored just now; its slot stays due.
        """
        if rows:
            by_key = {row.key: row for row in rows}
            for turn in await self._decide(entry.name, rows, now):
                await self._meet(entry, turn)
                by_key[turn.key].move(turn.slot)
        await self._take_turns(entry)

    async def drop(self, pipeline: str) -> None:
        """Let go of the slots that wait for a pipeline that is registered no more."""
        for waited in await self._store.read(lambda c: slots.waiting(c, pipeline)):
            turn = Turn(waited.key, instant(waited.slot_ms), waited)
            await self._conclude([(turn, "skipped", "the pipeline was removed")])

    async def _decide(self, pipeline: str, rows: Sequence[Row], now: datetime) -> list[Turn]:
        """Store what has no run now, and return what is due."""
        lines, now_ms = [row.line for row in rows], unix_ms(now)
        after_ms = min(unix_ms(line.seen) for line in lines)
        claimed = await self._store.read(lambda c: slots.claimed(c, pipeline, after_ms, now_ms))
        decision = await asyncio.to_thread(decide, pipeline, lines, claimed, now)
        if decision.skipped or decision.waiting or not decision.due:
            await self._settle(pipeline, rows, decision)
        return [Turn(key_of(pipeline, each.schedule), each.instant) for each in decision.due]

    async def _settle(self, pipeline: str, rows: Sequence[Row], decision: Decision) -> None:
        at_ms = self._clock.now_ms()
        reason = "missed, and made up for in its turn (catchup: all)"
        seen = {row.key: unix_ms(each) for row, each in zip(rows, decision.seen, strict=True)}

        def work(connection: sqlite3.Connection) -> Documents:
            told = [_tell_skipped(connection, pipeline, each, at_ms) for each in decision.skipped]
            for slot in decision.waiting:
                key, slot_ms = key_of(pipeline, slot.schedule), unix_ms(slot.instant)
                if slots.claim(connection, key, slot_ms, Became("queued", reason), at_ms):
                    turn = Turn(key, slot.instant)
                    told.append(_tell(connection, "slot_queued", turn, at_ms, reason))
            slots.see(connection, seen)
            return told

        self._publish(await self._store.write(work))
        for row, each in zip(rows, decision.seen, strict=True):
            row.move(each)

    async def _meet(self, entry: Entry[Source], turn: Turn) -> None:
        """Fire a slot that is due, or do what ``overlap`` says."""
        live, waiting = await self._store.read(
            lambda c: (slots.live_runs(c, entry.name), slots.waiting(c, entry.name))
        )
        schedule = schedule_of(entry, turn.key)
        if schedule is None:
            return  # the file was read anew meanwhile
        verdict = overlap.verdict(schedule, live, [each.state for each in waiting])
        match verdict.action:
            case overlap.FIRE:
                await self._fire(entry, turn)
            case overlap.SKIP:
                await self._conclude([(turn, "skipped", verdict.reason)])
            case overlap.QUEUE:
                await self._conclude([(turn, "queued", verdict.reason)])
            case _:
                await self._conclude(
                    [*_superseded(turn, waiting), (turn, "replacing", verdict.reason)]
                )

    async def _take_turns(self, entry: Entry[Source]) -> None:
        """Fire the slots that wait, one after the other, each when the run before has ended."""
        for waited in await self._store.read(lambda c: slots.waiting(c, entry.name)):
            schedule = schedule_of(entry, waited.key)
            if schedule is None:
                turn = Turn(waited.key, instant(waited.slot_ms), waited)
                await self._conclude([(turn, "skipped", "its schedule is no longer in the file")])
                continue
            live = await self._store.read(lambda c: slots.live_runs(c, entry.name))
            if live:
                if waited.state == "replacing":
                    await self._cancel(entry.name, live)
                return
            slot = instant(waited.slot_ms).astimezone(zone_of(schedule))
            await self._fire(entry, Turn(waited.key, slot, waited))

    async def _cancel(self, pipeline: str, live: Sequence[str]) -> None:
        """Cancel runs, each once: it takes as long as their steps' grace."""
        for run_id in set(live) - self._cancelled.get(pipeline, set()):
            with suppress(Conflict):  # it has just ended
                await self._runs.cancel(run_id, ACTOR)
        self._cancelled[pipeline] = set(live)

    async def _fire(self, entry: Entry[Source], turn: Turn) -> None:
        at_ms = self._clock.now_ms()
        late = _late(turn, at_ms)

        def claim(connection: sqlite3.Connection, run_id: str) -> Documents:
            turn.claim(connection, at_ms, "fired", late, run_id)
            return [_tell(connection, "slot_fired", turn, at_ms, late, run_id)]

        cause = f"schedule {turn.key.cron}" + (f", {late}" if late else "")
        slot = turn.slot.isoformat()
        trigger = {"kind": "cron", "cron": turn.key.cron, "slot": slot, "cause": cause}
        request = RunRequest(scheduled_time=turn.slot, trigger=trigger)
        where = {"pipeline": entry.name, "slot": slot}
        try:
            await self._runs.submit(entry.source, request, claim)
        except NoRoom:
            raise
        except SlotTaken:
            log.info("slot was dealt with before", extra={"action": "slot_taken", **where})
        except DaemonError as error:
            log.error("slot refused: %s", error, extra={"action": "slot_refused", **where})
            await self._conclude([(turn, "refused", legible(str(error)))])

    async def _conclude(self, turns: Sequence[tuple[Turn, str, str]]) -> None:
        """Claim slots that have no run now, and tell of them, for somebody may wait for them."""
        at_ms = self._clock.now_ms()

        def work(connection: sqlite3.Connection) -> Documents:
            told = []
            for turn, state, reason in turns:
                with suppress(SlotTaken):
                    turn.claim(connection, at_ms, state, reason)
                    told.append(_tell(connection, _KINDS[state], turn, at_ms, reason))
            return told

        self._publish(await self._store.write(work))

    def _publish(self, documents: Documents) -> None:
        for document in documents:
            self._hub.publish(document)


_KINDS = {
    "skipped": "slot_skipped",
    "queued": "slot_queued",
    "replacing": "slot_queued",
    "refused": "slot_refused",
}


def _superseded(turn: Turn, waiting: Sequence[Waiting]) -> list[tuple[Turn, str, str]]:
    """Return what becomes of the slots that were to replace a run which a later one replaces."""
    reason = f"the slot {turn.slot.isoformat()} came before the run it waited for had ended"
    return [
        (Turn(each.key, instant(each.slot_ms), each), "skipped", reason)
        for each in waiting
        if each.state == "replacing"
    ]


def _late(turn: Turn, at_ms: int) -> str | None:
    behind_ms = at_ms - unix_ms(turn.slot)
    if behind_ms <= MISSED_MS:
        return None
    return f"{format_seconds(behind_ms // _MINUTE_MS * 60)} late"


def _tell(
    connection: sqlite3.Connection,
    kind: str,
    turn: Turn,
    at_ms: int,
    reason: str | None,
    run_id: str | None = None,
) -> dict[str, object]:
    data = {"cron": turn.key.cron, "slot": turn.slot.isoformat()}
    if reason is not None:
        data["reason"] = reason
    return events.append(
        connection, kind=kind, at_ms=at_ms, run_id=run_id, pipeline=turn.key.pipeline, data=data
    )


def _tell_skipped(
    connection: sqlite3.Connection, pipeline: str, skipped: Skipped, at_ms: int
) -> dict[str, object]:
    first, last = skipped.first.isoformat(), skipped.last.isoformat()
    told = {"cron": skipped.schedule.cron, "slot": last, "reason": skipped.reason}
    data = {**told, "count": skipped.count, "first": first, "last": last}
    return events.append(connection, kind="slot_skipped", at_ms=at_ms, pipeline=pipeline, data=data)
