"""Looking up what earlier attempts left: by cache key, by step, by attempt."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainautod.lineage.projection import Artifact
from trainautod.lineage.queries import sql


@dataclass(frozen=True, slots=True)
class AttemptRef:
    """Names one attempt."""

    run_id: str
    step: str
    attempt: int

    def query(self) -> dict[str, Any]:
        """Return the reference as parameters of a statement."""
        return {"run_id": self.run_id, "step": self.step, "attempt": self.attempt}


@dataclass(frozen=True, slots=True)
class Result:
    """What a successful attempt left behind; of its metrics, the last value of each."""

    source: AttemptRef
    at_ms: int
    artifacts: tuple[Artifact, ...]
    metrics: Mapping[str, float | None]
    registrations: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest result of a step whatever its key, to compare a new key with."""

    source: AttemptRef
    cache_key: str
    key_inputs: str | None


def result_of_key(connection: sqlite3.Connection, cache_key: str) -> Result | None:
    """Return the newest successful result with this key."""
    row = connection.execute(sql("result_of_key"), {"cache_key": cache_key}).fetchone()
    if row is None:
        return None
    ref = AttemptRef(row["run_id"], row["step"], row["attempt"])
    return result_of_attempt(connection, ref, row["at_ms"])


def result_of_attempt(connection: sqlite3.Connection, ref: AttemptRef, at_ms: int = 0) -> Result:
    """Return what one attempt left behind."""
    query = ref.query()
    artifacts = tuple(
        Artifact(row["path"], row["digest"], row["size"], bool(row["executable"]))
        for row in connection.execute(sql("artifacts_of"), query)
    )
    attempt = connection.execute(sql("attempt_of"), query).fetchone()
    told = attempt["registrations"] if attempt else None
    metrics = last_metrics(attempt) if attempt else {}
    return Result(ref, at_ms, artifacts, metrics, json.loads(told) if told else [])


def last_metrics(attempt: sqlite3.Row) -> dict[str, float | None]:
    """Return the last value of each metric that an attempt logged."""
    found: dict[str, float | None] = json.loads(attempt["last_metrics"] or "{}")
    return found


def earlier_result(connection: sqlite3.Connection, pipeline: str, step: str) -> Earlier | None:
    """Return the step's newest result in this pipeline, whatever its key."""
    query = {"pipeline": pipeline, "step": step}
    row = connection.execute(sql("last_result_of_step"), query).fetchone()
    if row is None:
        return None
    ref = AttemptRef(row["run_id"], row["step"], row["attempt"])
    return Earlier(ref, row["cache_key"], row["key_inputs"])


def result_before(connection: sqlite3.Connection, run_id: str, step: str) -> Earlier | None:
    """Return the step's newest result from before this run, to tell what changed since."""
    row = connection.execute(sql("result_before"), {"run_id": run_id, "step": step}).fetchone()
    if row is None:
        return None
    ref = AttemptRef(row["run_id"], row["step"], row["attempt"])
    return Earlier(ref, row["cache_key"], row["key_inputs"])
