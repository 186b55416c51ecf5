"""Policies at work: each event is acted on once, in order, over whatever happens to the daemon.

How far a policy is moves in the transaction of the run that it starts, or of what else it tells.
"""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trainautod.lineage import Store, events
from trainautod.lineage import policies as table
from trainautod.lineage.policies import PolicyRow
from trainautod.runtime.catalog import Catalog, Entry, Read
from trainautod.runtime.clock import Clock
from trainautod.runtime.errors import DaemonError, NoRoom, PipelineInvalid, legible
from trainautod.runtime.hub import EventHub
from trainautod.runtime.registrations import Documents
from trainautod.runtime.runs import Runs
from trainautod.runtime.submission import RunRequest, Source
from trainautod.spec import Policy
from trainautod.spec.policy import ENDS
from trainautod.triggers.globs import Pattern
from trainautod.triggers.occurrences import (
    STORED,
    Occurrence,
    concerns,
    kinds_for,
    occurrence,
)
from trainautod.triggers.policies import (
    Fail,
    Fire,
    Hold,
    Pass,
    PolicyState,
    failed,
    fired,
    judge,
    trigger,
)

log = logging.getLogger(__name__)

HEARTBEAT_S = 15.0  # how often the store is asked, should an event not have been told
RETRY_S = 5.0  # after a run could not be stored, as on a full disk
SPAN = 10_000  # events looked at at once
BATCH = 200  # events that policies may be on, read at once: some milliseconds of the event loop
LAG = 2_000  # events of no interest that a policy has seen before that is worth a write

_WAKING = ("signal", *STORED, "pipeline_added", "pipeline_updated", "pipeline_removed")


class PolicyMoved(Exception):
    """The policy was removed, or registered anew, since it was read."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A policy in use, from a file of its own or from a pipeline's.

    Attributes:
        entry: the document that it is of.
        policy: the policy.
        watch: the files of the reports that it reads.
    """

    entry: Entry[Read]
    policy: Policy
    watch: tuple[Pattern, ...]

    @property
    def own(self) -> bool:
        """Whether it is a pipeline's own drift trigger."""
        return isinstance(self.entry.source, Source)

    @property
    def folder(self) -> str:
        """The folder of its file."""
        return os.path.dirname(self.entry.source.path)


def registered(catalog: Catalog) -> dict[str, Registered]:
    """Return every policy in use, by name."""
    home = str(Path.home())
    found = {}
    for entry in catalog.known().values():
        folder = os.path.dirname(entry.source.path)
        for policy in entry.source.policies:
            watch = tuple(Pattern.of(text, folder, home) for text in policy.watched)
            found[policy.name] = Registered(entry, policy, watch)
    return found


@dataclass(frozen=True, slots=True)
class Batch:
    """What is read at once: events up to a number, and how far each policy is."""

    rows: Mapping[str, PolicyRow]
    occurrences: Sequence[Occurrence]
    until: int
    last: int


@dataclass(slots=True)
class Walk:
    """A policy on its way through a batch.

    Attributes:
        before: the number that the store has for it.
        seq: the event that it has come to.
        state: what it remembers there.
        told: what is to be told with its next move, each with its kind.
    """

    known: Registered
    before: int
    seq: int
    state: PolicyState
    told: list[tuple[str, dict[str, Any]]]
    changed: bool = False

    def move(self, connection: sqlite3.Connection, at_ms: int) -> Documents:
        """Store how far it is and what it tells, inside a transaction.

        Raises:
            PolicyMoved: it is not where it was read.
        """
        policy = self.known.policy
        state = self.state.to_json()
        if not table.move(connection, policy.name, self.before, self.seq, state, at_ms):
            raise PolicyMoved
        return [
            events.append(
                connection, kind=kind, at_ms=at_ms, pipeline=policy.pipeline, data=data,
                run_id=data.get("run_id"),
            )
            for kind, data in self.told
        ]  # fmt: skip

    def moved(self) -> None:
        """Go on from what is stored now."""
        self.before, self.changed = self.seq, False
        self.told.clear()

    def tell(self, kind: str, event: Occurrence, **data: Any) -> None:
        """Tell something of an event with the next move."""
        about = {"policy": self.known.policy.name, "event": event.name, "seq": event.seq}
        self.told.append((kind, {**about, **data}))


