"""The append-only list of everything that happened, in one sequence."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from trainautod.lineage.queries import sql
from trainautod.lineage.times import iso_from_ms

NO_CHANGES: Mapping[str, Any] = {"run": None, "steps": {}}


def append(
    connection: sqlite3.Connection,
    *,
    kind: str,
    at_ms: int,
    run_id: str | None = None,
    step: str | None = None,
    attempt: int | None = None,
    pipeline: str | None = None,
    data: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] = NO_CHANGES,
) -> dict[str, Any]:
    """Write one event and return its document, with its sequence number."""
    row = {
        "at_ms": at_ms,
        "kind": kind,
        "run_id": run_id,
        "step": step,
        "attempt": attempt,
        "pipeline": pipeline,
        "data": json.dumps(data or {}, separators=(",", ":")),
        "changes": json.dumps(changes, separators=(",", ":")),
    }
    seq = connection.execute(sql("add_event"), row).lastrowid
    shown = _shown(kind, data or {})
    told = {"run_id": run_id, "step": step, "attempt": attempt, "pipeline": pipeline}
    at = iso_from_ms(at_ms)
    return {"seq": seq, "at": at, "kind": kind, **told, "data": shown, "changes": changes}


def after(
    connection: sqlite3.Connection, seq: int, *, run_id: str | None = None, limit: int = 1000
) -> list[dict[str, Any]]:
    """Return up to ``limit`` event documents after ``seq``, oldest first."""
    query = {"after": seq, "run_id": run_id, "limit": limit}
    return [_document(row) for row in connection.execute(sql("events_after"), query)]


def last(connection: sqlite3.Connection) -> int:
    """Return the newest sequence number, 0 when nothing has happened yet."""
    found: int = connection.execute(sql("last_event")).fetchone()[0]
    return found


def _document(row: sqlite3.Row) -> dict[str, Any]:
    columns = ("kind", "run_id", "step", "attempt", "pipeline")
    return {
        "seq": row["seq"],
        "at": iso_from_ms(row["at_ms"]),
        **{name: row[name] for name in columns},
        "data": _shown(row["kind"], json.loads(row["data"])),
        "changes": json.loads(row["changes"]) if row["changes"] else NO_CHANGES,
    }


def _shown(kind: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what only the engine reads: an execution plan can be large."""
    if kind == "step_resolved" and "plan" in data["verdict"]:
        verdict = {name: value for name, value in data["verdict"].items() if name != "plan"}
        return {**data, "verdict": verdict}
    if kind == "run_submitted":
        return {"steps": len(data["nodes"]), "max_parallel": data["max_parallel"]}
    return data
