"""What a run would do, step by step, without doing any of it."""

from collections.abc import Callable
from typing import Any

from trainautod import engine
from trainautod.runtime.context import RunContext
from trainautod.runtime.runs import Runs
from trainautod.runtime.submission import RunRequest, Source


def plan(
    runs: Runs,
    resolve: Callable[[RunContext, str], engine.Verdict],
    source: Source,
    request: RunRequest,
) -> dict[str, Any]:
    """Return what a run would do, step by step, without doing any of it.

    Args:
        runs: makes the run that is not submitted.
        resolve: the resolver's verdict on a step whose needs are met.
        source: the pipeline.
        request: as for a run.
    """
    context, event = runs.prepare(source, request)
    context.state, effects = engine.begin(event)
    verdicts: dict[str, engine.Verdict] = {}
    queue = list(effects)
    while queue:
        effect = queue.pop(0)
        if not isinstance(effect, engine.Resolve):
            continue
        verdict = resolve(context, effect.step)
        verdicts[effect.step] = verdict
        if isinstance(verdict, engine.Execute):
            continue  # what it would leave behind cannot be known
        resolved = engine.StepResolved(effect.step, verdict)
        context.state, more = engine.step(context.state, resolved)
        queue.extend(more)
    return {
        "pipeline": context.submission.pipeline,
        "scheduled_time": context.submission.scheduled_time,
        "steps": [
            _planned(context, step, verdicts)
            for step in context.state.nodes
            if not isinstance(verdicts.get(step), engine.Expand)
        ],
    }


def _planned(context: RunContext, step: str, verdicts: dict[str, engine.Verdict]) -> dict[str, Any]:
    told = {"id": step, "needs": list(context.state.nodes[step].needs), "cache_key": None}
    match verdicts.get(step):
        case engine.Execute(key, reason, _):
            return {**told, "verdict": "run", "reason": reason, "cache_key": key}
        case engine.Reuse(key, reason):
            return {**told, "verdict": "reuse", "reason": reason, "cache_key": key}
        case engine.Skip(reason):
            return {**told, "verdict": "skip", "reason": reason}
        case engine.Refuse(message):
            return {**told, "verdict": "refuse", "reason": message}
        case _:
            return {**told, **_unknown(context, step, verdicts)}


def _unknown(context: RunContext, step: str, verdicts: dict[str, engine.Verdict]) -> dict[str, Any]:
    state = context.state.states[step]
    if isinstance(state, engine.Skipped):
        return {"verdict": "skip", "reason": state.reason}
    first = [a for a in context.ancestors(step) if isinstance(verdicts.get(a), engine.Execute)]
    return {"verdict": "unknown", "reason": f"depends on what {', '.join(first)} will produce"}
