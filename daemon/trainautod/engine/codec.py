"""Events as plain JSON values, so that a stored run can be told again from its events."""

from collections.abc import Mapping
from typing import Any

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
    Verdict,
)
from trainautod.engine.nodes import StepNode


def event_to_json(event: Event) -> dict[str, Any]:
    """Return an event's own fields, without its kind, as plain JSON values."""
    match event:
        case RunSubmitted(run_id, nodes, max_parallel):
            told = [node.to_json() for node in nodes]
            return {"run_id": run_id, "nodes": told, "max_parallel": max_parallel}
        case StepResolved(step, verdict):
            return {"step": step, "verdict": _verdict_to_json(verdict)}
        case SlotsGranted(step, gpus):
            return {"step": step, "gpus": list(gpus)}
        case SlotsRefused(step, message):
            return {"step": step, "message": message}
        case AttemptFinished():
            return {name: getattr(event, name) for name in AttemptFinished.__slots__}
        case RetryDue(step):
            return {"step": step}
        case CancelRequested(actor) | RunRetried(actor):
            return {"actor": actor}


def event_from_json(kind: str, data: Mapping[str, Any]) -> Event:
    """Return the event that ``event_to_json`` wrote.

    Raises:
        KeyError: no event has this kind.
    """
    event: Event = _READERS[kind](data)
    return event


def _verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    word = _WORDS[type(verdict)]
    match verdict:
        case Expand(instances):
            return {"verdict": word, "instances": [[i, dict(item)] for i, item in instances]}
        case Execute(key, reason, plan):
            return {"verdict": word, "key": key, "reason": reason, "plan": dict(plan)}
        case _:
            fields = {name: getattr(verdict, name) for name in verdict.__slots__}
            return {"verdict": word, **fields}


def _verdict_from_json(data: Mapping[str, Any]) -> Verdict:
    fields = {name: value for name, value in data.items() if name != "verdict"}
    if data["verdict"] == "expand":
        return Expand(tuple((i, item) for i, item in fields["instances"]))
    made: Verdict = _VERDICTS[data["verdict"]](**fields)
    return made


def _submitted(data: Mapping[str, Any]) -> RunSubmitted:
    nodes = tuple(StepNode.from_json(node) for node in data["nodes"])
    return RunSubmitted(data["run_id"], nodes, data["max_parallel"])


_VERDICTS: Mapping[str, Any] = {
    "execute": Execute,
    "reuse": Reuse,
    "skip": Skip,
    "refuse": Refuse,
    "expand": Expand,
}
_WORDS = {kind: word for word, kind in _VERDICTS.items()}

_READERS: Mapping[str, Any] = {
    RunSubmitted.kind: _submitted,
    StepResolved.kind: lambda d: StepResolved(d["step"], _verdict_from_json(d["verdict"])),
    SlotsGranted.kind: lambda d: SlotsGranted(d["step"], tuple(d["gpus"])),
    SlotsRefused.kind: lambda d: SlotsRefused(**d),
    AttemptFinished.kind: lambda d: AttemptFinished(**d),
    RetryDue.kind: lambda d: RetryDue(d["step"]),
    CancelRequested.kind: lambda d: CancelRequested(d["actor"]),
    RunRetried.kind: lambda d: RunRetried(d["actor"]),
}
