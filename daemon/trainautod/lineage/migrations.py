"""The schema of the store, as numbered migrations.

Runs in a process of its own (``python -m trainautod.lineage.migrations STORE``): sqlite-utils
imports pandas and numpy when they are installed, which would cost the daemon some 100 MB for ever.
"""

import json
import sys
from itertools import groupby
from typing import Any

for heavy in ("pandas", "numpy"):  # optional to sqlite-utils; 0.6 s on the way to the first run
    sys.modules.setdefault(heavy, None)  # type: ignore[arg-type]

from sqlite_utils import Database, Migrations  # noqa: E402

from trainautod.lineage.schema import MIGRATION_SET  # noqa: E402
from trainautod.lineage.times import ms_from_iso  # noqa: E402

migrations = Migrations(MIGRATION_SET)


@migrations(name="0001_events_and_runs")
def events_and_runs(db: Database) -> None:
    """Append-only events, and the runs, steps and attempts projected from them."""
    db.table("events").create(
        {
            "seq": int,
            "at_ms": int,
            "kind": str,
            "run_id": str,
            "step": str,
            "attempt": int,
            "pipeline": str,
            "data": str,
            "changes": str,
        },
        pk="seq",
        not_null={"at_ms", "kind", "data"},
        strict=True,
    )
    db.table("events").create_index(["run_id", "seq"])
    db.table("specs").create(
        {"digest": str, "text": str}, pk="digest", not_null={"text"}, strict=True
    )
    db.table("environments").create(
        {"digest": str, "manifest": str}, pk="digest", not_null={"manifest"}, strict=True
    )
    db.table("pipelines").create(
        {
            "name": str,
            "path": str,
            "spec_digest": str,
            "problems": str,
            "added_ms": int,
            "updated_ms": int,
        },
        pk="name",
        not_null={"path", "spec_digest", "problems", "added_ms", "updated_ms"},
        strict=True,
    )
    db.table("runs").create(
        {
            "run_id": str,
            "pipeline": str,
            "path": str,
            "spec_digest": str,
            "status": str,
            "scheduled_time": str,
            "trigger": str,
            "params": str,
            "options": str,
            "code": str,
            "environment": str,
            "submitted_ms": int,
            "started_ms": int,
            "ended_ms": int,
            "error_step": str,
            "error_message": str,
        },
        pk="run_id",
        not_null={"pipeline", "path", "spec_digest", "status", "scheduled_time", "submitted_ms"},
        foreign_keys=[("spec_digest", "specs", "digest")],
        strict=True,
    )
    db.table("runs").create_index(["pipeline", "run_id"])
    db.table("runs").create_index(["status", "run_id"])
    db.table("steps").create(
        {
            "run_id": str,
            "step": str,
            "position": int,
            "needs": str,
            "foreach": int,
            "step_group": str,
            "status": str,
            "cached": int,
            "attempt": int,
            "reason": str,
            "cache_key": str,
            "key_inputs": str,
            "source_run": str,
            "source_step": str,
            "source_attempt": int,
            "error": str,
        },
        pk=("run_id", "step"),
        not_null={"position", "needs", "foreach", "status", "cached", "attempt"},
        foreign_keys=[("run_id", "runs", "run_id")],
        strict=True,
    )
    db.table("attempts").create(
        {
            "run_id": str,
            "step": str,
            "attempt": int,
            "outcome": str,
            "cause": str,
            "exit_code": int,
            "started_ms": int,
            "ended_ms": int,
            "duration_s": float,
            "cpu_s": float,
            "peak_memory_bytes": int,
            "log_bytes": int,
            "log_dropped_bytes": int,
            "message": str,
            "cache_key": str,
            "key_inputs": str,
            "environment": str,
            "registrations": str,
        },
        pk=("run_id", "step", "attempt"),
        foreign_keys=[("run_id", "runs", "run_id")],
        strict=True,
    )


@migrations(name="0002_artifacts_and_results")
def artifacts_and_results(db: Database) -> None:
    """What attempts made, used and measured, and which result a cache key stands for."""
    attempt = {"run_id": str, "step": str, "attempt": int}
    db.table("artifacts").create(
        {**attempt, "path": str, "digest": str, "size": int, "executable": int},
        pk=("run_id", "step", "attempt", "path"),
        not_null={"digest", "size", "executable"},
        foreign_keys=[("run_id", "runs", "run_id")],
        strict=True,
    )
    db.table("artifacts").create_index(["digest"])
    db.table("uses").create(
        {**attempt, "role": str, "path": str, "digest": str},
        pk=("run_id", "step", "attempt", "role", "path"),
        not_null={"digest"},
        foreign_keys=[("run_id", "runs", "run_id")],
        strict=True,
    )
    db.table("uses").create_index(["digest"])
    db.table("metrics").create(
        {**attempt, "position": int, "name": str, "value": float, "at_step": float},
        pk=("run_id", "step", "attempt", "position"),
        not_null={"name"},
        foreign_keys=[("run_id", "runs", "run_id")],
        strict=True,
    )
    db.table("params").create(
        {**attempt, "name": str, "value": str},
        pk=("run_id", "step", "attempt", "name"),
        foreign_keys=[("run_id", "runs", "run_id")],
        strict=True,
    )
    db.table("results").create(
        {"cache_key": str, "pipeline": str, **attempt, "at_ms": int},
        pk="cache_key",
        not_null={"pipeline", "run_id", "step", "attempt", "at_ms"},
        foreign_keys=[("run_id", "runs", "run_id")],
        strict=True,
    )
    db.table("results").create_index(["pipeline", "step", "at_ms"])


