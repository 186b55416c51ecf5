"""What policies have seen of the events, and what they remember, in the store."""

import sqlite3
from collections.abc import Iterable

from trainautod.lineage.queries import sql


def begin(connection: sqlite3.Connection, policies: Iterable[str], seq: int, at_ms: int) -> None:
    """Let policies look at events after ``seq``; those that there are go on where they were."""
    rows = [{"policy": policy, "seq": seq, "at_ms": at_ms} for policy in policies]
    connection.executemany(sql("begin_policy"), rows)


def end(connection: sqlite3.Connection, policies: Iterable[str]) -> None:
    """Forget what policies remember."""
    connection.executemany(sql("end_policy"), [{"policy": policy} for policy in policies])
