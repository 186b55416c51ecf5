"""Writing an event together with everything that follows from it, in one transaction."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trainautod.engine import (
    AttemptFinished,
    Event,
    Execute,
    Failed,
    Refuse,
    Resolving,
    Reuse,
    Running,
    RunState,
    RunSubmitted,
    Skip,
    Skipped,
    SlotsGranted,
    StepResolved,
    StepState,
    Stopping,
    Succeeded,
    status_of,
)
from trainautod.engine.codec import event_to_json
from trainautod.lineage.events import append
from trainautod.lineage.queries import sql
from trainautod.lineage.times import ms_from_iso


@dataclass(frozen=True, slots=True)
class Submission:
    """What is known of a run when it is accepted.

    Attributes:
        path: the pipeline file it came from.
        code: digest by path of every code file, frozen for the whole run.
        options: ``from_step``, ``force``, ``force_all``.
    """

    run_id: str
    pipeline: str
    path: str
    spec_digest: str
    scheduled_time: str
    trigger: Mapping[str, Any]
    params: Mapping[str, Any]
    options: Mapping[str, Any]
    code: Mapping[str, str]
    submitted_ms: int


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that an attempt made; its bytes are the object ``digest``."""

    path: str
    digest: str
    size: int
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that an attempt logged; ``None`` stands for one that was not finite."""

    name: str
    value: float | None
    at_step: float | None = None


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """What is recorded of an attempt's end, with the event that tells it.

    Attributes:
        exit: fields of the exit record: cause, times, CPU seconds, peak memory, log size.
        registrations: what ``register_model`` asked for, as the SDK wrote it.
    """

    exit: Mapping[str, Any]
    artifacts: Sequence[Artifact] = ()
    metrics: Sequence[Metric] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    registrations: Sequence[Mapping[str, Any]] = ()

    @property
    def last_metrics(self) -> dict[str, float | None]:
        """The last value of each metric: all that expressions and lists read of a curve."""
        return {metric.name: metric.value for metric in self.metrics}


def record_submission(
    connection: sqlite3.Connection, submission: Submission, run: RunState, event: RunSubmitted
) -> dict[str, Any]:
    """Write a new run with its steps; return its first event's document."""
    kind = submission.trigger.get("kind")
    row = {
        "run_id": submission.run_id,
        "pipeline": submission.pipeline,
        "path": submission.path,
        "spec_digest": submission.spec_digest,
        "scheduled_time": submission.scheduled_time,
        "scheduled_ms": ms_from_iso(submission.scheduled_time),
        "trigger": json.dumps(submission.trigger),
        "trigger_kind": kind if isinstance(kind, str) else None,
        "params": json.dumps(submission.params),
        "options": json.dumps(submission.options),
        "code": json.dumps(submission.code),
        "submitted_ms": submission.submitted_ms,
    }
    connection.execute(sql("add_run"), row)
    rows = [_step_row(run, step, place) for place, step in enumerate(run.nodes)]
    connection.executemany(sql("add_step"), rows)
    changes = {step: status_of(state) for step, state in run.states.items()}
    return append(
        connection,
        kind=event.kind,
        at_ms=submission.submitted_ms,
        run_id=run.run_id,
        pipeline=submission.pipeline,
        data=event_to_json(event),
        changes={"run": run.status, "steps": changes},
    )


def record_event(
    connection: sqlite3.Connection,
    before: RunState,
    after: RunState,
    event: Event,
    *,
    pipeline: str,
    at_ms: int,
    facts: AttemptFacts | None = None,
) -> dict[str, Any]:
    """Write one event of a run and its projections; return the event's document."""
    changed = after.touched
    for step in changed:
        if step not in before.states:
            _add_instance(connection, after, step)
        _set_step(connection, after, step, before.states.get(step))
    if not _is_late(before, event):
        _record_details(connection, after, event, pipeline, at_ms, facts)
    if before.status != after.status:
        _set_run(connection, after, at_ms)
    return append(
        connection,
        kind=event.kind,
        at_ms=at_ms,
        run_id=after.run_id,
        step=getattr(event, "step", None),
        attempt=getattr(event, "attempt", None),
        pipeline=pipeline,
        data=event_to_json(event),
        changes={
            "run": after.status if before.status != after.status else None,
            "steps": {step: status_of(after.states[step]) for step in changed},
        },
    )