@migrations(name="0003_registry_and_slots")
def registry_and_slots(db: Database) -> None:
    """Model versions with their append-only transitions, and the schedule slots that fired."""
    db.table("models").create({"name": str, "created_ms": int}, pk="name", strict=True)
    db.table("versions").create(
        {
            "model": str,
            "version": int,
            "stage": str,
            "digest": str,
            "path": str,
            "run_id": str,
            "step": str,
            "attempt": int,
            "metrics": str,
            "created_ms": int,
        },
        pk=("model", "version"),
        not_null={"stage", "digest", "path", "run_id", "step", "attempt", "metrics", "created_ms"},
        foreign_keys=[("model", "models", "name"), ("run_id", "runs", "run_id")],
        strict=True,
    )
    db.table("versions").create_index(["model", "digest"], unique=True)
    db.table("transitions").create(
        {
            "seq": int,
            "model": str,
            "version": int,
            "from_stage": str,
            "to_stage": str,
            "actor": str,
            "reason": str,
            "at_ms": int,
            "evidence": str,
        },
        pk="seq",
        not_null={"model", "version", "from_stage", "to_stage", "actor", "at_ms", "evidence"},
        foreign_keys=[("model", "models", "name")],
        strict=True,
    )
    db.table("slots").create(
        {"pipeline": str, "cron": str, "slot": str, "run_id": str, "at_ms": int},
        pk=("pipeline", "cron", "slot"),
        not_null={"at_ms"},
        strict=True,
    )


@migrations(name="0004_filters")
def filters(db: Database) -> None:
    """What lists are filtered by, as indexes that a page walks down from any place."""
    db.table("runs").add_column("trigger_kind", str)
    db.execute(
        "UPDATE runs SET trigger_kind = CASE WHEN json_valid(trigger) THEN"
        " CASE json_type(trigger, '$.kind') WHEN 'text' THEN json_extract(trigger, '$.kind') END"
        " END"
    )
    for columns in (
        ["pipeline", "status", "run_id"],
        ["trigger_kind", "status", "run_id"],
        ["pipeline", "trigger_kind", "status", "run_id"],
    ):
        db.table("runs").create_index(columns)
    db.table("events").create_index(["kind", "seq"])
    db.table("events").create_index(["pipeline", "kind", "seq"])


@migrations(name="0005_walks")
def walks(db: Database) -> None:
    """The ways from a file, a version or a reused result to its neighbours, newest first."""
    for table in ("artifacts", "uses"):
        db.execute(f"DROP INDEX idx_{table}_digest")
        db.table(table).create_index(["digest", "run_id", "step"])
    db.table("versions").create_index(["digest"])
    db.table("versions").create_index(["run_id", "step"])
    db.execute(
        "CREATE INDEX idx_steps_source ON steps (source_run, source_step, run_id)"
        " WHERE source_run IS NOT NULL"
    )


@migrations(name="0006_last_metrics")
def last_metrics(db: Database) -> None:
    """The last value of each metric beside its attempt, so that no list reads whole curves."""
    db.table("attempts").add_column("last_metrics", str)
    points = db.execute(
        "SELECT run_id, step, attempt, name, value FROM metrics"
        " ORDER BY run_id, step, attempt, position"
    )
    for attempt, logged in groupby(points, key=lambda point: point[:3]):
        last = {name: value for *_, name, value in logged}
        db.execute(
            "UPDATE attempts SET last_metrics = ? WHERE run_id = ? AND step = ? AND attempt = ?",
            (json.dumps(last), *attempt),
        )


