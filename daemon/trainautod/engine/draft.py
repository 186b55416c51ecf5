"""One event's working copy of a run: mutable while the event is applied, frozen after it."""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from trainautod.engine.effects import Acquire, Effect, FinishRun, Resolve
from trainautod.engine.nodes import StepNode
from trainautod.engine.states import (
    ACTIVE,
    NOT_BEGUN,
    TERMINAL,
    Cancelled,
    Expanded,
    Failed,
    Pending,
    Ready,
    Resolving,
    RunState,
    Skipped,
    StepState,
    Succeeded,
    Waiting,
)


class Draft:
    """Collects the new states and the effects that one event causes."""

    def __init__(self, run: RunState) -> None:
        self.run = run
        self.nodes: Mapping[str, StepNode] = run.nodes
        self.states = dict(run.states)
        self.effects: list[Effect] = []
        self._dependents = run.dependents
        self._waiting = list(run.waiting)
        self._active = run.active
        self._unfinished = run.unfinished
        self._begun = run.begun
        self._failed = run.failed
        self._cancelled = run.cancelled
        self._touched: dict[str, None] = {}
        self._cancelled_by = run.cancelled_by
        self._ended: deque[str] = deque()

    def freeze(self, line: str) -> tuple[RunState, tuple[Effect, ...]]:
        """Fill free places, close the run when all is done, and return the new state."""
        self._fill()
        after = replace(
            self.run,
            nodes=self.nodes,
            states=self.states,
            dependents=self._dependents,
            waiting=tuple(self._waiting),
            active=self._active,
            unfinished=self._unfinished,
            begun=self._begun,
            failed=self._failed,
            cancelled=self._cancelled,
            touched=tuple(self._touched),
            cancelled_by=self._cancelled_by,
            story=(line, self.run.story),
        )
        if self.run.unfinished and not after.unfinished:
            self.effects.append(FinishRun(after.status))
        return after, tuple(self.effects)

    def put(self, step: str, state: StepState) -> None:
        """Move a step to ``state`` and let those that depend on it follow."""
        before = self.states[step]
        self.states[step] = state
        self._touched[step] = None
        self._count(before, state)
        if isinstance(state, Waiting):
            self._waiting.append(step)
        if isinstance(state, TERMINAL) and not isinstance(before, TERMINAL):
            self._ended.append(step)
            if len(self._ended) == 1:  # else the loop below is running already
                self._settle_all()

    def request(self, effect: Effect) -> None:
        """Ask the shell for something."""
        self.effects.append(effect)

    def resolve(self, step: str, attempts: int) -> None:
        """Start to find out what a step would do."""
        self.put(step, Resolving(attempts))
        self.request(Resolve(step))

    def add_instances(self, group: str, instances: tuple[StepNode, ...]) -> None:
        """Add a group's instances; they depend on nothing that is not done yet."""
        nodes, dependents = dict(self.nodes), dict(self._dependents)
        for node in instances:
            nodes[node.id] = node
            dependents[node.id] = ()
            self.states[node.id] = Pending()
            self._touched[node.id] = None
        self._unfinished += len(instances)
        self.nodes, self._dependents = nodes, dependents
        self.put(group, Expanded(tuple(node.id for node in instances)))
        for node in instances:
            self.resolve(node.id, 0)
        if not instances:
            self.put(group, Succeeded(0, cached=False, key=None))

    def cancel(self, actor: str) -> None:
        """Remember who cancelled, and drop what only waits."""
        self._cancelled_by = actor
        self._waiting.clear()

    def reopen(self) -> None:
        """Forget an earlier cancellation: the run goes on."""
        self._cancelled_by = None

    def advance(self, step: str) -> None:
        """Resolve a pending step once everything it needs has succeeded."""
        state = self.states[step]
        if not isinstance(state, Pending):
            return
        if all(type(self.states[need]) is Succeeded for need in self.nodes[step].needs):
            self.resolve(step, state.attempts)

    def _give_up(self, step: str, need: str) -> None:
        state = self.states[step]
        if not isinstance(state, Pending):
            return
        if self._cancelled_by is not None:
            self.put(step, Cancelled(state.attempts))
        else:
            self.put(step, Skipped(self._why(need), state.attempts))

    def _why(self, need: str) -> str:
        word = {Failed: "failed", Skipped: "was skipped", Cancelled: "was cancelled"}
        return f"{need} {word[type(self.states[need])]}"

    def _count(self, before: StepState, after: StepState) -> None:
        self._active += isinstance(after, ACTIVE) - isinstance(before, ACTIVE)
        self._unfinished += isinstance(before, TERMINAL) - isinstance(after, TERMINAL)
        self._begun += isinstance(before, NOT_BEGUN) - isinstance(after, NOT_BEGUN)
        self._failed += isinstance(after, Failed) - isinstance(before, Failed)
        self._cancelled += isinstance(after, Cancelled) - isinstance(before, Cancelled)

    def _settle_all(self) -> None:
        """Follow each end in a loop: recursion would break at a chain of a few hundred steps."""
        while self._ended:
            self._settle(self._ended[0])
            self._ended.popleft()

    def _settle(self, step: str) -> None:
        succeeded = isinstance(self.states[step], Succeeded)
        for dependent in self._dependents[step]:
            if succeeded:
                self.advance(dependent)
            else:
                self._give_up(dependent, step)
        group = self.nodes[step].group
        if group is not None:
            self._close_group(group)

    def _close_group(self, group: str) -> None:
        state = self.states[group]
        if not isinstance(state, Expanded):
            return
        ends = [self.states[i] for i in state.instances]
        if not all(isinstance(end, TERMINAL) for end in ends):
            return
        failed = [i for i in state.instances if isinstance(self.states[i], Failed)]
        if failed:
            told = f"{len(failed)} of {len(ends)} instances failed, first {failed[0]}"
            self.put(group, Failed(0, told))
        elif any(isinstance(end, Cancelled) for end in ends):
            self.put(group, Cancelled())
        elif all(isinstance(end, Skipped) for end in ends):
            self.put(group, Skipped("every instance was skipped"))
        else:
            cached = all(isinstance(end, Succeeded) and end.cached for end in ends)
            self.put(group, Succeeded(0, cached=cached, key=None))

    def _fill(self) -> None:
        while self._waiting and self._active < self.run.max_parallel:
            step = self._waiting.pop(0)
            state = self.states[step]
            if isinstance(state, Waiting):
                self.put(step, Ready(state.work))
                self.request(Acquire(step, self.nodes[step].slots))
