"""Backfills in the store: ranges of slots that somebody wants run, and what became of each.

A slot of a backfill is stored as ``waiting``; ``running``, with its run, from that run's own
transaction on; ``done`` once the run's end was noticed; or ``skipped``, with the reason. Before its
run is cancelled to stop the backfill it becomes ``withdrawn``, and if the run does end so it waits
again, with that run. What is told of any other slot that has a run is what the run is, so
that a retry of it shows.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainautod.lineage.errors import AmbiguousBackfill, UnknownBackfill
from trainautod.lineage.queries import sql
from trainautod.lineage.times import iso_from_ms, optional_iso

#: What a slot can be, in the order in which it becomes that.
STATES = ("waiting", "running", "succeeded", "failed", "skipped")
_BY_STATUS = {
    "queued": "running",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "failed",
    "skipped": "skipped",
}


@dataclass(frozen=True, slots=True)
class SlotRun:
    """A run that stands for a slot."""

    run_id: str
    status: str


@dataclass(frozen=True, slots=True)
class BackfillSlot:
    """A slot of a backfill.

    Attributes:
        slot_ms: the instant, Unix milliseconds.
        slot: the instant in its schedule's zone, ISO 8601.
        cron: the schedule as written.
        zone: the schedule's zone; empty for the machine's own.
        position: its place among the backfill's slots, from 1.
        known: how many runs it had when it was chosen.
        reason: why it is not run; None for one that is.
        withdrawn: its last run by the backfill, when that was cancelled to stop it.
    """

    slot_ms: int
    slot: str
    cron: str
    zone: str
    position: int
    known: int
    reason: str | None = None
    withdrawn: str | None = None


@dataclass(frozen=True, slots=True)
class Backfill:
    """What somebody asked for.

    Attributes:
        since: begin of the range, ISO 8601; ``until`` its end, both included.
        which: ``missing``, ``failed`` or ``all``.
        order: ``oldest`` or ``newest`` first.
        parallel: most of its runs that are live at once.
        params: values to run with, as told.
        total: how many slots lie in the range.
        actor: who asked.
        at_ms: when, Unix milliseconds.
    """

    id: str
    pipeline: str
    since: str
    until: str
    which: str
    order: str
    parallel: int
    params: Mapping[str, Any]
    total: int
    actor: str
    at_ms: int


def add(connection: sqlite3.Connection, backfill: Backfill, slots: Iterable[BackfillSlot]) -> None:
    """Write a running backfill with all of its slots, inside a transaction."""
    asked = ("since", "until", "which", "order", "parallel", "params", "total")
    row = {
        "backfill": backfill.id,
        "pipeline": backfill.pipeline,
        "request": json.dumps({name: getattr(backfill, name) for name in asked}),
        "actor": backfill.actor,
        "at_ms": backfill.at_ms,
    }
    connection.execute(sql("add_backfill"), row)
    connection.executemany(sql("add_backfill_slot"), [_row(backfill.id, slot) for slot in slots])


def runs_of(
    connection: sqlite3.Connection, pipeline: str, first_ms: int, last_ms: int
) -> dict[int, list[SlotRun]]:
    """Return a pipeline's runs for instants of a range, oldest first, by Unix milliseconds."""
    found: dict[int, list[SlotRun]] = {}
    query = {"pipeline": pipeline, "first": first_ms, "last": last_ms}
    for moment, *run in connection.execute(sql("runs_of_instants"), query):
        found.setdefault(moment, []).append(SlotRun(*run))
    return found


def waiting_on_schedule(
    connection: sqlite3.Connection, pipeline: str, first_ms: int, last_ms: int
) -> frozenset[int]:
    """Return the instants of a range at which a slot waits for its turn on the schedule."""
    query = {"pipeline": pipeline, "first": first_ms, "last": last_ms}
    return frozenset(row["slot_ms"] for row in connection.execute(sql("instants_that_wait"), query))


def running(connection: sqlite3.Connection) -> list[Backfill]:
    """Return the backfills that go on, oldest first."""
    return [_backfill(row) for row in connection.execute(sql("running_backfills"))]