def record_given_up(
    connection: sqlite3.Connection, run_id: str, pipeline: str, message: str, at_ms: int
) -> tuple[dict[str, Any], list[tuple[str, int]]]:
    """Fail a run whose own events cannot say so; return the event's document and open attempts."""
    key = {"run_id": run_id}
    attempts = [
        (row["step"], row["attempt"]) for row in connection.execute(sql("open_attempts"), key)
    ]
    steps = [row["step"] for row in connection.execute(sql("give_up_steps"), key).fetchall()]
    told = {"status": "failed", "error_step": None, "error_message": message, "at_ms": at_ms}
    connection.execute(sql("set_run_status"), {**key, **told})
    document = append(
        connection,
        kind="run_given_up",
        at_ms=at_ms,
        run_id=run_id,
        pipeline=pipeline,
        data={"message": message},
        changes={"run": "failed", "steps": dict.fromkeys(steps, "cancelled")},
    )
    return document, attempts


def _is_late(before: RunState, event: Event) -> bool:
    """Tell whether a verdict came when its step was cancelled already: it decides nothing."""
    return isinstance(event, StepResolved) and not isinstance(before.states[event.step], Resolving)


def _add_instance(connection: sqlite3.Connection, run: RunState, step: str) -> None:
    group = run.nodes[step].group  # instances stand where their group does
    place = next(i for i, other in enumerate(run.nodes) if other == group)
    connection.execute(sql("add_step"), _step_row(run, step, place))


def _step_row(run: RunState, step: str, place: int) -> dict[str, Any]:
    node = run.nodes[step]
    return {
        "run_id": run.run_id,
        "step": step,
        "position": place,
        "needs": json.dumps(node.needs),
        "foreach": node.foreach,
        "step_group": node.group,
    }


def _set_step(
    connection: sqlite3.Connection, run: RunState, step: str, before: StepState | None
) -> None:
    state = run.states[step]
    shown = _shown(state)
    if before is None or _shown(before) != shown:  # what is being found out shows as pending, too
        connection.execute(sql("set_step_status"), {"run_id": run.run_id, "step": step, **shown})
    if isinstance(state, Skipped):
        _set_verdict(connection, run.run_id, step, reason=state.reason)


def _shown(state: StepState) -> dict[str, Any]:
    """Return what of a step's state is in its row."""
    return {
        "status": status_of(state),
        "cached": isinstance(state, Succeeded) and state.cached,
        "attempt": _attempt(state),
        "error": state.message if isinstance(state, Failed) else None,
    }


def _attempt(state: StepState) -> int:
    if isinstance(state, Succeeded) and state.cached:
        return 0
    work = getattr(state, "work", None)
    found: int = work.attempts if work is not None else getattr(state, "attempts", 0)
    return found


def _set_run(connection: sqlite3.Connection, run: RunState, at_ms: int) -> None:
    failure = run.first_failure() if run.status == "failed" else None
    row = {
        "run_id": run.run_id,
        "status": run.status,
        "error_step": failure[0] if failure else None,
        "error_message": failure[1] if failure else None,
        "at_ms": at_ms,
    }
    connection.execute(sql("set_run_status"), row)


