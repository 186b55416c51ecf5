"""A shell that only imagines the world: it answers the engine's effects in any order it likes.

It keeps its own books (what is queued, what lives, what is leased) and checks the engine against
them after every event, without reading the engine's states where the books can tell.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from trainautod import engine
from trainautod.engine import (
    Acquire,
    Adopt,
    AttemptFinished,
    Cancelled,
    CancelRequested,
    Effect,
    Event,
    Execute,
    Expand,
    Expanded,
    Failed,
    FinishRun,
    Launch,
    Pending,
    Ready,
    Refuse,
    Release,
    Resolve,
    Resolving,
    RetryDue,
    RetryRule,
    Reuse,
    Running,
    RunRetried,
    RunState,
    RunStatus,
    RunSubmitted,
    SetTimer,
    Skip,
    SlotsGranted,
    SlotsRefused,
    StepNode,
    StepResolved,
    StepState,
    Stop,
    Stopping,
    Succeeded,
    Verdict,
    Waiting,
    Withdraw,
)
from trainautod.engine.codec import event_from_json, event_to_json
from trainautod.engine.states import TERMINAL

OUTCOMES = ("succeeded", "failed", "lost", "stopped")


def through_json(event: Event) -> Event:
    """Return the event as a restarted daemon reads it from the store."""
    return event_from_json(event.kind, json.loads(json.dumps(event_to_json(event))))


def execute(key: str | None = "key", **plan: Any) -> Execute:
    """Return the verdict that a step has to run."""
    return Execute(key, "no earlier result", {"command": "true", **plan})


def reuse(key: str = "key") -> Reuse:
    """Return the verdict that an earlier attempt stands in."""
    return Reuse(key, "nothing changed", "earlier", "step", 1)


@dataclass
class Books:
    """What the shell has been asked for and has not answered yet."""

    resolving: set[str] = field(default_factory=set)
    queued: set[str] = field(default_factory=set)
    leases: set[str] = field(default_factory=set)
    living: dict[str, Launch] = field(default_factory=dict)
    stopping: set[str] = field(default_factory=set)
    timers: dict[str, int] = field(default_factory=dict)


class ImaginedShell:
    """Drives one run through ``engine`` and keeps its whole trace."""

    def __init__(self, event: RunSubmitted) -> None:
        self.now_ms = 1_000_000
        self.books = Books()
        self.late_resolves: set[str] = set()
        self.late_grants: set[str] = set()
        self.late_timers: set[str] = set()
        self.ended = False
        self.cancelled = False
        self.last_attempt: dict[str, int] = {}
        self.trace: list[tuple[Event, tuple[Effect, ...]]] = []
        self.befores: list[RunState | None] = [None]
        self.state, effects = engine.begin(event)
        self._carry_out(event, effects)

    # What may happen.

    def resolve(self, step: str, verdict: Verdict) -> None:
        """Answer ``Resolve``."""
        self.books.resolving.remove(step)
        self.apply(StepResolved(step, verdict))

    def grant(self, step: str) -> None:
        """Answer ``Acquire``."""
        self.books.queued.remove(step)
        self.books.leases.add(step)
        self.apply(SlotsGranted(step, (0,)))

    def refuse(self, step: str) -> None:
        """Answer ``Acquire`` as a machine that offers too little."""
        self.books.queued.remove(step)
        self.apply(SlotsRefused(step, "needs 8 cpus, this machine offers 2"))

    def finish(self, step: str, outcome: Any, exit_code: int | None = None) -> None:
        """Let an attempt end."""
        launch = self.books.living.pop(step)
        self.books.stopping.discard(step)
        message = None if outcome == "succeeded" else f"{step} {outcome}"
        self.now_ms += 7
        self.apply(AttemptFinished(step, launch.attempt, outcome, exit_code, message, self.now_ms))

    def due(self, step: str) -> None:
        """Let a timer ring."""
        self.now_ms = max(self.now_ms, self.books.timers.pop(step))
        self.apply(RetryDue(step))

    def answer_late(self, step: str) -> None:
        """Deliver an answer that was on its way when the run was cancelled."""
        if step in self.late_resolves:
            self.late_resolves.remove(step)
            self.apply(StepResolved(step, reuse()))
        elif step in self.late_grants:
            self.late_grants.remove(step)
            self.books.leases.add(step)
            self.apply(SlotsGranted(step, (1,)))
        else:
            self.late_timers.remove(step)
            self.apply(RetryDue(step))

    def cancel(self) -> None:
        """Let somebody cancel: what is being found out or waited for is answered too late."""
        books = self.books
        self.late_resolves |= books.resolving
        self.late_timers |= set(books.timers)
        books.resolving, books.timers = set(), {}
        self.cancelled = True
        self.apply(CancelRequested("somebody"))

    def retry(self) -> None:
        """Let somebody retry the finished run."""
        self.ended = self.cancelled = False
        self.apply(RunRetried("somebody"))

    def restart(self) -> None:
        """Rebuild the state from stored events, and the books from ``resume``."""
        state = self.replayed()
        assert state == self.state
        assert state.told() == self.state.told()
        books, known = self._resumed(state), self.books
        assert books.resolving == known.resolving
        assert books.queued == known.queued
        assert books.timers == known.timers
        assert books.living == known.living
        assert books.stopping == known.stopping
        self.state, self.books = state, books
        self.books.leases = set(books.living)
        self.late_resolves, self.late_grants, self.late_timers = set(), set(), set()

    def at(self, step: str) -> StepState:
        """Return a step's state."""
        return self.state.states[step]

    def status(self) -> RunStatus:
        """Return the run's status."""
        return self.state.status

    def replayed(self) -> RunState:
        """Return the state that the stored events lead to."""
        first, *others = (through_json(event) for event, _ in self.trace)
        assert isinstance(first, RunSubmitted)
        state, _ = engine.begin(first)
        for event in others:
            state, _ = engine.step(state, event)
        return state

    @property
    def late(self) -> list[str]:
        """Steps that still owe a late answer."""
        return sorted(self.late_resolves | self.late_grants | self.late_timers)

    def apply(self, event: Event) -> None:
        """Give the engine an event and carry out what it asks for."""
        self.befores.append(self.state)
        self.state, effects = engine.step(self.state, event)
        self._carry_out(event, effects)

    # What the engine asks for.

    def _carry_out(self, event: Event, effects: tuple[Effect, ...]) -> None:
        self.trace.append((event, effects))
        for effect in effects:
            self._carry(effect)
        self.check()

    def _carry(self, effect: Effect) -> None:
        books = self.books
        begins = isinstance(effect, Resolve | Acquire | Launch | SetTimer)
        assert not (begins and self.cancelled), "a cancelled run begins nothing"
        match effect:
            case Resolve(step):
                assert step not in books.resolving
                self._expect_needs(step)
                books.resolving.add(step)
            case Acquire(step, needs):
                assert step not in books.queued | books.leases
                assert needs == self.state.nodes[step].slots
                books.queued.add(step)
            case Withdraw(step):
                books.queued.remove(step)
                self.late_grants.add(step)
            case Launch(step, attempt):
                assert step not in books.living
                assert step in books.leases
                assert attempt > self.last_attempt.get(step, 0)
                self._expect_needs(step)
                self.last_attempt[step] = attempt
                books.living[step] = effect
            case Stop(step, attempt):
                assert books.living[step].attempt == attempt
                assert step not in books.stopping
                books.stopping.add(step)
            case Release(step):
                books.leases.remove(step)
            case SetTimer(step, due_ms):
                assert due_ms >= self.now_ms
                assert step not in books.timers
                books.timers[step] = due_ms
            case FinishRun(status):
                self._end(status)
            case Adopt():
                raise AssertionError("only a restart adopts")

    def _expect_needs(self, step: str) -> None:
        for need in self.state.nodes[step].needs:
            assert isinstance(self.state.states[need], Succeeded), f"{step} before {need}"

    def _end(self, status: str) -> None:
        assert not self.ended
        assert self.state.status == status
        books = self.books
        assert not books.living
        assert not books.leases
        assert not books.queued
        self.ended = True
        # The runtime drops answers to a run that has ended.
        self.late_resolves, self.late_grants, self.late_timers = set(), set(), set()
        assert not books.resolving
        assert not books.timers

    def _resumed(self, state: RunState) -> Books:
        books = Books()
        for effect in engine.resume(state):
            match effect:
                case Resolve(step):
                    books.resolving.add(step)
                case Acquire(step):
                    books.queued.add(step)
                case Launch(step):
                    books.living[step] = effect
                case Adopt(step, attempt, plan, needs, gpus):
                    books.living[step] = Launch(step, attempt, plan, needs, gpus)
                case Stop(step, attempt):
                    assert books.living[step].attempt == attempt
                    books.stopping.add(step)
                case SetTimer(step, due_ms):
                    books.timers[step] = due_ms
                case _:
                    raise AssertionError(f"{effect} is not for a restart")
        return books

    # What must always hold.

    def check(self) -> None:
        """Compare the engine's state with the books and with its own counters."""
        state, books = self.state, self.books
        states = state.states
        active = {i for i, s in states.items() if isinstance(s, Ready | Running | Stopping)}
        waiting = {i for i, s in states.items() if isinstance(s, Waiting)}
        open_steps = {i for i, s in states.items() if not isinstance(s, TERMINAL)}
        assert active == books.queued | set(books.living)
        assert len(active) == state.active <= state.max_parallel
        assert len(open_steps) == state.unfinished
        assert state.status == plain_status(state)
        before = (self.befores[-1] or state).states
        assert set(state.touched) >= {i for i, s in states.items() if before.get(i) is not s}
        assert sorted(state.waiting) == sorted(waiting)
        assert not waiting or state.active == state.max_parallel, "a free place stays empty"
        assert books.leases == set(books.living)
        assert self.ended == (not open_steps)
        assert len(state.told()) == len(self.trace)
        assert set(states) == set(state.nodes)
        for step, reached in states.items():
            if isinstance(reached, Pending):
                self._expect_hope(step)
        self._check_groups(states)

    def _expect_hope(self, step: str) -> None:
        needs = [self.state.states[need] for need in self.state.nodes[step].needs]
        assert any(not isinstance(need, TERMINAL) for need in needs), f"{step} is forgotten"
        gone = [n for n in needs if isinstance(n, TERMINAL) and not isinstance(n, Succeeded)]
        assert not gone, f"{step} waits in vain"

    def _check_groups(self, states: Mapping[str, Any]) -> None:
        members: dict[str, list[str]] = {}
        for node in self.state.nodes.values():
            if node.group is not None:
                members.setdefault(node.group, []).append(node.id)
        for group, ids in members.items():
            over = all(isinstance(states[i], TERMINAL) for i in ids)
            assert isinstance(states[group], TERMINAL) == over
            if not over:
                assert states[group] == Expanded(tuple(ids))


