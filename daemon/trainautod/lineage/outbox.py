"""The outbox: messages to people, written with the cursor over what they tell of."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from trainautod.lineage import events
from trainautod.lineage.errors import UnknownWord
from trainautod.lineage.queries import sql
from trainautod.lineage.times import iso_from_ms, optional_iso

CURSOR = "notify"
STATES = ("pending", "sent", "failed", "merged")


@dataclass(frozen=True, slots=True)
class Entry:
    """A message to be written.

    Attributes:
        key: with the target, what it is told once by.
        message: a JSON document with at least a ``title``.
        at_ms: Unix milliseconds.
    """

    key: str
    target: str
    kind: str
    message: str
    at_ms: int
    pipeline: str | None = None
    run_id: str | None = None
    seq: int | None = None


def begin(connection: sqlite3.Connection) -> int:
    """Return up to which event people were told; at first, up to the last one there is."""
    row = connection.execute(sql("cursor_of"), {"name": CURSOR}).fetchone()
    if row is not None:
        return int(row["seq"])
    seq = events.last(connection)
    move(connection, seq)
    return seq


def move(connection: sqlite3.Connection, seq: int) -> None:
    """Note that all events up to ``seq`` are told, or concern nobody."""
    connection.execute(sql("move_cursor"), {"name": CURSOR, "seq": seq})


def worth_telling(
    connection: sqlite3.Connection,
    after: int,
    until: int,
    kinds: Sequence[str],
    ends: Sequence[str],
    limit: int,
) -> list[dict[str, Any]]:
    """Return events above ``after`` up to ``until`` of some kinds, or that gave a run an end."""
    words = {"kinds": json.dumps(kinds), "ends": json.dumps(ends)}
    query = {"after": after, "until": until, "limit": limit, **words}
    rows = connection.execute(sql("events_worth_telling"), query)
    return [events.document(row) for row in rows]


def spec_of_run(connection: sqlite3.Connection, run_id: str) -> tuple[str, str] | None:
    """Return the path and the text of a run's pipeline, None when there is no such run."""
    row = connection.execute(sql("spec_of_run"), {"run_id": run_id}).fetchone()
    return None if row is None else (row["path"], row["text"])


def add(connection: sqlite3.Connection, entries: Iterable[Entry]) -> list[int]:
    """Write messages, and return their numbers; one that is known is not written again."""
    found = []
    for entry in entries:
        done = connection.execute(sql("add_message"), asdict(entry))
        if done.rowcount and done.lastrowid:
            found.append(done.lastrowid)
    return found


def targets(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the targets for which something waits, with how much."""
    return {row["target"]: row["count"] for row in connection.execute(sql("waiting_targets"))}


def waiting(connection: sqlite3.Connection, target: str) -> Iterator[sqlite3.Row]:
    """Yield what waits for a target, oldest first: id, kind, tries, due_ms and at_ms."""
    with closing(connection.execute(sql("waiting_messages"), {"target": target})) as rows:
        yield from rows


def tests(connection: sqlite3.Connection) -> list[int]:
    """Return the numbers of the test messages that wait."""
    return [row["id"] for row in connection.execute(sql("waiting_tests"))]


def sent_since(connection: sqlite3.Connection, target: str, since_ms: int) -> list[tuple[str, int]]:
    """Return kind and time (Unix ms) of the messages that a target was sent after a time."""
    rows = connection.execute(sql("sent_since"), {"target": target, "since_ms": since_ms})
    return [(row["kind"], row["ended_ms"]) for row in rows]


def newest_sent(connection: sqlite3.Connection, target: str) -> int:
    """Return the highest number of a message that arrived at a target, 0 without one."""
    row = connection.execute(sql("newest_sent"), {"target": target}).fetchone()
    return 0 if row is None else int(row["id"])


def newest_error(connection: sqlite3.Connection, target: str) -> str | None:
    """Return why the newest message that waits for its next try did not arrive."""
    row = connection.execute(sql("newest_error"), {"target": target}).fetchone()
    return None if row is None else str(row["error"])


def given_up(connection: sqlite3.Connection, since_ms: int) -> list[sqlite3.Row]:
    """Return the targets whose messages were given up after a time: count, and newest error."""
    return connection.execute(sql("given_up"), {"since_ms": since_ms}).fetchall()


def message(connection: sqlite3.Connection, number: int) -> sqlite3.Row:
    """Return the row of a message."""
    row: sqlite3.Row = connection.execute(sql("message_row"), {"id": number}).fetchone()
    return row


def mergeable(connection: sqlite3.Connection, target: str) -> list[sqlite3.Row]:
    """Return the messages to a target that wait and were never sent, oldest first."""
    return connection.execute(sql("messages_to_merge"), {"target": target}).fetchall()


def merge(connection: sqlite3.Connection, digest: Entry) -> None:
    """Write a digest, and that it stands for what ``mergeable`` returns for its target."""
    (number,) = add(connection, [digest])
    query = {"target": digest.target, "digest": number, "at_ms": digest.at_ms}
    connection.execute(sql("merge_messages"), query)


def sent(connection: sqlite3.Connection, number: int, at_ms: int) -> None:
    """Note that a message arrived."""
    connection.execute(sql("message_sent"), {"id": number, "at_ms": at_ms})


def put_off(connection: sqlite3.Connection, number: int, due_ms: int, error: str) -> None:
    """Note that a message did not arrive, and when it is sent again."""
    query = {"id": number, "due_ms": due_ms, "error": error}
    connection.execute(sql("message_put_off"), query)


def failed(connection: sqlite3.Connection, number: int, at_ms: int, error: str) -> None:
    """Note that a message is given up."""
    connection.execute(sql("message_failed"), {"id": number, "at_ms": at_ms, "error": error})


def page(connection: sqlite3.Connection, state: str | None, limit: int) -> list[dict[str, Any]]:
    """Return up to ``limit`` documents of messages, newest first.

    Raises:
        UnknownWord: there is no such state.
    """
    if state is not None and state not in STATES:
        raise UnknownWord(f"no message is {state!r}; known: {', '.join(STATES)}")
    statement = sql("messages") if state is None else sql("messages_in_state")
    rows = connection.execute(statement, {"state": state, "limit": limit})
    return [document(row) for row in rows]


def numbered(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Return the documents of messages, by their numbers."""
    rows = connection.execute(sql("messages_numbered"), {"ids": json.dumps(numbers)})
    return [document(row) for row in rows]


def document(row: Mapping[str, Any] | sqlite3.Row) -> dict[str, Any]:
    """Return a message as the API shows it."""
    same = ("id", "target", "kind", "pipeline", "run_id", "state", "tries", "error", "digest")
    return {
        **{name: row[name] for name in same},
        "title": json.loads(row["message"])["title"],
        "reason": None,
        "due_at": iso_from_ms(row["due_ms"]) if row["state"] == "pending" else None,
        "created_at": iso_from_ms(row["at_ms"]),
        "ended_at": optional_iso(row["ended_ms"]),
    }