def live_runs(connection: sqlite3.Connection, backfill: str) -> list[str]:
    """Return the runs of a backfill that have not ended, in its order."""
    rows = connection.execute(sql("live_runs_of_backfill"), {"backfill": backfill})
    return [row["run_id"] for row in rows]


def next_slot(connection: sqlite3.Connection, backfill: str) -> BackfillSlot | None:
    """Return the first slot of a backfill that waits; None when it does not go on, too."""
    row = connection.execute(sql("next_backfill_slot"), {"backfill": backfill}).fetchone()
    return None if row is None else BackfillSlot(*row)


def take(connection: sqlite3.Connection, backfill: str, slot_ms: int, run_id: str) -> bool:
    """Give a waiting slot its run, in the run's transaction; False when it is to have none.

    That is so when it does not wait any more, or the backfill does not go on.
    """
    query = {"backfill": backfill, "slot_ms": slot_ms, "run_id": run_id}
    return connection.execute(sql("take_backfill_slot"), query).rowcount > 0


def settle(connection: sqlite3.Connection, backfill: str) -> None:
    """Write down which runs of a backfill have ended, and which slots wait again therefore."""
    connection.execute(sql("return_backfill_slots"), {"backfill": backfill})
    connection.execute(sql("settle_backfill_slots"), {"backfill": backfill})


def withdraw(connection: sqlite3.Connection, backfill: str) -> None:
    """Let the slots whose runs are live wait again if these end by being cancelled."""
    connection.execute(sql("withdraw_backfill_slots"), {"backfill": backfill})


def skip(connection: sqlite3.Connection, backfill: str, slot_ms: int, reason: str) -> None:
    """Let a waiting slot have no run."""
    query = {"backfill": backfill, "slot_ms": slot_ms, "reason": reason}
    connection.execute(sql("skip_backfill_slot"), query)


def stop(connection: sqlite3.Connection, backfill: str, reason: str) -> bool:
    """Let a backfill start no more runs; False when it does not go on, or nothing waits."""
    query = {"backfill": backfill, "reason": reason}
    return connection.execute(sql("stop_backfill"), query).rowcount > 0


def resume(connection: sqlite3.Connection, backfill: str) -> bool:
    """Let a stopped backfill go on; False when it is not stopped."""
    return connection.execute(sql("resume_backfill"), {"backfill": backfill}).rowcount > 0


def end(connection: sqlite3.Connection, backfill: str, at_ms: int) -> bool:
    """End a backfill all of whose runs have ended; False when it does not go on, or slots wait."""
    query = {"backfill": backfill, "at_ms": at_ms}
    return connection.execute(sql("end_backfill"), query).rowcount > 0


def find(connection: sqlite3.Connection, wanted: str) -> str:
    """Return the id of a backfill: a whole id, a unique beginning of one, or ``latest``.

    Raises:
        UnknownBackfill: none is called that.
        AmbiguousBackfill: several begin so.
    """
    if wanted == "latest":
        latest = connection.execute(sql("latest_backfill")).fetchone()["backfill"]
        if latest is None:
            raise UnknownBackfill("there is no backfill yet; `trainauto backfill NAME` starts one")
        return str(latest)
    found = connection.execute(sql("backfills_beginning_with"), {"prefix": wanted}).fetchall()
    if not wanted or not found:
        told = f"there is no backfill {wanted!r}; `trainauto backfills` lists them"
        raise UnknownBackfill(told)
    if len(found) > 1 and found[0]["backfill"] != wanted:
        told = f"several backfills begin with {wanted!r}; give more characters of the id"
        raise AmbiguousBackfill(told)
    return str(found[0]["backfill"])


def document(connection: sqlite3.Connection, backfill: str) -> dict[str, Any]:
    """Return a backfill with its slots, in its order."""
    row = connection.execute(sql("backfill_row"), {"backfill": backfill}).fetchone()
    rows = connection.execute(sql("slots_of_backfill"), {"backfill": backfill})
    return {**_summary(connection, row), "slots": [_slot(each) for each in rows]}


