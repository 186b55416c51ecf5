"""Events of a run on their way to the store, each with what is written along with it."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from trainautod.engine import Event, RunState
from trainautod.lineage.projection import AttemptFacts, record_event
from trainautod.runtime.registrations import Also, Documents


@dataclass(frozen=True, slots=True)
class Told:
    """An event, what is recorded with it, and more to write in the same transaction."""

    event: Event
    facts: AttemptFacts | None = None
    also: Also | None = None


@dataclass(frozen=True, slots=True)
class Advance:
    """What one event did to its run."""

    before: RunState
    after: RunState
    told: Told


def record(
    connection: sqlite3.Connection, advances: Sequence[Advance], pipeline: str, at_ms: int
) -> Documents:
    """Write events in their order; return their documents."""
    documents: Documents = []
    for each in advances:
        event, facts = each.told.event, each.told.facts
        documents.append(
            record_event(
                connection,
                each.before,
                each.after,
                event,
                pipeline=pipeline,
                at_ms=at_ms,
                facts=facts,
            )
        )
        documents += each.told.also(connection) if each.told.also else []
    return documents