def plain_status(state: RunState) -> RunStatus:
    """Return a run's status as its steps tell it, whatever was counted."""
    found = {type(s) for s in state.states.values()}
    if not found <= set(TERMINAL):
        return "queued" if found <= {Pending, Resolving} else "running"
    if state.cancelled_by is not None and Cancelled in found:
        return "cancelled"
    return "failed" if Failed in found else "succeeded"


def wander(shell: ImaginedShell, random: Random, most: int) -> None:
    """Let up to ``most`` random things happen."""
    for _ in range(most):
        choices = _choices(shell, random)
        if not choices:
            return
        kind, step = random.choice(choices)
        _happen(shell, random, kind, step)


def conclude(shell: ImaginedShell, random: Random) -> None:
    """Answer everything until the run ends; it must, within what its retry rules allow."""
    bound = 200 + 60 * len(shell.state.nodes)
    for _ in range(bound):
        choices = [c for c in _choices(shell, random) if c[0] not in ("cancel", "retry", "restart")]
        if not choices:
            break
        kind, step = random.choice(choices)
        _happen(shell, random, kind, step)
    assert shell.ended, f"the run does not end: {shell.state}"


def _choices(shell: ImaginedShell, random: Random) -> list[tuple[str, str]]:
    books = shell.books
    found = [("resolve", step) for step in sorted(books.resolving)]
    found += [("grant", step) for step in sorted(books.queued)]
    found += [("finish", step) for step in sorted(books.living)]
    found += [("due", step) for step in sorted(books.timers)]
    found += [("late", step) for step in shell.late]
    if random.random() < 0.05:
        found += [("refuse", step) for step in sorted(books.queued)]
    if not shell.ended and shell.state.cancelled_by is None and len(found) > 1:
        found += [("cancel", ""), ("restart", "")]
    if shell.ended and shell.state.status != "succeeded":
        found += [("retry", "")]
    return found