def page(connection: sqlite3.Connection, pipeline: str | None, limit: int) -> list[dict[str, Any]]:
    """Return the newest backfills, of one pipeline or of all, without their slots."""
    query = {"pipeline": pipeline, "limit": limit}
    rows = connection.execute(sql("newest_backfills"), query).fetchall()
    return [_summary(connection, row) for row in rows]


def unended(connection: sqlite3.Connection) -> dict[str, list[dict[str, Any]]]:
    """Return the backfills that go on, by pipeline, oldest first, without their slots.

    One that is stopped is among them until its pipeline has another one.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(sql("unended_backfills")).fetchall():
        found.setdefault(row["pipeline"], []).append(_summary(connection, row))
    return found


def counts(connection: sqlite3.Connection, backfill: str) -> dict[str, int]:
    """Return how many slots of a backfill are in each state."""
    found: Counter[str] = Counter()
    for row in connection.execute(sql("counts_of_backfill"), {"backfill": backfill}):
        found[_state(row)] += row["count"]
    return {state: found[state] for state in STATES}


def planned(backfill: Backfill, slots: Sequence[BackfillSlot]) -> dict[str, Any]:
    """Return the document of a backfill that nobody has stored, with its slots."""
    skipped = sum(slot.reason is not None for slot in slots)
    empty = dict.fromkeys(STATES, 0)
    return {
        "backfill": None,
        "pipeline": backfill.pipeline,
        "state": "planned",
        "reason": None,
        **_asked(backfill),
        "created_at": None,
        "ended_at": None,
        "counts": {**empty, "waiting": len(slots) - skipped, "skipped": skipped},
        "slots": [
            {
                "slot": slot.slot,
                "state": "waiting" if slot.reason is None else "skipped",
                "run_id": None,
                "reason": slot.reason,
            }
            for slot in slots
        ],
    }


def _summary(connection: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    backfill = _backfill(row)
    return {
        "backfill": backfill.id,
        "pipeline": backfill.pipeline,
        "state": row["state"],
        "reason": row["reason"],
        **_asked(backfill),
        "created_at": iso_from_ms(backfill.at_ms),
        "ended_at": optional_iso(row["ended_ms"]),
        "counts": counts(connection, backfill.id),
    }


def _asked(backfill: Backfill) -> dict[str, Any]:
    kept = ("since", "until", "parallel", "order", "which", "params", "actor")
    return {name: getattr(backfill, name) for name in kept}


def _backfill(row: sqlite3.Row) -> Backfill:
    asked = json.loads(row["request"])
    return Backfill(
        row["backfill"], row["pipeline"], **asked, actor=row["actor"], at_ms=row["at_ms"]
    )


def _row(backfill: str, slot: BackfillSlot) -> dict[str, Any]:
    kept = ("slot_ms", "slot", "cron", "zone", "position", "known", "reason")
    state = "waiting" if slot.reason is None else "skipped"
    return {"backfill": backfill, "state": state, **{name: getattr(slot, name) for name in kept}}


def _slot(row: sqlite3.Row) -> dict[str, Any]:
    state, run_id, reason = _state(row), row["run_id"], row["reason"] or _why(row)
    if run_id and state in ("waiting", "skipped"):
        run_id, reason = None, row["reason"] or f"run {run_id} was cancelled to stop the backfill"
    return {"slot": row["slot"], "state": state, "run_id": run_id, "reason": reason}


def _state(row: sqlite3.Row) -> str:
    stored: str = row["state"]
    if row["status"] is None or stored in ("waiting", "skipped"):
        return stored
    if stored == "withdrawn" and row["status"] == "cancelled":
        return "waiting"
    return _BY_STATUS[row["status"]]


def _why(row: sqlite3.Row) -> str | None:
    """Return why a slot's run did not succeed, in one line."""
    if row["status"] == "cancelled":
        return "cancelled"
    if row["error_message"] is None:
        return None
    first = row["error_message"].strip().partition("\n")[0]
    return f"step {row['error_step']}: {first}" if row["error_step"] else first
