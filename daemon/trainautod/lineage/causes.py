"""Causes that count once: signals with a key, and models that went stale."""

import sqlite3
from dataclasses import dataclass

from trainautod.lineage.queries import sql


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest version of a model, and when it was made (Unix milliseconds)."""

    model: str
    version: int | None
    created_ms: int


def event_of(connection: sqlite3.Connection, kind: str, key: str) -> int | None:
    """Return the number of the event that tells a cause; None when there was none so far."""
    row = connection.execute(sql("cause_event"), {"kind": kind, "key": key}).fetchone()
    return None if row is None else int(row["seq"])


def claim(connection: sqlite3.Connection, kind: str, key: str, seq: int, at_ms: int) -> bool:
    """Record a cause, inside the transaction of the event that tells it.

    Args:
        connection: inside a transaction.
        kind: ``signal`` or ``model_stale``.
        key: unique among those of its kind.
        seq: number of the event.
        at_ms: now, Unix milliseconds.

    Returns:
        False when there was one with this key.
    """
    row = {"kind": kind, "key": key, "seq": seq, "at_ms": at_ms}
    return connection.execute(sql("claim_cause"), row).rowcount > 0


def newest_versions(connection: sqlite3.Connection) -> dict[str, Newest]:
    """Return the newest version of each model, by model."""
    return {
        row["model"]: Newest(row["model"], row["version"], row["created_ms"])
        for row in connection.execute(sql("newest_versions"))
    }


def added_ms(connection: sqlite3.Connection, name: str) -> int | None:
    """Return when a pipeline or policy was registered, Unix milliseconds."""
    row = connection.execute(sql("added_ms_of"), {"name": name}).fetchone()
    return None if row is None else int(row["added_ms"])