def _happen(shell: ImaginedShell, random: Random, kind: str, step: str) -> None:
    match kind:
        case "resolve":
            shell.resolve(step, random_verdict(shell.state.nodes[step], random))
        case "grant":
            shell.grant(step)
        case "refuse":
            shell.refuse(step)
        case "finish":
            outcomes = (*OUTCOMES, "succeeded", "succeeded", "succeeded")
            outcome = random.choice(outcomes)
            shell.finish(step, outcome, 0 if outcome == "succeeded" else random.choice((1, 75)))
        case "due":
            shell.due(step)
        case "late":
            shell.answer_late(step)
        case "cancel":
            shell.cancel()
        case "retry":
            shell.retry()
        case _:
            shell.restart()


def random_verdict(node: StepNode, random: Random) -> Verdict:
    """Return any verdict that fits a node."""
    other: Sequence[Verdict] = (Skip("when: x is false"), Refuse(f"step {node.id}: no"))
    if random.random() < 0.1:
        return random.choice(other)
    if node.foreach:
        count = random.randrange(4)
        return Expand(tuple((f"{node.id}[n={i}]", {"n": i}) for i in range(count)))
    if random.random() < 0.15:
        return reuse(f"key of {node.id}")
    return execute(f"key of {node.id}", key_inputs="{}")


def random_submission(random: Random, most: int = 7) -> RunSubmitted:
    """Return a run of a random DAG, with groups and retry rules."""
    nodes: list[StepNode] = []
    for number in range(random.randint(1, most)):
        needs = tuple(n.id for n in nodes if random.random() < 0.35)
        codes = random.choice(((), (75,)))
        retry = RetryRule(random.randrange(3), random.choice((0.0, 2.5)), 2.0, 5.0, codes)
        nodes.append(StepNode(f"s{number}", needs, retry, foreach=random.random() < 0.25))
    return RunSubmitted("run", tuple(nodes), random.randint(1, 3))
