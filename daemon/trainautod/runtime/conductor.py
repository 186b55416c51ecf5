"""Live runs: applies events, stores them, and carries out what the engine asks for."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

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
    Refuse,
    Release,
    Resolve,
    RetryDue,
    Reuse,
    RunRetried,
    RunState,
    RunSubmitted,
    SetTimer,
    SlotsGranted,
    StepResolved,
    Stop,
    Verdict,
    Withdraw,
)
from trainautod.engine.codec import event_from_json
from trainautod.lineage import Store, events
from trainautod.lineage.projection import (
    AttemptFacts,
    record_event,
    record_given_up,
    record_submission,
)
from trainautod.lineage.queries import sql
from trainautod.lineage.results import AttemptRef
from trainautod.registry import register
from trainautod.runtime.attempts import AttemptRunner
from trainautod.runtime.cleaner import Cleaner
from trainautod.runtime.clock import Clock
from trainautod.runtime.context import RunContext, StepResult, metrics_by_name
from trainautod.runtime.errors import Conflict, legible
from trainautod.runtime.hub import EventHub
from trainautod.runtime.resolver import Resolver
from trainautod.runtime.room import Room, is_lacking
from trainautod.runtime.slots import SlotTable

log = logging.getLogger(__name__)

Documents = list[dict[str, Any]]
Also = Callable[[sqlite3.Connection], Documents]

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
        on_defect: Callable[[str, BaseException], None],
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
        self._on_defect = on_defect
        self._tasks: set[asyncio.Task[None]] = set()
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
            await self._attempts.stop(run_id, step, attempt)

    async def close(self) -> None:
        """Let go of every run; attempts live on under their shims."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

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
            self._spawn(self._attempt(context, launch, stored))
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
            self._spawn(self.give_up(context.run_id, context.submission.pipeline, error))
            self._grant()

    def _publish(self, documents: Documents) -> None:
        for document in documents:
            self._hub.publish(document)

    def _carry_out(self, context: RunContext, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Resolve(step):
                    self._spawn(self._resolve(context, step))
                case Acquire(step, needs):
                    self.slots.request((context.run_id, step), needs)
                    self._grant()
                case Withdraw(step) | Release(step):
                    self.slots.withdraw((context.run_id, step))
                    self._grant()
                case Launch() | Adopt():
                    stored = asyncio.Event()
                    stored.set()
                    self._spawn(self._attempt(context, effect, stored))
                case Stop(step, attempt):
                    self._spawn(self._attempts.stop(context.run_id, step, attempt))
                case SetTimer(step, due_ms):
                    self._spawn(self._wait(context, step, due_ms))
                case FinishRun():
                    self.live.pop(context.run_id, None)

    def _grant(self) -> None:
        for holder, lease in self.slots.grant():
            run_id, step = holder
            self._apply(self.live[run_id], SlotsGranted(step, lease.gpus))

    async def _resolve(self, context: RunContext, step: str) -> None:
        verdict = await self._room.wait_for(lambda: self._look(context, step))
        also = None
        if isinstance(verdict, Reuse):
            ref = AttemptRef(verdict.source_run, verdict.source_step, verdict.source_attempt)
            also = self._registering(context, ref, context.results[step].registrations)
        if self._is_live(context):
            self._apply(context, StepResolved(step, verdict), also=also)

    async def _look(self, context: RunContext, step: str) -> Verdict:
        async with self._resolving:
            return await asyncio.to_thread(self._verdict, context, step)

    def _verdict(self, context: RunContext, step: str) -> Verdict:
        try:
            return self._resolver.resolve(context, step)
        except Exception as error:
            if is_lacking(error):
                raise
            where = {"action": "resolve", "run_id": context.run_id, "step": step}
            log.exception("resolving failed", extra=where)
            return Refuse(legible(f"step {step}: internal error {type(error).__name__}: {error}"))

    async def _attempt(
        self, context: RunContext, effect: Launch | Adopt, stored: asyncio.Event
    ) -> None:
        """See an attempt through; its process is not started before ``stored`` is set."""
        finish = await self._attempts.run(context, effect, stored)
        event, run_id = finish.event, context.run_id
        also: Also | None = None
        if event.outcome == "succeeded":
            metrics = metrics_by_name(finish.facts.metrics)
            context.results[effect.step] = StepResult(finish.artifacts, metrics)
            ref = AttemptRef(run_id, effect.step, effect.attempt)
            also = self._registering(context, ref, finish.facts.registrations)
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
            discard = partial(self._attempts.discard, run_id, event.step, event.attempt)
            self._cleaner.later(discard)

    def _registering(
        self, context: RunContext, ref: AttemptRef, wishes: Sequence[Mapping[str, Any]]
    ) -> Also:
        def also(connection: sqlite3.Connection) -> Documents:
            documents = []
            at_ms = self._clock.now_ms()
            for wish in wishes:
                version = register(connection, wish, ref, at_ms)
                if version is not None:
                    told = {"model": wish["name"], "version": version, "stage": wish["stage"]}
                    documents.append(
                        events.append(
                            connection,
                            kind="model_registered",
                            at_ms=at_ms,
                            run_id=context.run_id,
                            step=ref.step,
                            pipeline=context.submission.pipeline,
                            data={**told, "digest": wish["digest"]},
                        )
                    )
            return documents

        return also

    async def _wait(self, context: RunContext, step: str, due_ms: int) -> None:
        while (left_ms := due_ms - self._clock.now_ms()) > 0:
            await self._clock.sleep(min(left_ms / 1000, _TIMER_SLICE_S))
        if self._is_live(context):
            self._apply(context, RetryDue(step))

    def _is_live(self, context: RunContext) -> bool:
        """Tell whether answers still count: a cancelled run may have been retried meanwhile."""
        return self.live.get(context.run_id) is context

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("a run's task failed", exc_info=error, extra={"action": "task_failed"})
            self._on_defect(task.get_name(), error)


def replay(told: Sequence[tuple[str, Mapping[str, Any]]]) -> RunState:
    """Return a run's state from its stored events, oldest first.

    Raises:
        IllegalTransition: the events do not fit one another.
    """
    state: RunState | None = None
    for kind, data in told:
        if kind not in _OF_A_RUN:
            continue
        event = event_from_json(kind, data)
        if isinstance(event, RunSubmitted):
            state, _ = engine.begin(event)
        else:
            assert state is not None, "the first event of a run submits it"
            state, _ = engine.step(state, event)
    assert state is not None, "a run has at least one event"
    return state


_OF_A_RUN = frozenset(
    ("run_submitted", "step_resolved", "slots_granted", "attempt_finished", "retry_due",
     "cancel_requested", "run_retried")
)  # fmt: skip