def _record_details(
    connection: sqlite3.Connection,
    run: RunState,
    event: Event,
    pipeline: str,
    at_ms: int,
    facts: AttemptFacts | None,
) -> None:
    match event:
        case StepResolved(step, verdict):
            _record_verdict(connection, run.run_id, step, verdict)
        case SlotsGranted(step):
            _start_attempt(connection, run, step, at_ms)
        case AttemptFinished() if facts is not None:
            _finish_attempt(connection, run, event, pipeline, facts)
        case _:
            pass


def _record_verdict(connection: sqlite3.Connection, run_id: str, step: str, verdict: Any) -> None:
    match verdict:
        case Execute(key, reason, plan):
            told = {"cache_key": key, "key_inputs": plan.get("key_inputs")}
            _set_verdict(connection, run_id, step, reason=reason, **told)
        case Reuse(key, reason, source_run, source_step, source_attempt):
            _set_verdict(
                connection,
                run_id,
                step,
                reason=reason,
                cache_key=key,
                source_run=source_run,
                source_step=source_step,
                source_attempt=source_attempt,
            )
        case Skip(reason) | Refuse(reason):
            _set_verdict(connection, run_id, step, reason=reason)
        case _:
            pass


_NO_VERDICT = dict.fromkeys(
    ("reason", "cache_key", "key_inputs", "source_run", "source_step", "source_attempt")
)


def _set_verdict(connection: sqlite3.Connection, run_id: str, step: str, **told: Any) -> None:
    row = {**_NO_VERDICT, **told, "run_id": run_id, "step": step}
    connection.execute(sql("set_step_verdict"), row)


def _start_attempt(connection: sqlite3.Connection, run: RunState, step: str, at_ms: int) -> None:
    state = run.states[step]
    if not isinstance(state, Running | Stopping):
        return
    work = state.work
    attempt = {"run_id": run.run_id, "step": step, "attempt": work.attempts}
    key_inputs = work.plan.get("key_inputs")
    row = {
        **attempt,
        "at_ms": at_ms,
        "cache_key": work.key,
        "key_inputs": key_inputs,
        "environment": work.plan.get("environment"),
    }
    connection.execute(sql("start_attempt"), row)
    uses = ({**attempt, **use} for use in _uses(work.plan))
    connection.executemany(sql("add_use"), uses)


def _uses(plan: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield what an attempt is given: the files placed in its sandbox, and those it reads."""
    for path, digest, _, _, role in plan.get("placements", ()):
        yield {"role": role, "path": path, "digest": digest}
    for _, _, _, digests in plan.get("inputs", ()):
        for path, digest in digests.items():
            yield {"role": "input", "path": path, "digest": digest}


def _finish_attempt(
    connection: sqlite3.Connection,
    run: RunState,
    event: AttemptFinished,
    pipeline: str,
    facts: AttemptFacts,
) -> None:
    attempt = {"run_id": run.run_id, "step": event.step, "attempt": event.attempt}
    row = {
        **attempt,
        **facts.exit,
        "outcome": event.outcome,
        "exit_code": event.exit_code,
        "message": event.message,
        "registrations": json.dumps(list(facts.registrations)),
        "last_metrics": json.dumps(facts.last_metrics),
    }
    connection.execute(sql("finish_attempt"), row)
    artifacts = [
        {**attempt, "path": a.path, "digest": a.digest, "size": a.size, "executable": a.executable}
        for a in facts.artifacts
    ]
    connection.executemany(sql("add_artifact"), artifacts)
    metrics = [
        {**attempt, "position": i, "name": m.name, "value": m.value, "at_step": m.at_step}
        for i, m in enumerate(facts.metrics)
    ]
    connection.executemany(sql("add_metric"), metrics)
    params = [{**attempt, "name": n, "value": json.dumps(v)} for n, v in facts.params.items()]
    connection.executemany(sql("put_param"), params)
    state = run.states[event.step]
    if isinstance(state, Succeeded) and state.key is not None:
        result = {**attempt, "cache_key": state.key, "pipeline": pipeline, "at_ms": event.at_ms}
        connection.execute(sql("put_result"), result)