@migrations(name="0007_causes")
def causes(db: Database) -> None:
    """What starts runs by itself, each cause once; and what people are told."""
    db.table("runs").add_column("scheduled_ms", int)
    for run_id, scheduled in db.execute("SELECT run_id, scheduled_time FROM runs").fetchall():
        moment = ms_from_iso(scheduled)
        db.execute("UPDATE runs SET scheduled_ms = ? WHERE run_id = ?", (moment, run_id))
    db.table("runs").create_index(["pipeline", "scheduled_ms"])
    db.table("pipelines").add_column("kind", str, not_null_default="pipeline")
    _rebuild_slots(db)
    db.table("schedules").create(
        {"pipeline": str, "cron": str, "zone": str, "seen_ms": int},
        pk=("pipeline", "cron", "zone"),
        not_null={"seen_ms"},
        strict=True,
    )
    db.table("arrivals").create(
        {"pipeline": str, "path": str, "digest": str, "size": int, "run_id": str, "at_ms": int},
        pk=("pipeline", "path", "digest"),
        not_null={"at_ms"},
        strict=True,
    )
    db.table("drift_sources").create(
        {
            "path": str,
            "position": int,
            "digest": str,
            "history": int,
            "rewritten": int,
            "last_good": int,
            "good_ms": int,
            "reason": str,
            "trouble": str,
            "told": str,
            "at_ms": int,
        },
        pk="path",
        not_null={"position", "history", "rewritten", "at_ms"},
        strict=True,
    )
    db.table("drift_reports").create(
        {
            "id": int,
            "path": str,
            "position": int,
            "digest": str,
            "score": float,
            "features": str,
            "document": str,
            "at_ms": int,
        },
        pk="id",
        not_null={"at_ms"},
        strict=True,
    )
    db.table("drift_reports").create_index(["path", "id"])
    db.table("drift_reports").create_index(["path", "digest", "id"])
    db.table("policy_states").create(
        {"policy": str, "seq": int, "state": str, "at_ms": int},
        pk="policy",
        not_null={"seq", "state", "at_ms"},
        strict=True,
    )
    db.table("causes").create(
        {"kind": str, "key": str, "seq": int, "at_ms": int},
        pk=("kind", "key"),
        not_null={"at_ms"},
        strict=True,
    )
    db.table("cursors").create({"name": str, "seq": int}, pk="name", not_null={"seq"}, strict=True)
    db.table("backfills").create(
        {
            "backfill": str,
            "pipeline": str,
            "request": str,
            "state": str,
            "reason": str,
            "actor": str,
            "at_ms": int,
            "ended_ms": int,
        },
        pk="backfill",
        not_null={"pipeline", "request", "state", "at_ms"},
        strict=True,
    )
    db.table("backfill_slots").create(
        {
            "backfill": str,
            "slot_ms": int,
            "slot": str,
            "cron": str,
            "zone": str,
            "position": int,
            "known": int,
            "state": str,
            "reason": str,
            "run_id": str,
        },
        pk=("backfill", "slot_ms"),
        not_null={"slot", "cron", "zone", "position", "known", "state"},
        foreign_keys=[("backfill", "backfills", "backfill")],
        strict=True,
    )
    db.table("backfill_slots").create_index(["backfill", "state", "position"])
    db.table("backfill_slots").create_index(["run_id"])
    db.table("outbox").create(
        {
            "id": int,
            "key": str,
            "target": str,
            "kind": str,
            "pipeline": str,
            "run_id": str,
            "seq": int,
            "message": str,
            "state": str,
            "tries": int,
            "due_ms": int,
            "error": str,
            "digest": int,
            "at_ms": int,
            "ended_ms": int,
        },
        pk="id",
        not_null={"key", "target", "kind", "message", "state", "tries", "due_ms", "at_ms"},
        strict=True,
    )
    db.table("outbox").create_index(["key", "target"], unique=True)
    db.table("outbox").create_index(["state", "target", "id"])
    db.table("outbox").create_index(["state", "id"])
    db.table("outbox").create_index(["state", "ended_ms"])
    db.table("outbox").create_index(["target", "ended_ms"])


def _rebuild_slots(db: Database) -> None:
    """Make a slot an instant of a pipeline, so that no edit of its schedule fires it again."""
    db.execute("ALTER TABLE slots RENAME TO slots_before")
    db.table("slots").create(
        {
            "pipeline": str,
            "slot_ms": int,
            "cron": str,
            "zone": str,
            "state": str,
            "reason": str,
            "run_id": str,
            "at_ms": int,
        },
        pk=("pipeline", "slot_ms"),
        not_null={"cron", "state", "at_ms"},
        strict=True,
    )
    db.table("slots").create_index(["state", "pipeline", "slot_ms"])
    rows = db.execute("SELECT pipeline, slot, cron, run_id, at_ms FROM slots_before ORDER BY at_ms")
    for pipeline, slot, cron, run_id, at_ms in rows.fetchall():
        db.execute(
            "INSERT OR IGNORE INTO slots (pipeline, slot_ms, cron, state, run_id, at_ms)"
            " VALUES (?, ?, ?, 'fired', ?, ?)",
            (pipeline, ms_from_iso(slot), cron, run_id, at_ms),
        )
    db.execute("DROP TABLE slots_before")


def migrate(path: str) -> None:
    """Bring the store at ``path`` to this version's schema, creating it when it is missing."""
    db: Any = Database(path)
    db.execute("PRAGMA journal_mode=WAL")
    migrations.apply(db)
    db.close()


if __name__ == "__main__":
    migrate(sys.argv[1])
