"""Events of a run on their way to the store, each with what is written along with it."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trainautod.engine import Event, RunState, RunSubmitted
from trainautod.lineage.projection import AttemptFacts, record_event, record_submission
from trainautod.lineage.queries import sql
from trainautod.runtime.context import RunContext
from trainautod.runtime.registrations import Also, Documents

#: What storing an event raises when the event itself is at fault, and the store is sound.
UNSTORABLE = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
)


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


def record_begin(
    connection: sqlite3.Connection, context: RunContext, first: RunState, event: RunSubmitted
) -> dict[str, Any]:
    """Write a new run in its first state, with the text of its file; return the document."""
    row = {"digest": context.submission.spec_digest, "text": context.spec_text}
    connection.execute(sql("add_spec"), row)
    return record_submission(connection, context.submission, first, event)


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
