"""What policies have seen of the events, and what they remember, in the store."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trainautod.lineage.queries import sql
from trainautod.lineage.results import last_metrics


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """How far a policy is.

    Attributes:
        seq: the last event that it has seen.
        state: what it remembers, as it wrote it.
    """

    seq: int
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of the run that an event belongs to."""

    trigger: Mapping[str, Any]
    params: Mapping[str, Any]
    error: str | None
    duration_s: float | None
    metrics: Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event that policies may be interested in.

    Attributes:
        status: the status that its run has since, if the event changed it.
        run: its run, if it has one; metrics by step are known of runs that end with it.
    """

    seq: int
    at_ms: int
    kind: str
    run_id: str | None
    pipeline: str | None
    data: Mapping[str, Any]
    status: str | None
    run: RunFacts | None


def begin(connection: sqlite3.Connection, policies: Iterable[str], seq: int, at_ms: int) -> None:
    """Let policies look at events after ``seq``; those that there are go on where they were."""
    rows = [{"policy": policy, "seq": seq, "at_ms": at_ms} for policy in policies]
    connection.executemany(sql("begin_policy"), rows)


def skip(connection: sqlite3.Connection, policies: Iterable[str], seq: int, at_ms: int) -> None:
    """Let policies that are on something else from now on look at nothing up to ``seq``."""
    rows = [{"policy": policy, "seq": seq, "at_ms": at_ms} for policy in policies]
    connection.executemany(sql("skip_events"), rows)


def end(connection: sqlite3.Connection, policies: Iterable[str]) -> None:
    """Forget what policies remember; a pipeline's name stands for all of its own."""
    connection.executemany(sql("end_policy"), [{"policy": policy} for policy in policies])


def rows(connection: sqlite3.Connection) -> dict[str, PolicyRow]:
    """Return how far each policy is."""
    found = connection.execute(sql("policy_rows")).fetchall()
    return {row["policy"]: PolicyRow(row["seq"], json.loads(row["state"])) for row in found}


def move(
    connection: sqlite3.Connection,
    policy: str,
    before: int,
    seq: int,
    state: Mapping[str, Any],
    at_ms: int,
) -> bool:
    """Let a policy have seen the events up to ``seq``, inside the transaction of what it does.

    Returns:
        False when it is not at ``before`` any more: it was removed, or somebody else moved it.
    """
    told = json.dumps(state, separators=(",", ":"))
    row = {"policy": policy, "before": before, "seq": seq, "state": told, "at_ms": at_ms}
    return connection.execute(sql("move_policy"), row).rowcount > 0


def happened(
    connection: sqlite3.Connection,
    after: int,
    until: int,
    kinds: Iterable[str],
    *,
    ends: bool,
    limit: int,
) -> list[Happening]:
    """Return the first ``limit`` events above ``after`` and up to ``until``, oldest first.

    Args:
        connection: the store's.
        after: a sequence number.
        until: another.
        kinds: kinds that are wanted.
        ends: whether events that end a run as succeeded or failed are wanted, of any kind.
        limit: at most this many.
    """
    wanted = {"kinds": json.dumps(list(kinds)), "ends": ends}
    query = {"after": after, "until": until, "limit": limit, **wanted}
    found = connection.execute(sql("happened_between"), query).fetchall()
    return [_happening(connection, row) for row in found]


def _happening(connection: sqlite3.Connection, row: sqlite3.Row) -> Happening:
    return Happening(
        seq=row["seq"],
        at_ms=row["at_ms"],
        kind=row["kind"],
        run_id=row["run_id"],
        pipeline=row["pipeline"],
        data=json.loads(row["data"]),
        status=row["status"],
        run=_facts(connection, row) if row["trigger"] is not None else None,
    )


def _facts(connection: sqlite3.Connection, row: sqlite3.Row) -> RunFacts:
    where = f"{row['error_step']}: " if row["error_step"] else ""
    started, ended = row["started_ms"], row["ended_ms"]
    return RunFacts(
        trigger=json.loads(row["trigger"]),
        params=json.loads(row["params"]),
        error=where + row["error_message"] if row["error_message"] is not None else None,
        duration_s=None if started is None or ended is None else (ended - started) / 1000,
        metrics=_metrics(connection, row["run_id"]) if row["status"] is not None else {},
    )


def _metrics(
    connection: sqlite3.Connection, run_id: str
) -> Mapping[str, Mapping[str, float | None]]:
    found = connection.execute(sql("last_metrics_of_run"), {"run_id": run_id})
    return {row["step"]: last_metrics(row) for row in found}
