"""The append-only list of everything that happened, in one sequence."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

from trainautod.lineage.errors import UnknownWord
from trainautod.lineage.queries import sql
from trainautod.lineage.times import iso_from_ms

#: What happens to runs, to pipelines, to what starts them, to models, and to the daemon itself.
KINDS = (
    "run_submitted",
    "step_resolved",
    "slots_granted",
    "slots_refused",
    "attempt_finished",
    "retry_due",
    "cancel_requested",
    "run_retried",
    "run_given_up",
    "pipeline_added",
    "pipeline_updated",
    "pipeline_broken",
    "pipeline_removed",
    "slot_fired",
    "slot_skipped",
    "slot_queued",
    "slot_refused",
    "data_arrived",
    "data_refused",
    "data_unreadable",
    "data_unwatched",
    "drift_alert",
    "drift_unknown",
    "drift_stale",
    "policy_fired",
    "policy_held",
    "policy_failed",
    "signal",
    "backfill_started",
    "backfill_stopped",
    "backfill_resumed",
    "backfill_ended",
    "model_registered",
    "model_stale",
    "notification_failed",
    "daemon_started",
    "daemon_stopping",
    "store_recovered",
    "task_died",
)
NO_CHANGES: Mapping[str, Any] = {"run": None, "steps": {}}
LARGEST_SEQ = (1 << 63) - 1  # the store's integers have 64 bits


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted: of one run, of one pipeline, of some kinds; of any where unsaid."""

    run_id: str | None = None
    pipeline: str | None = None
    kinds: tuple[str, ...] = ()

    def admits(self, document: Mapping[str, Any]) -> bool:
        """Tell whether an event is wanted."""
        return (
            self.run_id in (None, document["run_id"])
            and self.pipeline in (None, document["pipeline"])
            and (not self.kinds or document["kind"] in self.kinds)
        )

    def check(self) -> None:
        """Refuse kinds that no event has.

        Raises:
            UnknownWord: a kind is none of those that there are.
        """
        unknown = [kind for kind in self.kinds if kind not in KINDS]
        if unknown:
            raise UnknownWord(f"there is no event {unknown[0]!r}; known: {', '.join(KINDS)}")


EVERY = EventFilter()


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
    connection: sqlite3.Connection, seq: int, wanted: EventFilter = EVERY, *, limit: int = 1000
) -> list[dict[str, Any]]:
    """Return the first ``limit`` event documents above ``seq``, oldest first."""
    query = {"after": seq, "before": LARGEST_SEQ, "limit": limit}
    if wanted.run_id is not None:
        rows = _of_run(connection, sql("events_of_run_after"), wanted, query)
    elif wanted == EVERY:
        rows = connection.execute(sql("events_after"), query).fetchall()
    else:
        by_kind, by_pipeline = sql("numbers_of_kind_after"), sql("numbers_of_pipeline_after")
        statement = by_kind if wanted.pipeline is None else by_pipeline
        numbers = merge(*_numbers(connection, statement, wanted, query))
        rows = _rows(connection, islice(numbers, limit))
    return [document(row) for row in rows]


def before(
    connection: sqlite3.Connection,
    seq: int,
    wanted: EventFilter = EVERY,
    *,
    after: int = 0,
    limit: int = 1000,
) -> list[dict[str, Any]]:
    """Return the last ``limit`` event documents below ``seq`` and above ``after``, oldest first."""
    query = {"after": after, "before": seq, "limit": limit}
    if wanted.run_id is not None:
        rows = _of_run(connection, sql("events_of_run_before"), wanted, query)[::-1]
    elif wanted == EVERY:
        rows = connection.execute(sql("events_before"), query).fetchall()[::-1]
    else:
        by_kind, by_pipeline = sql("numbers_of_kind_before"), sql("numbers_of_pipeline_before")
        statement = by_kind if wanted.pipeline is None else by_pipeline
        numbers = merge(*_numbers(connection, statement, wanted, query), reverse=True)
        rows = _rows(connection, islice(numbers, limit))
    return [document(row) for row in rows]


def last(connection: sqlite3.Connection) -> int:
    """Return the newest sequence number, 0 when nothing has happened yet."""
    found: int = connection.execute(sql("last_event")).fetchone()[0]
    return found


def _of_run(
    connection: sqlite3.Connection, statement: str, wanted: EventFilter, query: Mapping[str, int]
) -> list[sqlite3.Row]:
    """Return events of a run: it has few enough to look at each for its kind."""
    kinds = json.dumps(wanted.kinds) if wanted.kinds else None
    chosen = {"run_id": wanted.run_id, "pipeline": wanted.pipeline, "kinds": kinds}
    return connection.execute(statement, {**query, **chosen}).fetchall()


def _numbers(
    connection: sqlite3.Connection, statement: str, wanted: EventFilter, query: Mapping[str, int]
) -> list[list[int]]:
    """Return the numbers of up to ``limit`` events of each kind, as the statement orders them."""
    kinds = wanted.kinds or [row["kind"] for row in connection.execute(sql("kinds_of_events"))]
    told = ({**query, "pipeline": wanted.pipeline, "kind": kind} for kind in dict.fromkeys(kinds))
    return [[row["seq"] for row in connection.execute(statement, each)] for each in told]


def _rows(connection: sqlite3.Connection, numbers: Iterable[int]) -> list[sqlite3.Row]:
    """Return the events with these numbers, oldest first."""
    query = {"numbers": json.dumps(list(numbers))}
    return connection.execute(sql("events_numbered"), query).fetchall()


def document(row: sqlite3.Row) -> dict[str, Any]:
    """Return an event as a document, from its row."""
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