class Policies:
    """Shows every event to the policies that are on it, and starts their runs."""

    def __init__(
        self, catalog: Catalog, runs: Runs, store: Store, hub: EventHub, clock: Clock
    ) -> None:
        self._catalog = catalog
        self._runs = runs
        self._store = store
        self._hub = hub
        self._clock = clock
        self._seen: dict[str, int] = {}  # how far each is, beyond what was worth a write

    async def run(self) -> None:
        """Act on events until cancelled."""
        while True:
            with self._hub.listen() as heard:
                pause = await self.catch_up()
                while await _woken(heard, pause):
                    pause = await self.catch_up()
            await self._clock.sleep(RETRY_S)  # too much was told at once, or the daemon ends

    async def catch_up(self) -> float:
        """Act on all that has happened; return after how many seconds to look again."""
        stuck: set[str] = set()
        while True:
            found = registered(self._catalog)
            known = {name: each for name, each in found.items() if name not in stuck}
            if not known:
                break
            batch = await self._store.read(lambda c: self._read(c, known))  # noqa: B023
            for name, row in batch.rows.items():
                if not await self._follow(known[name], row, batch):
                    stuck.add(name)
            if batch.until >= batch.last:
                break
        return RETRY_S if stuck else HEARTBEAT_S

    def _read(self, connection: sqlite3.Connection, known: Mapping[str, Registered]) -> Batch:
        rows = {n: row for n, row in table.rows(connection).items() if n in known}
        last = events.last(connection)
        after = min((self._start(name, row) for name, row in rows.items()), default=last)
        until = min(last, after + SPAN)
        names = {known[name].policy.on for name in rows}
        found = table.happened(
            connection, after, until, kinds_for(names), ends=bool(names & set(ENDS)), limit=BATCH
        )
        if len(found) == BATCH:
            until = found[-1].seq
        occurrences = [each for each in map(occurrence, found) if each is not None]
        return Batch(rows, occurrences, until, last)

    def _start(self, name: str, row: PolicyRow) -> int:
        return max(row.seq, self._seen.get(name, 0))

    async def _follow(self, known: Registered, row: PolicyRow, batch: Batch) -> bool:
        """Take a policy through a batch; False when it must be tried again."""
        name, start = known.policy.name, self._start(known.policy.name, row)
        if start >= batch.until:
            return True
        walk = Walk(known, row.seq, row.seq, PolicyState.from_json(row.state), [])
        try:
            for event in batch.occurrences:
                if event.seq > start and concerns(known.policy, known.watch, event):
                    await self._act(walk, event)
            walk.seq = batch.until
            if walk.changed or walk.seq - walk.before >= LAG:
                await self._move(walk)
        except PolicyMoved:
            return True  # it is read anew
        except Exception:
            where = {"action": "policy_delayed", "policy": name, "seq": walk.seq}
            log.exception("policy could not go on", extra=where)
            return False
        self._seen[name] = batch.until
        return True

    async def _act(self, walk: Walk, event: Occurrence) -> None:
        policy, now_ms = walk.known.policy, self._clock.now_ms()
        walk.state, verdict = judge(policy, walk.state, event, now_ms, walk.known.folder)
        walk.seq, walk.changed = event.seq, True
        match verdict:
            case Hold(reason):
                walk.tell("policy_held", event, reason=reason)
            case Fail(reason):
                walk.tell("policy_failed", event, reason=legible(reason))
            case Fire():
                await self._fire(walk, event, verdict)
            case Pass():
                pass

    async def _fire(self, walk: Walk, event: Occurrence, verdict: Fire) -> None:
        """Start the run, in the transaction that moves the policy; or tell why there is none."""
        try:
            await self._submit(walk, event, verdict)
        except (NoRoom, PolicyMoved):
            raise
        except DaemonError as error:
            await self._tell_failed(walk, event, _reason(error))
        except (LookupError, TypeError, ValueError) as error:  # of the event: it stays as it is
            log.exception("policy cannot act", extra={"action": "policy_failed", "seq": event.seq})
            await self._tell_failed(walk, event, f"{type(error).__name__}: {error}")

    async def _submit(self, walk: Walk, event: Occurrence, verdict: Fire) -> None:
        policy, at_ms = walk.known.policy, self._clock.now_ms()
        source = self._catalog.get(policy.pipeline).source
        cause = legible(verdict.reason)
        about = trigger(policy, walk.known.own, event, verdict, cause)
        then = walk

        def claim(connection: sqlite3.Connection, run_id: str) -> Documents:
            nonlocal then
            then = replace(walk, state=fired(walk.state, run_id, at_ms), told=list(walk.told))
            then.tell("policy_fired", event, cause=cause, run_id=run_id)
            return then.move(connection, at_ms)

        await self._runs.submit(source, RunRequest(params=verdict.params, trigger=about), claim)
        walk.state = then.state
        walk.moved()

    async def _tell_failed(self, walk: Walk, event: Occurrence, reason: str) -> None:
        walk.state, _ = failed(walk.state, event, legible(reason))
        walk.tell("policy_failed", event, reason=legible(reason))
        await self._move(walk)

    async def _move(self, walk: Walk) -> None:
        at_ms = self._clock.now_ms()
        for document in await self._store.write(lambda c: walk.move(c, at_ms)):
            self._hub.publish(document)
        walk.moved()


def _reason(error: DaemonError) -> str:
    problems = error.problems if isinstance(error, PipelineInvalid) else ()
    return "; ".join([str(error), *(each for each in problems if each != str(error))])


async def _woken(heard: "asyncio.Queue[dict[str, Any] | None]", pause_s: float) -> bool:
    """Wait for an event that policies may be on; False when no more are told here."""
    document: dict[str, Any] | None
    try:
        async with asyncio.timeout(pause_s):
            while (document := await heard.get()) is not None and not _wakes(document):
                pass
    except TimeoutError:
        return True
    while document is not None and not heard.empty():  # one look at the store sees them all
        document = heard.get_nowait()
    return document is not None


def _wakes(document: Mapping[str, Any]) -> bool:
    ended = document["changes"]["run"] in ("succeeded", "failed")
    return ended or document["kind"] in _WAKING
