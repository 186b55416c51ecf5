"""Live runs: applies events, stores them, and carries out what the engine asks for."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future

from trainautod import engine
from trainautod.engine import (
    Acquire,
    Adopt,
    AttemptFinished,
    CancelRequested,
    Effect,
    FinishRun,
    Launch,
    Needs,
    Release,
    Resolve,
    RetryDue,
    Reuse,
    RunRetried,
    RunSubmitted,
    SetTimer,
    SlotsGranted,
    SlotsRefused,
    StepResolved,
    Stop,
    Succeeded,
    Verdict,
    Withdraw,
)
from trainautod.failpoints import declare, failpoint
from trainautod.lineage import Store
from trainautod.lineage.projection import record_given_up
from trainautod.lineage.results import AttemptRef
from trainautod.runtime.attempts import AttemptRunner
from trainautod.runtime.cleaner import Cleaner
from trainautod.runtime.clock import Clock
from trainautod.runtime.context import RunContext, StepResult
from trainautod.runtime.errors import Conflict, legible
from trainautod.runtime.finishing import Finish
from trainautod.runtime.hub import EventHub
from trainautod.runtime.registrations import Also, Documents, registering
from trainautod.runtime.resolver import Resolver
from trainautod.runtime.resolving import Resolving
from trainautod.runtime.room import Room
from trainautod.runtime.slots import SlotTable
from trainautod.runtime.tasks import RunTasks
from trainautod.runtime.told import UNSTORABLE, Advance, Told, record, record_begin

log = logging.getLogger(__name__)

#: Effects that change the world: their event must be on disk first. The others only read, or
#: change this process's memory, so they may run ahead of the commit.
_DURABLE = (Launch, Adopt, Stop, FinishRun)
_TIMER_SLICE_S = 15.0  # longest sleep towards a retry; a suspended machine wakes late by no more

declare("attempt.before_record")


class Conductor:
    """Owns every unfinished run of the daemon."""

    def __init__(
        self,
        store: Store,
        hub: EventHub,
        resolver: Resolver,
        attempts: AttemptRunner,
        slots: SlotTable,
        clock: Clock,
        cleaner: Cleaner,
        room: Room,
        on_fatal: Callable[[BaseException], None],
        on_defect: Callable[[str, Exception], None],
    ) -> None:
        self.live: dict[str, RunContext] = {}
        self.slots = slots
        self._store = store
        self._hub = hub
        self._resolver = resolver
        self._attempts = attempts
        self._clock = clock
        self._cleaner = cleaner
        self._room = room
        self._on_fatal = on_fatal
        self._tasks = RunTasks(clock, on_defect)
        self._resolving = Resolving(resolver.resolve, room, self._tasks, self._answer)
        self._loop = asyncio.get_running_loop()

    async def begin(self, context: RunContext, event: RunSubmitted, also: Also) -> None:
        """Store a new run and start it; it is accepted when this returns.

        Once it is on its way to the store, it starts even if the caller is cancelled.

        Args:
            context: its state is replaced by the run's first one.
            also: more to write in the same transaction, such as the slot it stands for.
        """
        await asyncio.shield(self._begin(context, event, also))

    async def _begin(self, context: RunContext, event: RunSubmitted, also: Also) -> None:
        context.state, effects = engine.begin(event)
        first = context.state

        def work(connection: sqlite3.Connection) -> Documents:
            extra = also(connection)
            return [record_begin(connection, context, first, event), *extra]

        documents = await self._store.write(work)
        self.live[context.run_id] = context
        self._publish(documents)
        self._carry_out(context, effects)

    def cancel(self, run_id: str, actor: str) -> None:
        """Stop a live run.

        Raises:
            Conflict: the run has ended.
        """
        context = self.live.get(run_id)
        if context is None or not context.state.unfinished:
            raise Conflict(f"run {run_id} has ended; there is nothing to cancel")
        self._apply(context, [Told(CancelRequested(actor))])

    def go_on(self, context: RunContext, actor: str, also: Also) -> None:
        """Continue a finished run from what failed.

        Raises:
            Conflict: the run has succeeded, or has not ended.
        """
        if context.run_id in self.live or context.state.status not in ("failed", "cancelled"):
            status = context.state.status
            raise Conflict(
                f"run {context.run_id} is {status}; only a failed or cancelled run can be retried"
            )
        self.live[context.run_id] = context
        self._apply(context, [Told(RunRetried(actor), also=also)])

    def adopt(self, contexts: Sequence[RunContext]) -> None:
        """Take over the unfinished runs of an earlier daemon."""
        todo: list[tuple[RunContext, tuple[Effect, ...]]] = []
        for context in contexts:
            self.live[context.run_id] = context
            effects = engine.resume(context.state)
            todo.append((context, effects))
            for effect in effects:
                if isinstance(effect, Launch | Adopt):
                    holder = (context.run_id, effect.step)
                    self.slots.restore(holder, effect.needs, effect.gpus)
        for context, effects in todo:
            self._carry_out(context, effects)

    async def give_up(self, run_id: str, pipeline: str, error: BaseException) -> None:
        """Fail a run that cannot go on, so that it holds up no other, and stop its attempts."""
        where = {"action": "run_given_up", "run_id": run_id}
        log.error("a run cannot go on", exc_info=error, extra=where)
        told = legible(f"{type(error).__name__}: {error}; the run cannot go on, submit it anew")
        at_ms = self._clock.now_ms()
        document, attempts = await self._store.write(
            lambda c: record_given_up(c, run_id, pipeline, told, at_ms)
        )
        self._publish([document])
        for step, attempt in attempts:
            self._stop(run_id, step, attempt)

    async def close(self) -> None:
        """Let go of every run; attempts live on under their shims."""
        await self._tasks.close()

    def _apply(
        self, context: RunContext, told: Iterable[Told], then: Callable[[], None] | None = None
    ) -> None:
        """Advance a run by events, stored as one; ``then`` is called once they are on disk.

        Args:
            context: the run; nothing happens when it was given up meanwhile.
            told: the events; each is asked for when those before it are applied.
            then: what needs them to be durable.

        Raises:
            IllegalTransition: an event does not fit; those before it are stored all the same.
        """
        if not self._is_live(context):
            return
        advances: list[Advance] = []
        effects: list[Effect] = []
        try:
            for each in told:
                after, asked = engine.step(context.state, each.event)
                advances.append(Advance(context.state, after, each))
                effects += asked
                context.state = after
        finally:
            if advances:
                self._store_and_carry_out(context, advances, effects, then)

    def _store_and_carry_out(
        self,
        context: RunContext,
        advances: Sequence[Advance],
        effects: Sequence[Effect],
        then: Callable[[], None] | None,
    ) -> None:
        pipeline, at_ms = context.submission.pipeline, self._clock.now_ms()

        stored = asyncio.Event()
        for launch in (effect for effect in effects if isinstance(effect, Launch)):
            self._start_attempt(context, launch, stored)
        durable = [effect for effect in effects if isinstance(effect, _DURABLE)]

        def work(connection: sqlite3.Connection) -> Documents:
            if context.unstorable:
                raise ValueError(f"an earlier event of {context.run_id} could not be stored")
            try:
                return record(connection, advances, pipeline, at_ms)
            except UNSTORABLE:
                context.unstorable = True
                raise

        future = self._store.submit(work, writes=True, urgent=bool(durable))

        def after_commit() -> None:
            if self._is_live(context):
                stored.set()
                self._carry_out(context, [e for e in durable if not isinstance(e, Launch)])
            if then is not None:
                then()

        future.add_done_callback(lambda done: self._on_commit(context, done, after_commit))
        self._carry_out(context, [e for e in effects if not isinstance(e, _DURABLE)])

    def _on_commit(
        self, context: RunContext, done: "Future[Documents]", after_commit: Callable[[], None]
    ) -> None:
        """Called on the store's thread; goes on in the event loop, in order of commits."""

        def proceed() -> None:
            error = done.exception()
            if isinstance(error, UNSTORABLE):
                self._drop(context, error)
                return
            if error is not None:
                self._on_fatal(error)
                return
            self._publish(done.result())
            after_commit()

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(proceed)

    def _drop(self, context: RunContext, error: BaseException) -> None:
        """Give up a run whose event cannot be stored: a new daemon would fail at it again."""
        if self._is_live(context):
            del self.live[context.run_id]
            for step in context.state.nodes:
                self.slots.withdraw((context.run_id, step))
            run_id, pipeline = context.run_id, context.submission.pipeline
            self._tasks.insist(f"giving up {run_id}", lambda: self.give_up(run_id, pipeline, error))
            self._grant()

    def _publish(self, documents: Documents) -> None:
        for document in documents:
            self._hub.publish(document)

    def _carry_out(self, context: RunContext, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Resolve(step):
                    if isinstance(context.state.states[step], engine.Resolving):
                        self._resolving.ask(context, step)  # else its verdict came along
                case Acquire(step, needs):
                    self._acquire(context, step, needs)
                case Withdraw(step) | Release(step):
                    self.slots.withdraw((context.run_id, step))
                    self._grant()
                case Launch() | Adopt():
                    stored = asyncio.Event()
                    stored.set()
                    self._start_attempt(context, effect, stored)
                case Stop(step, attempt):
                    self._stop(context.run_id, step, attempt)
                case SetTimer(step, due_ms):
                    self._start_timer(context, step, due_ms)
                case FinishRun():
                    self.live.pop(context.run_id, None)

    def _start_attempt(
        self, context: RunContext, effect: Launch | Adopt, stored: asyncio.Event
    ) -> None:
        self._tasks.start(
            f"attempt {effect.attempt} at {effect.step} of {context.run_id}",
            self._attempt(context, effect, stored),
            died=lambda error: self._drop(context, error),
        )

    def _start_timer(self, context: RunContext, step: str, due_ms: int) -> None:
        self._tasks.start(
            f"retry of {step} of {context.run_id}",
            self._wait(context, step, due_ms),
            died=lambda error: self._drop(context, error),
        )

    def _stop(self, run_id: str, step: str, attempt: int) -> None:
        """Stop an attempt; a cancel that was told is kept, whatever the machine lacks just now."""
        self._tasks.insist(
            f"stop of {step} of {run_id}", lambda: self._attempts.stop(run_id, step, attempt)
        )

    def _acquire(self, context: RunContext, step: str, needs: Needs) -> None:
        """Queue for slots; a step that was resolved by a daemon with more to offer fails.

        What the machine offers changes only with the daemon, so that waiting could last for ever;
        a retry of the run finds whatever it offers by then.
        """
        if (unmet := self.slots.capacity.refuses(needs)) is not None:
            self._apply(context, [Told(SlotsRefused(step, unmet))])
            return
        self.slots.request((context.run_id, step), needs)
        self._grant()

    def _grant(self) -> None:
        for holder, lease in self.slots.grant():
            run_id, step = holder
            self._apply(self.live[run_id], [Told(SlotsGranted(step, lease.gpus))])

    def _answer(self, context: RunContext, verdicts: Sequence[tuple[str, Verdict]]) -> None:
        """Take in what steps of a run would do; verdicts on cancelled ones count no more."""
        try:
            self._apply(context, self._resolved(context, verdicts))
        except Exception as error:
            where = {"action": "resolve", "run_id": context.run_id}
            log.exception("verdicts do not fit their run", extra=where)
            self._drop(context, error)

    def _resolved(
        self, context: RunContext, verdicts: Sequence[tuple[str, Verdict]]
    ) -> Iterator[Told]:
        for step, verdict in verdicts:
            if not isinstance(context.state.states[step], engine.Resolving):
                continue
            also = None
            if isinstance(verdict, Reuse):
                ref = AttemptRef(verdict.source_run, verdict.source_step, verdict.source_attempt)
                wishes = context.results[step].registrations
                also = registering(context, ref, wishes, self._clock) if wishes else None
            yield Told(StepResolved(step, verdict), also=also)

    async def _attempt(
        self, context: RunContext, effect: Launch | Adopt, stored: asyncio.Event
    ) -> None:
        """See an attempt through; its process is not started before ``stored`` is set."""
        finish = await self._attempts.run(context, effect, stored)
        failpoint("attempt.before_record")
        event, run_id = finish.event, context.run_id
        also: Also | None = None
        if event.outcome == "succeeded":
            metrics = finish.facts.last_metrics
            context.results[effect.step] = StepResult(finish.artifacts, metrics)
            ref = AttemptRef(run_id, effect.step, effect.attempt)
            also = registering(context, ref, finish.facts.registrations, self._clock)
        told = Told(event, facts=finish.facts, also=also)
        self._apply(context, [told], then=lambda: self._recorded(context, finish))
        self._resolver.earlier.known.forget(_key_of(context, event))

    def _recorded(self, context: RunContext, finish: Finish) -> None:
        """Let a recorded attempt's sandbox go, and its result be reused; what failed is kept."""
        event = finish.event
        if event.outcome != "succeeded":
            return
        ref = AttemptRef(context.run_id, event.step, event.attempt)
        self._cleaner.later(ref)
        if key := _key_of(context, event):
            self._resolver.earlier.known.made(key, finish.result(ref))

    async def _wait(self, context: RunContext, step: str, due_ms: int) -> None:
        while (left_ms := due_ms - self._clock.now_ms()) > 0:
            await self._clock.sleep(min(left_ms / 1000, _TIMER_SLICE_S))
        if self._is_live(context):
            self._apply(context, [Told(RetryDue(step))])

    def _is_live(self, context: RunContext) -> bool:
        """Tell whether answers still count: a cancelled run may have been retried meanwhile."""
        return self.live.get(context.run_id) is context


def _key_of(context: RunContext, event: AttemptFinished) -> str:
    """Return the key that the result of an attempt is stored under; empty when it is not."""
    state = context.state.states[event.step]
    return (state.key or "") if isinstance(state, Succeeded) and not state.cached else ""
