"""The transition table: what each event does to a step in each state."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from trainautod.engine.draft import Draft
from trainautod.engine.effects import (
    Acquire,
    Adopt,
    Effect,
    Launch,
    Release,
    Resolve,
    SetTimer,
    Stop,
    Withdraw,
)
from trainautod.engine.errors import IllegalTransition
from trainautod.engine.events import (
    AttemptFinished,
    CancelRequested,
    Event,
    Execute,
    Expand,
    Refuse,
    RetryDue,
    Reuse,
    RunRetried,
    RunSubmitted,
    Skip,
    SlotsGranted,
    SlotsRefused,
    StepResolved,
)
from trainautod.engine.nodes import StepNode
from trainautod.engine.states import (
    Backoff,
    Cancelled,
    Expanded,
    Failed,
    Pending,
    Planned,
    Ready,
    Resolving,
    Running,
    RunState,
    Skipped,
    StepState,
    Stopping,
    Succeeded,
    Waiting,
)

Transition = tuple[RunState, tuple[Effect, ...]]

MAX_LOSSES = 3  # a step that vanishes with its machine this often in a row fails


def begin(event: RunSubmitted) -> Transition:
    """Return the first state of a run and what to do first.

    Raises:
        ValueError: a node needs an id that does not come before it.
    """
    run = RunState(
        run_id=event.run_id,
        max_parallel=event.max_parallel,
        nodes={node.id: node for node in event.nodes},
        states={node.id: Pending() for node in event.nodes},
        dependents=_dependents(event.nodes),
        unfinished=len(event.nodes),
    )
    draft = Draft(run)
    for node in event.nodes:
        draft.advance(node.id)
    return draft.freeze(event.kind)


def step(run: RunState, event: Event) -> Transition:
    """Apply one event.

    Args:
        run: the state before.
        event: what happened; ``RunSubmitted`` goes to ``begin`` instead.

    Returns:
        The state after, and the effects to carry out once the event is stored.

    Raises:
        IllegalTransition: the event is not possible in this state.
    """
    if isinstance(event, CancelRequested):
        return _cancel(run, event)
    if isinstance(event, RunRetried):
        return _retry(run, event)
    if isinstance(event, RunSubmitted):
        raise _illegal(run, "begun", event)
    state = run.states.get(event.step)
    handler = _TABLE.get((type(state), type(event)))
    if handler is None:
        raise _illegal(run, f"{event.step}={state}", event)
    draft = Draft(run)
    handler(draft, event.step, state, event)
    return draft.freeze(_line(event))


def resume(run: RunState) -> tuple[Effect, ...]:
    """Return the effects a state implies, to be carried out again after a restart."""
    effects: list[Effect] = []
    for step_id, state in run.states.items():
        effects += _implied(run.nodes[step_id], state)
    return tuple(effects)


def _implied(node: StepNode, state: StepState) -> tuple[Effect, ...]:
    match state:
        case Resolving():
            return (Resolve(node.id),)
        case Ready():
            return (Acquire(node.id, node.slots),)
        case Running(work, gpus):
            return (Launch(node.id, work.attempts, work.plan, node.slots, gpus),)
        case Stopping(work, gpus):
            adopt = Adopt(node.id, work.attempts, work.plan, node.slots, gpus)
            return (adopt, Stop(node.id, work.attempts))
        case Backoff(_, due_ms):
            return (SetTimer(node.id, due_ms),)
        case _:
            return ()


def _resolved(draft: Draft, step_id: str, state: Resolving, event: StepResolved) -> None:
    match event.verdict:
        case Execute(key, reason, plan):
            draft.put(step_id, Waiting(Planned(key, reason, plan, state.attempts)))
        case Reuse(key=key):
            draft.put(step_id, Succeeded(state.attempts, cached=True, key=key))
        case Skip(reason):
            draft.put(step_id, Skipped(reason, state.attempts))
        case Refuse(message):
            draft.put(step_id, Failed(state.attempts, message))
        case Expand(instances):
            group = draft.nodes[step_id]
            draft.add_instances(
                step_id, tuple(group.instance(name, item) for name, item in instances)
            )


def _granted(draft: Draft, step_id: str, state: Ready, event: SlotsGranted) -> None:
    work = replace(state.work, attempts=state.work.attempts + 1)
    draft.put(step_id, Running(work, event.gpus))
    slots = draft.nodes[step_id].slots
    draft.request(Launch(step_id, work.attempts, work.plan, slots, event.gpus))


def _refused(draft: Draft, step_id: str, state: Ready, event: SlotsRefused) -> None:
    draft.put(step_id, Failed(state.work.attempts, event.message))


def _finished(draft: Draft, step_id: str, state: Running, event: AttemptFinished) -> None:
    work = state.work
    _expect_attempt(draft, step_id, work, event)
    draft.request(Release(step_id))
    if event.outcome == "succeeded":
        draft.put(step_id, Succeeded(work.attempts, cached=False, key=work.key))
    elif event.outcome == "lost":
        _lost(draft, step_id, replace(work, losses=work.losses + 1), event)
    else:
        _failed(draft, step_id, replace(work, tries=work.tries + 1, losses=0), event)


def _lost(draft: Draft, step_id: str, work: Planned, event: AttemptFinished) -> None:
    if work.losses < MAX_LOSSES:
        draft.put(step_id, Waiting(work))
    else:
        draft.put(step_id, Failed(work.attempts, event.message or "the attempt was lost"))


def _failed(draft: Draft, step_id: str, work: Planned, event: AttemptFinished) -> None:
    rule = draft.nodes[step_id].retry
    if rule.allows(work.tries, event.exit_code):
        due_ms = event.at_ms + round(rule.delay_s(work.tries) * 1000)
        draft.put(step_id, Backoff(work, due_ms))
        draft.request(SetTimer(step_id, due_ms))
    else:
        draft.put(step_id, Failed(work.attempts, event.message or "failed"))


def _stopped(draft: Draft, step_id: str, state: Stopping, event: AttemptFinished) -> None:
    _expect_attempt(draft, step_id, state.work, event)
    draft.request(Release(step_id))
    if event.outcome == "succeeded":  # it was done before the signal reached it
        draft.put(step_id, Succeeded(state.work.attempts, cached=False, key=state.work.key))
    else:
        draft.put(step_id, Cancelled(state.work.attempts))


def _due(draft: Draft, step_id: str, state: Backoff, _event: RetryDue) -> None:
    draft.put(step_id, Waiting(state.work))


def _late(_draft: Draft, _step: str, _state: StepState, _event: Event) -> None:
    """An answer that was on its way when the run was cancelled."""


def _late_grant(draft: Draft, step_id: str, _state: StepState, _event: Event) -> None:
    draft.request(Release(step_id))


def _cancel(run: RunState, event: CancelRequested) -> Transition:
    if not run.unfinished:
        raise _illegal(run, run.status, event)
    draft = Draft(run)
    draft.cancel(event.actor)
    for step_id, state in run.states.items():
        match state:
            case Pending(attempts) | Resolving(attempts):
                draft.put(step_id, Cancelled(attempts))
            case Waiting(work) | Backoff(work, _):
                draft.put(step_id, Cancelled(work.attempts))
            case Ready(work):
                draft.put(step_id, Cancelled(work.attempts))
                draft.request(Withdraw(step_id))
            case Running(work, gpus):
                draft.put(step_id, Stopping(work, gpus))
                draft.request(Stop(step_id, work.attempts))
            case _:
                pass
    return draft.freeze(f"{event.kind} by {event.actor}")


def _retry(run: RunState, event: RunRetried) -> Transition:
    if run.unfinished or run.status == "succeeded":
        raise _illegal(run, run.status, event)
    draft = Draft(run)
    draft.reopen()
    again = [i for i, s in run.states.items() if _goes_again(run, run.nodes[i], s)]
    groups = {node.group for node in run.nodes.values() if node.group is not None}
    for step_id in again:
        if step_id in groups:
            members = tuple(i for i, n in run.nodes.items() if n.group == step_id)
            draft.put(step_id, Expanded(members))
        else:
            draft.put(step_id, Pending(_attempts(run.states[step_id])))
    for step_id in again:
        draft.advance(step_id)
    return draft.freeze(f"{event.kind} by {event.actor}")


def _goes_again(run: RunState, node: StepNode, state: StepState) -> bool:
    """Tell whether a retry repeats a step; a group that succeeded stays as it is."""
    settled = node.group is not None and isinstance(run.states[node.group], Succeeded)
    return isinstance(state, Failed | Skipped | Cancelled) and not settled


def _attempts(state: StepState) -> int:
    return state.attempts if isinstance(state, Failed | Skipped | Cancelled) else 0


def _expect_attempt(draft: Draft, step_id: str, work: Planned, event: AttemptFinished) -> None:
    if event.attempt != work.attempts:
        raise _illegal(draft.run, f"{step_id} with attempt {work.attempts}", event)


def _dependents(nodes: tuple[StepNode, ...]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for node in nodes:
        for need in node.needs:
            if need not in found:
                raise ValueError(f"step {node.id} needs {need}, which does not come before it")
            found[need].append(node.id)
        found[node.id] = []
    return {step_id: tuple(ids) for step_id, ids in found.items()}


def _line(event: Event) -> str:
    match event:
        case StepResolved(step_id, verdict):
            return f"{event.kind} {step_id}: {type(verdict).__name__.lower()}"
        case AttemptFinished(step_id, attempt, outcome):
            return f"{event.kind} {step_id}#{attempt}: {outcome}"
        case SlotsGranted(step_id) | SlotsRefused(step_id) | RetryDue(step_id):
            return f"{event.kind} {step_id}"
        case _:
            return event.kind


def _illegal(run: RunState, state: str, event: Event) -> IllegalTransition:
    return IllegalTransition(run.run_id, state, _line(event), run.told())


#: (state of the step, event) -> what to do; a pair that is not here is illegal.
_TABLE: Mapping[tuple[type, type], Callable[..., Any]] = {
    (Resolving, StepResolved): _resolved,
    (Ready, SlotsGranted): _granted,
    (Ready, SlotsRefused): _refused,
    (Running, AttemptFinished): _finished,
    (Stopping, AttemptFinished): _stopped,
    (Backoff, RetryDue): _due,
    (Cancelled, StepResolved): _late,
    (Cancelled, SlotsGranted): _late_grant,
    (Cancelled, RetryDue): _late,
}
