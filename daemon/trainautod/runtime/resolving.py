"""Deciding on steps away from the event loop, as many as can be in one hop to a thread.

Handing work to a thread and back costs more than finding a result that can be reused. So whoever
is on a thread goes on from a reused step to those that only waited for it, and the event loop takes
all the verdicts at once. A step that takes long, as one with an input to be digested, holds up no
other: after a few milliseconds what is known is taken, and the rest goes on elsewhere.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from trainautod import engine
from trainautod.engine import Refuse, Resolve, Reuse, StepResolved, Verdict
from trainautod.failpoints import declare, failpoint
from trainautod.runtime.context import RunContext
from trainautod.runtime.errors import legible
from trainautod.runtime.room import Room, is_lacking
from trainautod.runtime.tasks import RunTasks

log = logging.getLogger(__name__)

AT_ONCE = 4  # threads that digest inputs and parse code
SLICE_S = 0.005  # what one step may cost those that were to follow it on the same thread

declare("resolve.before_verdict")


#: A step to decide on, and the state of its run with all that is known so far.
_Item = tuple[RunContext, str, engine.RunState]


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict on a step; None when the machine lacked what finding out needs."""

    context: RunContext
    step: str
    verdict: Verdict | None


@dataclass(slots=True, eq=False)
class _Walk:
    """One hop: what it has found out, and what it would look at next."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    answers: list[Answer] = field(default_factory=list)
    next: deque[_Item] = field(default_factory=deque)
    at: tuple[RunContext, str] | None = None  # the step that it is deciding on, or was last
    over: bool = False

    def take(self) -> list[Answer]:
        """Take the answers so far; after the step it is at, the walk ends."""
        with self.lock:
            self.over = True
            self.next.clear()  # they are asked for again once the answers are applied
            found, self.answers = self.answers, []
            return found


class Resolving:
    """Answers the engine's ``Resolve`` for all runs.

    Args:
        decide: tells what one step would do; called on a thread.
        room: waits for what the machine lacks.
        tasks: runs the hops.
        answer: called in the event loop with verdicts of one run, to be applied in their order.
    """

    def __init__(
        self,
        decide: Callable[[RunContext, str], Verdict],
        room: Room,
        tasks: RunTasks,
        answer: Callable[[RunContext, Sequence[tuple[str, Verdict]]], None],
    ) -> None:
        self._decide = decide
        self._room = room
        self._tasks = tasks
        self._answer = answer
        self._waiting: deque[tuple[RunContext, str]] = deque()
        self._walks: list[_Walk] = []
        self._due: asyncio.TimerHandle | None = None

    def ask(self, context: RunContext, step: str) -> None:
        """Find out what a step would do, and answer before long."""
        if all(walk.at != (context, step) for walk in self._walks):  # else its verdict is to come
            self._waiting.append((context, step))
            self._go_on()

    def _go_on(self) -> None:
        """See to it that somebody comes to what waits; who is under way is given a moment."""
        if not self._waiting or len(self._walks) >= AT_ONCE:
            return
        if all(walk.over for walk in self._walks):
            self._start()
        elif self._due is None:
            self._due = asyncio.get_running_loop().call_later(SLICE_S, self._help)

    def _help(self) -> None:
        self._due = None
        if self._waiting and len(self._walks) < AT_ONCE:
            self._start()
            self._go_on()

    def _start(self) -> None:
        walk = _Walk()
        self._walks.append(walk)
        context, step = self._waiting[0]
        self._tasks.start(
            f"resolving {step} of {context.run_id}",
            self._hop(walk),
            died=lambda error: self._failed(context, step, error),
        )

    async def _hop(self, walk: _Walk) -> None:
        late = asyncio.get_running_loop().call_later(SLICE_S * 2, self._take, walk)
        try:
            failpoint("resolve.before_verdict")
            await asyncio.to_thread(self._walk, walk)
        finally:
            late.cancel()
            self._walks.remove(walk)
        self._take(walk)

    def _take(self, walk: _Walk) -> None:
        self._give(walk.take())
        self._go_on()

    def _walk(self, walk: _Walk) -> None:
        """Decide on step after step, on a thread, for a slice of time."""
        end = time.monotonic() + SLICE_S
        while (item := self._pick(walk)) is not None:
            context, step, state = item
            verdict = self._verdict(context, step)
            follow: list[_Item] = []
            if isinstance(verdict, Reuse):
                state, effects = engine.step(state, StepResolved(step, verdict))
                follow = [(context, e.step, state) for e in effects if isinstance(e, Resolve)]
            with walk.lock:
                walk.answers.append(Answer(context, step, verdict))
                if walk.over or time.monotonic() > end:
                    walk.over = True
                    return
                walk.next = deque((c, s, state) for c, s, _ in walk.next)
                walk.next.extend(follow)

    def _pick(self, walk: _Walk) -> _Item | None:
        """Return the next step and its run's state, as it is or as it will be by the answers."""
        with walk.lock:
            if walk.over:
                return None
            if walk.next:
                item = walk.next.popleft()
            else:
                try:
                    context, step = self._waiting.popleft()
                except IndexError:
                    return None
                item = context, step, context.state
            walk.at = item[:2]
            return item

    def _verdict(self, context: RunContext, step: str) -> Verdict | None:
        try:
            return self._decide(context, step)
        except Exception as error:
            if is_lacking(error):
                return None
            where = {"action": "resolve", "run_id": context.run_id, "step": step}
            log.exception("resolving failed", extra=where)
            return refusal(step, error)

    def _give(self, answers: Sequence[Answer]) -> None:
        """Hand on verdicts, run by run; what the machine lacks room for is waited for."""
        by_run: dict[str, tuple[RunContext, list[tuple[str, Verdict]]]] = {}
        for answer in answers:
            if answer.verdict is None:
                self._wait_for_room(answer.context, answer.step)
            else:
                run = by_run.setdefault(answer.context.run_id, (answer.context, []))
                run[1].append((answer.step, answer.verdict))
        for context, verdicts in by_run.values():
            self._answer(context, verdicts)

    def _failed(self, context: RunContext, step: str, error: Exception) -> None:
        """Act on a hop that did not get to its first step."""
        if (context, step) not in self._waiting:
            return
        self._waiting.remove((context, step))
        if is_lacking(error):
            self._wait_for_room(context, step)
        else:
            self._answer(context, [(step, refusal(step, error))])

    def _wait_for_room(self, context: RunContext, step: str) -> None:
        self._tasks.start(
            f"resolving {step} of {context.run_id}",
            self._resolve_alone(context, step),
            died=lambda error: self._answer(context, [(step, refusal(step, error))]),
        )

    async def _resolve_alone(self, context: RunContext, step: str) -> None:
        async def look() -> Verdict:
            return await asyncio.to_thread(self._decide, context, step)

        self._answer(context, [(step, await self._room.wait_for(look))])


def refusal(step: str, error: Exception) -> Refuse:
    """Return the verdict on a step that a defect keeps from being decided on."""
    return Refuse(legible(f"step {step}: internal error {type(error).__name__}: {error}"))
