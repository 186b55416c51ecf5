"""Runs written as the daemon writes them: engine events through the projection."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from tests.support.shells import ImaginedShell
from trainautod.engine import AttemptFinished, RunState, RunSubmitted
from trainautod.lineage.projection import (
    Artifact,
    AttemptFacts,
    Metric,
    Submission,
    record_event,
    record_submission,
)
from trainautod.lineage.queries import sql

Connection = sqlite3.Connection
FIRST_MS = 1_373_439_600_000  # 2013-07-10T07:00:00Z


def submission(run_id: str = "run", pipeline: str = "nightly", **changes: Any) -> Submission:
    values: dict[str, Any] = {
        "run_id": run_id,
        "pipeline": pipeline,
        "path": f"/home/me/{pipeline}.yaml",
        "spec_digest": "spec",
        "scheduled_time": "2013-07-10T02:00:00-04:00",
        "trigger": {"kind": "manual"},
        "params": {"days": 7},
        "options": {"forced": []},
        "code": {"train.py": "c0de"},
        "submitted_ms": FIRST_MS,
    }
    return Submission(**(values | changes))


def add_spec(connection: Connection) -> None:
    connection.execute(sql("add_spec"), {"digest": "spec", "text": "name: nightly\n"})


def add_runs(
    connection: Connection, ids: Sequence[str], pipeline: str = "nightly", trigger: str = "manual"
) -> None:
    """Write rows of runs without steps."""
    add_spec(connection)
    row = {
        "pipeline": pipeline,
        "path": "/p.yaml",
        "spec_digest": "spec",
        "scheduled_time": "2013-07-10T00:00:00+00:00",
        "scheduled_ms": 1_373_414_400_000,
        "trigger": json.dumps({"kind": trigger}),
        "trigger_kind": trigger,
        "params": "{}",
        "options": "{}",
        "code": "{}",
        "submitted_ms": FIRST_MS,
    }
    connection.execute("BEGIN")
    connection.executemany(sql("add_run"), [{**row, "run_id": i} for i in ids])
    connection.execute("COMMIT")


def set_status(connection: Connection, run_id: str, status: str, at_ms: int = FIRST_MS) -> None:
    """Bring a run into a status."""
    error = {"error_step": None, "error_message": None}
    row = {"run_id": run_id, "status": status, "at_ms": at_ms, **error}
    connection.execute(sql("set_run_status"), row)


def facts(
    artifacts: Sequence[Artifact] = (),
    metrics: Sequence[Metric] = (),
    started_ms: int | None = None,
    **more: Any,
) -> AttemptFacts:
    """An attempt of a second and a half."""
    began = FIRST_MS + 1000 if started_ms is None else started_ms
    exit_fields = {
        "cause": "exited",
        "started_ms": began,
        "ended_ms": began + 1500,
        "duration_s": 1.5,
        "cpu_s": 1.25,
        "peak_memory_bytes": 4096,
        "log_bytes": 12,
        "log_dropped_bytes": 0,
    }
    return AttemptFacts(exit_fields, artifacts, metrics, **more)


class Recorder(ImaginedShell):
    """An imagined shell whose events are stored as they happen."""

    def __init__(
        self, connection: Connection, event: RunSubmitted, told: Submission | None = None
    ) -> None:
        super().__init__(event)
        self.connection = connection
        self.told = told or submission(event.run_id)
        self.facts: dict[str, AttemptFacts] = {}
        self.documents = [record_submission(connection, self.told, self.state, event)]

    def apply(self, event: Any) -> None:
        before = self.state
        super().apply(event)
        ended = self.facts.get(event.step, facts()) if isinstance(event, AttemptFinished) else None
        document = record_event(
            self.connection,
            before,
            self.state,
            event,
            pipeline=self.told.pipeline,
            at_ms=FIRST_MS + 10 * len(self.documents),
            facts=ended,
        )
        self.documents.append(document)


def stored_events(connection: Connection, run_id: str) -> list[tuple[str, Any]]:
    rows = connection.execute(sql("events_of_run"), {"run_id": run_id})
    return [(row["kind"], json.loads(row["data"])) for row in rows]


def attempts_of(state: RunState) -> dict[str, int]:
    """The last attempt's number of each step that is not a reused one."""
    found = {}
    for step, reached in state.states.items():
        work = getattr(reached, "work", None)
        number = work.attempts if work is not None else getattr(reached, "attempts", 0)
        found[step] = 0 if getattr(reached, "cached", False) else number
    return found
