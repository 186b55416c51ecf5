"""One step of a run as a document: what it ran, in what, on what, and each of its attempts."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from trainautod.lineage.environments import read_manifest
from trainautod.lineage.errors import UnknownRunStep
from trainautod.lineage.queries import sql
from trainautod.lineage.results import AttemptRef, last_metrics
from trainautod.lineage.runs import members_of, step_run
from trainautod.lineage.times import optional_iso

#: What an attempt's outcome is called where the status of steps is shown.
_STATUS = {"stopped": "cancelled", "lost": "failed"}


def find_step(connection: sqlite3.Connection, run_id: str, step: str) -> sqlite3.Row:
    """Return the row of a step of a run.

    Raises:
        UnknownRunStep: the run has no such step.
    """
    row: sqlite3.Row | None = connection.execute(
        sql("step_of_run"), {"run_id": run_id, "step": step}
    ).fetchone()
    if row is None:
        raise UnknownRunStep(f"run {run_id} has no step {step!r}; `trainauto show {run_id}`")
    return row


@dataclass(frozen=True, slots=True)
class FoundAttempt:
    """One attempt of a step, or that there is none yet; ``ended`` when nothing of it changes."""

    ref: AttemptRef
    started_at: str | None
    ended: bool


def find_attempt(
    connection: sqlite3.Connection, run_id: str, step: str, wanted: int | None
) -> FoundAttempt:
    """Return the attempt of that number, or the one whose results are the step's.

    Raises:
        UnknownRunStep: the run has no such step, or the step no such attempt.
    """
    row = find_step(connection, run_id, step)
    own = AttemptRef(run_id, step, wanted or row["attempt"])
    ref = own if wanted else source_of(row) or own
    attempt = connection.execute(sql("attempt_of"), ref.query()).fetchone()
    if attempt is None and wanted:
        raise UnknownRunStep(f"step {step} of run {run_id} has no attempt {wanted}")
    if attempt is None:
        return FoundAttempt(ref, None, row["status"] not in ("pending", "running"))
    return FoundAttempt(ref, optional_iso(attempt["started_ms"]), attempt["outcome"] is not None)


def metrics_after(
    connection: sqlite3.Connection, ref: AttemptRef, after: int, limit: int
) -> list[tuple[int, str, float | None, float | None]]:
    """Return (position, name, value, step) of what an attempt measured after a position."""
    query = {**ref.query(), "after": after, "limit": limit}
    return [tuple(row) for row in connection.execute(sql("metrics_after"), query)]


def source_of(row: sqlite3.Row) -> AttemptRef | None:
    """Return the attempt whose results are the step's: its own last one, or the reused one."""
    if row["cached"]:
        return AttemptRef(row["source_run"], row["source_step"], row["source_attempt"])
    if row["attempt"]:
        return AttemptRef(row["run_id"], row["step"], row["attempt"])
    return None


def step_document(connection: sqlite3.Connection, run_id: str, step: str) -> dict[str, Any]:
    """Return a step with its command, environment, inputs and attempts.

    ``command`` is None until it is known; of a reused step, command, environment and inputs are
    those of the attempt that is reused, named by ``source``.
    """
    row = find_step(connection, run_id, step)
    source = source_of(row)
    found = _run_part(connection, row, source)
    attempt = connection.execute(sql("attempt_of"), source.query()).fetchone() if source else None
    told = row["key_inputs"] or (attempt["key_inputs"] if attempt else None)
    key = json.loads(told) if told else {}
    key_of_run = {"run_id": run_id, "step": step}
    tries = connection.execute(sql("attempts_of_step"), key_of_run).fetchall()
    return {
        **found,
        "run_id": run_id,
        "group": row["step_group"],
        "source": _named(source) if row["cached"] else None,
        "command": key.get("command"),
        "environment": _environment(connection, attempt, key),
        "inputs": _inputs(connection, source),
        "attempts": [_attempt(one, row) for one in tries],
    }


def _run_part(
    connection: sqlite3.Connection, row: sqlite3.Row, source: AttemptRef | None
) -> dict[str, Any]:
    """Return the step as it stands in the document of its run."""
    step, query = row["step"], source.query() if source else {}
    metrics, outputs = {}, []
    if source is not None:
        attempt = connection.execute(sql("attempt_of"), query).fetchone()
        metrics = last_metrics(attempt) if attempt else {}
    if source is not None and row["status"] == "succeeded":
        kept = ("path", "digest", "size")
        rows = connection.execute(sql("artifacts_of"), query)
        outputs = [{name: found[name] for name in kept} for found in rows]
    instances = connection.execute(sql("instances_of_run"), {"run_id": row["run_id"]})
    return step_run(row, {step: metrics}, {step: outputs}, members_of(instances))


def _environment(
    connection: sqlite3.Connection, attempt: sqlite3.Row | None, key: dict[str, Any]
) -> dict[str, Any] | None:
    """Return the manifest of the interpreter, and what else made the attempt what it was."""
    if attempt is None or attempt["environment"] is None:
        return None
    manifest = read_manifest(connection, attempt["environment"]) or {}
    run = connection.execute(sql("run_row"), {"run_id": attempt["run_id"]}).fetchone()
    of_run = read_manifest(connection, run["environment"]) if run["environment"] else None
    known = key.get("environment", {})
    return {
        "python": manifest.get("python"),
        "platform": manifest.get("platform"),
        "packages": manifest.get("packages", {}),
        "lock": known.get("lock"),
        "git": (of_run or {}).get("git"),
    }


def _inputs(connection: sqlite3.Connection, source: AttemptRef | None) -> list[dict[str, Any]]:
    """Return every file that the attempt could see: of earlier steps, declared, and its code."""
    if source is None:
        return []
    return [dict(row) for row in connection.execute(sql("uses_of_attempt"), source.query())]


def _attempt(row: sqlite3.Row, step: sqlite3.Row) -> dict[str, Any]:
    outcome = row["outcome"]
    if outcome is None:
        live = step["status"] == "running" and row["attempt"] == step["attempt"]
        outcome = "running" if live else "stopped"
    same = ("attempt", "cause", "exit_code", "duration_s", "cpu_s", "peak_memory_bytes")
    return {
        **{name: row[name] for name in same},
        "status": _STATUS.get(outcome, outcome),
        "signal": None,
        "started_at": optional_iso(row["started_ms"]),
        "ended_at": optional_iso(row["ended_ms"]),
        "error": row["message"],
        "log_bytes": row["log_bytes"],
        "log_dropped_bytes": row["log_dropped_bytes"],
    }


def _named(ref: AttemptRef | None) -> dict[str, Any] | None:
    return ref.query() if ref else None
