"""Live runs: applies events, stores them, and carries out what the engine asks for."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from trainautod import engine
from trainautod.engine import (
    Acquire,
    Adopt,
    AttemptFinished,
    CancelRequested,
    Effect,
    Event,
    FinishRun,
    Launch,
    Needs,
    Refuse,
    Release,
    Resolve,
    Resolving,
    RetryDue,
    Reuse,
    RunRetried,
    RunSubmitted,
    SetTimer,
    SlotsGranted,
    SlotsRefused,
    StepResolved,
    Stop,
    Verdict,
    Withdraw,
)
from trainautod.failpoints import declare, failpoint
from trainautod.lineage import Store
from trainautod.lineage.projection import (
    AttemptFacts,
    record_event,
    record_given_up,
    record_submission,
)
from trainautod.lineage.queries import sql
from trainautod.lineage.results import AttemptRef
from trainautod.runtime.attempts import AttemptRunner
from trainautod.runtime.cleaner import Cleaner
from trainautod.runtime.clock import Clock
from trainautod.runtime.context import RunContext, StepResult, metrics_by_name
from trainautod.runtime.errors import Conflict, legible
from trainautod.runtime.hub import EventHub
from trainautod.runtime.registrations import Also, Documents, registering
from trainautod.runtime.resolver import Resolver
from trainautod.runtime.room import Room, is_lacking
from trainautod.runtime.slots import SlotTable
from trainautod.runtime.tasks import RunTasks

log = logging.getLogger(__name__)

#: Effects that change the world: their event must be on disk first. The others only read, or
#: change this process's memory, so they may run ahead of the commit.
_DURABLE = (Launch, Adopt, Stop, FinishRun)
#: What storing an event raises when the event itself is at fault, and the store is sound.
_UNSTORABLE = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
)
_RESOLVING_AT_ONCE = 4  # threads that digest inputs and parse code
_TIMER_SLICE_S = 15.0  # longest sleep towards a retry; a suspended machine wakes late by no more

declare("resolve.before_verdict", "attempt.before_record")


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
        self._resolving = asyncio.Semaphore(_RESOLVING_AT_ONCE)
        self._loop = asyncio.get_running_loop()

    async def begin(self, context: RunContext, event: RunSubmitted, also: Also) -> None:
        """Store a new run and start it; it is accepted when this returns.

        Args:
            context: its state is replaced by the run's first one.
            also: more to write in the same transaction, such as the slot it stands for.
        """
        context.state, effects = engine.begin(event)
        first = context.state

        def work(connection: sqlite3.Connection) -> Documents:
            extra = also(connection)
            row = {"digest": context.submission.spec_digest, "text": context.spec_text}
            connection.execute(sql("add_spec"), row)
            return [record_submission(connection, context.submission, first, event), *extra]

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
        self._apply(context, CancelRequested(actor))

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
        self._apply(context, RunRetried(actor), also=also)

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
        self,
        context: RunContext,
        event: Event,
        *,
        facts: AttemptFacts | None = None,
        also: Also | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Advance a run by one event; ``then`` is called once the event is on disk."""
        if not self._is_live(context):  # given up meanwhile
            return
        before = context.state
        after, effects = engine.step(before, event)
        context.state = after
        at_ms = self._clock.now_ms()

        def work(connection: sqlite3.Connection) -> Documents:
            document = record_event(
                connection,
                before,
                after,
                event,
                pipeline=context.submission.pipeline,
                at_ms=at_ms,
                facts=facts,
            )
            return [document, *(also(connection) if also else [])]

        stored = asyncio.Event()
        for launch in (effect for effect in effects if isinstance(effect, Launch)):
            self._start_attempt(context, launch, stored)
        durable = [effect for effect in effects if isinstance(effect, _DURABLE)]
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
            if isinstance(error, _UNSTORABLE):
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
                    self._start_resolving(context, step)
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

    def _start_resolving(self, context: RunContext, step: str) -> None:
        self._tasks.start(
            f"resolving {step} of {context.run_id}",
            self._resolve(context, step),
            died=lambda error: self._refuse(context, step, error),
        )

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
            self._apply(context, SlotsRefused(step, unmet))
            return
        self.slots.request((context.run_id, step), needs)
        self._grant()

    def _grant(self) -> None:
        for holder, lease in self.slots.grant():
            run_id, step = holder
            self._apply(self.live[run_id], SlotsGranted(step, lease.gpus))

    async def _resolve(self, context: RunContext, step: str) -> None:
        verdict = await self._room.wait_for(lambda: self._look(context, step))
        if not self._is_live(context) or not isinstance(context.state.states[step], Resolving):
            return  # cancelled meanwhile
        also = None
        if isinstance(verdict, Reuse):
            ref = AttemptRef(verdict.source_run, verdict.source_step, verdict.source_attempt)
            also = registering(context, ref, context.results[step].registrations, self._clock)
        self._apply(context, StepResolved(step, verdict), also=also)

    async def _look(self, context: RunContext, step: str) -> Verdict:
        async with self._resolving:
            failpoint("resolve.before_verdict")
            return await asyncio.to_thread(self._verdict, context, step)

    def _verdict(self, context: RunContext, step: str) -> Verdict:
        try:
            return self._resolver.resolve(context, step)
        except Exception as error:
            if is_lacking(error):
                raise
            where = {"action": "resolve", "run_id": context.run_id, "step": step}
            log.exception("resolving failed", extra=where)
            return _defect(step, error)

    def _refuse(self, context: RunContext, step: str, error: Exception) -> None:
        """End a step that cannot be resolved; where that fails too, end its run."""
        try:
            self._apply(context, StepResolved(step, _defect(step, error)))
        except Exception as again:
            log.exception("a step was not refused", extra={"action": "task_failed"})
            self._drop(context, again)

    async def _attempt(
        self, context: RunContext, effect: Launch | Adopt, stored: asyncio.Event
    ) -> None:
        """See an attempt through; its process is not started before ``stored`` is set."""
        finish = await self._attempts.run(context, effect, stored)
        failpoint("attempt.before_record")
        event, run_id = finish.event, context.run_id
        also: Also | None = None
        if event.outcome == "succeeded":
            metrics = metrics_by_name(finish.facts.metrics)
            context.results[effect.step] = StepResult(finish.artifacts, metrics)
            ref = AttemptRef(run_id, effect.step, effect.attempt)
            also = registering(context, ref, finish.facts.registrations, self._clock)
        self._apply(
            context,
            event,
            facts=finish.facts,
            also=also,
            then=lambda: self._clean_up(run_id, event),
        )

    def _clean_up(self, run_id: str, event: AttemptFinished) -> None:
        """Let a recorded attempt's sandbox go; that of a failed one is kept to be looked at."""
        if event.outcome == "succeeded":
            self._cleaner.later(AttemptRef(run_id, event.step, event.attempt))

    async def _wait(self, context: RunContext, step: str, due_ms: int) -> None:
        while (left_ms := due_ms - self._clock.now_ms()) > 0:
            await self._clock.sleep(min(left_ms / 1000, _TIMER_SLICE_S))
        if self._is_live(context):
            self._apply(context, RetryDue(step))

    def _is_live(self, context: RunContext) -> bool:
        """Tell whether answers still count: a cancelled run may have been retried meanwhile."""
        return self.live.get(context.run_id) is context


def _defect(step: str, error: Exception) -> Refuse:
    return Refuse(legible(f"step {step}: internal error {type(error).__name__}: {error}"))
