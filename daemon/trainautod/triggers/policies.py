"""Policies: what an event means to one, and what it remembers. Pure.

An event on which the condition cannot be evaluated changes nothing but what is told. Any other one
first re-arms a policy whose value has fallen below ``clear_below``; then, if the condition holds,
it adds to the streak, else it ends the streak. A streak that is long enough fires, unless the
policy is disarmed or its cooldown has not passed; then it is held, and keeps its streak.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from trainautod.lineage.times import iso_from_ms
from trainautod.spec import Policy
from trainautod.spec.errors import ExpressionError
from trainautod.spec.expressions import kind
from trainautod.spec.templates import Template
from trainautod.triggers.conditions import Condition
from trainautod.triggers.occurrences import Occurrence, place

#: Runs in a chain that policies without a cooldown may start, each by what the one before did.
GENERATIONS = 10


@dataclass(frozen=True, slots=True)
class PolicyState:
    """What a policy remembers.

    Attributes:
        rule: the event and condition that ``armed`` and ``streak`` are of.
        armed: false from a firing until the value was below ``clear_below``.
        streak: events in a row on which the condition held, since it fired last.
        fired_ms: when it fired last, Unix milliseconds.
        fired_run_id: the run that it started then.
        event_ms: when the last event that it looked at happened.
        value: what the first name of the condition was then.
        verdict: what came of that event, in words.
    """

    rule: str = ""
    armed: bool = True
    streak: int = 0
    fired_ms: int | None = None
    fired_run_id: str | None = None
    event_ms: int | None = None
    value: Any = None
    verdict: str | None = None

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "PolicyState":
        """Return a stored state; what another version wrote besides is left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in found.items() if name in known})

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Pass:
    """The condition does not hold."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """The condition holds, and something else keeps the policy from firing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Fail:
    """The event cannot be judged, or acted on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Fire:
    """A run is to be started, with these params."""

    reason: str
    params: Mapping[str, Any]
    generation: int


Verdict = Pass | Hold | Fail | Fire


def judge(
    policy: Policy, state: PolicyState, event: Occurrence, now_ms: int, folder: str = "/"
) -> tuple[PolicyState, Verdict]:
    """Return what an event means to a policy, and what it remembers then.

    The state of a ``Fire`` is the one before its run is accepted; ``fired`` is the one after.

    Args:
        policy: the policy.
        state: what it remembers.
        event: an event that concerns it, later than those that it has seen.
        now_ms: the clock; one that was set back makes no cooldown longer than it is.
        folder: what paths are told from, absolute.
    """
    condition = Condition.of(policy.condition)
    state = replace(_of_rule(policy, state, now_ms), value=condition.value(event.carries))
    try:
        holds = condition.holds(event.carries)
        state = _rearmed(policy, state)
    except ExpressionError as error:
        return failed(state, event, str(error))
    told, where = condition.told(event.carries), place(event, folder)
    if not holds:
        return _with(replace(state, streak=0), event, Pass(f"{told} does not hold {where}"))
    state = replace(state, streak=state.streak + 1)
    held = _held(policy, state, now_ms)
    if held is not None:
        return _with(state, event, Hold(held))
    return _with(state, event, _fire(policy, event, f"{told} {where}"))


def failed(state: PolicyState, event: Occurrence, reason: str) -> tuple[PolicyState, Fail]:
    """Return what follows from an event that cannot be judged, or acted on: nothing."""
    verdict = Fail(reason)
    return replace(state, event_ms=event.at_ms, verdict=_words(verdict)), verdict


def fired(state: PolicyState, run_id: str, now_ms: int) -> PolicyState:
    """Return what a policy remembers once its run is accepted: it waits to be cleared."""
    return replace(state, armed=False, streak=0, fired_ms=now_ms, fired_run_id=run_id)


def is_armed(policy: Policy, state: PolicyState) -> bool:
    """Tell whether a policy could fire; one without ``clear_below`` always can."""
    return policy.clear_below is None or state.armed or state.rule != _rule(policy)


def cooldown_until(policy: Policy, state: PolicyState, now_ms: int) -> int | None:
    """Return the end of the cooldown that a policy is in, Unix milliseconds."""
    if state.fired_ms is None:
        return None
    until = min(state.fired_ms, now_ms) + round(policy.cooldown_s * 1000)
    return until if until > now_ms else None


def trigger(
    policy: Policy, own: bool, event: Occurrence, verdict: Fire, cause: str
) -> dict[str, Any]:
    """Return the trigger document of a run: what the event carries, and what made of it a run.

    Args:
        policy: the policy that fired.
        own: it is a pipeline's own drift trigger.
        event: the event.
        verdict: what was made of it.
        cause: one line.
    """
    carries = dict(event.carries)
    if isinstance(affected := carries.get("affected"), list | tuple):
        carries["affected"] = list(affected)[: policy.top]
    about = {
        "kind": "drift" if own else "policy",
        "policy": policy.name,
        "event": event.name,
        "seq": event.seq,
        "generation": verdict.generation,
        "cause": cause,
    }
    return {**about, **carries, **about}


def _of_rule(policy: Policy, state: PolicyState, now_ms: int) -> PolicyState:
    """Return the state for the policy as its file is now: another rule begins anew."""
    rule = _rule(policy)
    if state.rule != rule:
        state = replace(state, rule=rule, armed=True, streak=0)
    if policy.clear_below is None:
        state = replace(state, armed=True)
    if state.fired_ms is not None and state.fired_ms > now_ms:
        state = replace(state, fired_ms=now_ms)
    return state


def _rule(policy: Policy) -> str:
    return f"{policy.on} if {policy.condition}"


def _rearmed(policy: Policy, state: PolicyState) -> PolicyState:
    if policy.clear_below is None:
        return state
    value = state.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        name = Condition.of(policy.condition).first
        raise ExpressionError(f"clear_below wants a number: '{name}' is {kind(value)}")
    return replace(state, armed=True) if value < policy.clear_below else state


def _held(policy: Policy, state: PolicyState, now_ms: int) -> str | None:
    """Return why a policy whose condition holds does not fire."""
    if not state.armed:
        name = Condition.of(policy.condition).first
        return f"not cleared: {name} was not below {policy.clear_below:g} since it fired"
    if state.streak < policy.consecutive:
        return f"{state.streak} of {policy.consecutive} in a row"
    until = cooldown_until(policy, state, now_ms)
    return f"cooldown until {iso_from_ms(until)}" if until is not None else None


def _fire(policy: Policy, event: Occurrence, told: str) -> Verdict:
    generation = 1 if policy.cooldown_s else event.generation + 1
    if generation > GENERATIONS:
        return Fail(
            f"run {event.run_id} is the {GENERATIONS}th in a chain of runs that policies without "
            "a cooldown started; give one of these policies a cooldown"
        )
    try:
        params = {name: _rendered(value, event) for name, value in policy.params.items()}
    except ExpressionError as error:
        return Fail(f"its params cannot be filled in: {error}")
    return Fire(told, params, generation)


def _rendered(value: object, event: Occurrence) -> object:
    if not isinstance(value, str):
        return value
    return Template.parse(value).render(event.carries, quote=False)


def _with(state: PolicyState, event: Occurrence, verdict: Verdict) -> tuple[PolicyState, Verdict]:
    return replace(state, event_ms=event.at_ms, verdict=_words(verdict)), verdict


def _words(verdict: Verdict) -> str:
    match verdict:
        case Fire(reason):
            return f"fired: {reason}"
        case Hold(reason):
            return f"held: {reason}"
        case Fail(reason):
            return f"failed: {reason}"
    return verdict.reason
