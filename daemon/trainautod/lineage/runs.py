"""Runs as documents: the shape that the API and the command line print."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from trainautod.lineage.errors import AmbiguousRun, UnknownRun
from trainautod.lineage.queries import sql
from trainautod.lineage.results import last_metrics
from trainautod.lineage.times import optional_iso


def find_run(connection: sqlite3.Connection, wanted: str) -> str:
    """Return the id of the run called ``wanted``: an id, a unique beginning of one, or ``latest``.

    Raises:
        UnknownRun: no run is called that.
        AmbiguousRun: several runs begin with it.
    """
    if wanted == "latest":
        row = connection.execute(sql("latest_run")).fetchone()
        if row is None:
            raise UnknownRun("there is no run yet; `trainauto run FILE` makes one")
        return str(row["run_id"])
    rows = connection.execute(sql("runs_beginning_with"), {"prefix": wanted}).fetchall()
    if not rows:
        raise UnknownRun(f"there is no run {wanted!r}; `trainauto runs` lists them")
    if len(rows) > 1 and rows[0]["run_id"] != wanted:
        raise AmbiguousRun(f"several runs begin with {wanted!r}; give more characters of the id")
    return str(rows[0]["run_id"])


def run_document(connection: sqlite3.Connection, run_id: str) -> dict[str, Any]:
    """Return a run with all its steps."""
    key = {"run_id": run_id}
    row = connection.execute(sql("run_row"), key).fetchone()
    if row is None:
        raise UnknownRun
    measured = connection.execute(sql("last_metrics_of_run"), key)
    metrics = {found["step"]: last_metrics(found) for found in measured}
    outputs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for found in connection.execute(sql("outputs_of_run"), key):
        kept = ("path", "digest", "size")
        outputs[found["step"]].append({name: found[name] for name in kept})
    rows = connection.execute(sql("steps_of_run"), key).fetchall()
    members = members_of(rows)
    steps = [
        step_run(step, metrics, outputs, members) for step in rows if step["step"] not in members
    ]
    return {**summary(row), "steps": steps}


def summary(row: sqlite3.Row) -> dict[str, Any]:
    """Return a run without its steps."""
    error = None
    if row["error_message"] is not None:
        error = {"step": row["error_step"], "message": row["error_message"]}
    return {
        "run_id": row["run_id"],
        "pipeline": row["pipeline"],
        "path": row["path"],
        "status": row["status"],
        "scheduled_time": row["scheduled_time"],
        "trigger": json.loads(row["trigger"]),
        "params": json.loads(row["params"]),
        "submitted_at": optional_iso(row["submitted_ms"]),
        "started_at": optional_iso(row["started_ms"]),
        "ended_at": optional_iso(row["ended_ms"]),
        "duration_s": _seconds(row["started_ms"], row["ended_ms"]),
        "error": error,
    }


def last_runs(connection: sqlite3.Connection, pipeline: str, limit: int) -> list[dict[str, Any]]:
    """Return the newest runs of a pipeline, a few fields each."""
    query = {"pipeline": pipeline, "limit": limit}
    return [
        {
            "run_id": row["run_id"],
            "status": row["status"],
            "scheduled_time": row["scheduled_time"],
            "started_at": optional_iso(row["started_ms"]),
            "ended_at": optional_iso(row["ended_ms"]),
        }
        for row in connection.execute(sql("last_runs"), query)
    ]


def members_of(rows: Iterable[sqlite3.Row]) -> dict[str, list[str]]:
    """Return the instances of each ``foreach`` group that has expanded."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["step_group"] is not None:
            found[row["step_group"]].append(row["step"])
    return dict(found)


def step_run(
    row: sqlite3.Row,
    metrics: Mapping[str, Mapping[str, Any]],
    outputs: Mapping[str, list[dict[str, Any]]],
    members: Mapping[str, list[str]],
) -> dict[str, Any]:
    """Return a step in a run, from its joined row and what the run's steps measured and made."""
    step = row["step"]
    needs = [i for need in json.loads(row["needs"]) for i in members.get(need, [need])]
    return {
        "id": step,
        "status": row["status"],
        "cached": bool(row["cached"]),
        "attempt": row["attempt"],
        "exit_code": 0 if row["cached"] else row["exit_code"],
        "duration_s": 0.0 if row["cached"] else row["duration_s"],
        "reason": row["reason"],
        "cache_key": row["cache_key"],
        "metrics": metrics.get(step, {}),
        "outputs": outputs.get(step, []),
        "needs": needs,
        "started_at": optional_iso(row["started_ms"]),
        "ended_at": optional_iso(row["ended_ms"]),
        "error": row["error"],
        "progress": None,
        "cpu_s": row["cpu_s"],
        "peak_memory_bytes": row["peak_memory_bytes"],
        "log_bytes": row["log_bytes"],
        "source_run_id": row["source_run"],
    }


def _seconds(started_ms: int | None, ended_ms: int | None) -> float | None:
    if started_ms is None or ended_ms is None:
        return None
    return (ended_ms - started_ms) / 1000
