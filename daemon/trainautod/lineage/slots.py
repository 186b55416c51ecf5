"""Slots: each instant of a pipeline's schedules is claimed once, whatever becomes of it."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from trainautod.lineage.queries import sql


class Key(NamedTuple):
    """What names a schedule of a pipeline; ``zone`` is empty for the machine's own."""

    pipeline: str
    cron: str
    zone: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A slot that has come and waits for its run.

    Attributes:
        slot_ms: the instant, Unix milliseconds.
        state: ``queued`` behind an earlier run, or ``replacing`` it: it is to be cancelled.
    """

    key: Key
    slot_ms: int
    state: str


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a slot.

    Attributes:
        state: ``fired``, ``skipped``, ``refused``, or one of those of ``Waiting``.
        reason: why it has no run, or not yet, or late.
        run_id: its run.
    """

    state: str
    reason: str | None = None
    run_id: str | None = None

    def row(self) -> dict[str, str | None]:
        """Return the columns that tell it."""
        return {"state": self.state, "reason": self.reason, "run_id": self.run_id}


def claim(
    connection: sqlite3.Connection, key: Key, slot_ms: int, became: Became, at_ms: int
) -> bool:
    """Claim a slot, inside the transaction of what comes of it; False when it was claimed before.

    Args:
        connection: inside a transaction.
        key: whose slot it is.
        slot_ms: the instant, Unix milliseconds.
        became: what becomes of it.
        at_ms: now, Unix milliseconds.
    """
    row = {**key._asdict(), "slot_ms": slot_ms, "at_ms": at_ms}
    return connection.execute(sql("claim_slot"), {**row, **became.row()}).rowcount > 0


def end_wait(connection: sqlite3.Connection, slot: Waiting, became: Became, at_ms: int) -> bool:
    """Write down what became of a slot that waited; False when it waits no more."""
    row = {"pipeline": slot.key.pipeline, "slot_ms": slot.slot_ms, "at_ms": at_ms}
    return connection.execute(sql("end_wait"), {**row, **became.row()}).rowcount > 0


def waiting_pipelines(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the pipelines of which slots wait."""
    return frozenset(row["pipeline"] for row in connection.execute(sql("waiting_pipelines")))


def waiting(connection: sqlite3.Connection, pipeline: str) -> list[Waiting]:
    """Return a pipeline's slots that wait, oldest first."""
    rows = connection.execute(sql("waiting_slots"), {"pipeline": pipeline})
    return [
        Waiting(Key(row["pipeline"], row["cron"], row["zone"]), row["slot_ms"], row["state"])
        for row in rows
    ]


def claimed(
    connection: sqlite3.Connection, pipeline: str, after_ms: int, until_ms: int
) -> frozenset[int]:
    """Return a pipeline's claimed slots in (after, until], Unix milliseconds."""
    query = {"pipeline": pipeline, "after_ms": after_ms, "until_ms": until_ms}
    return frozenset(row["slot_ms"] for row in connection.execute(sql("claimed_slots"), query))


def live_runs(connection: sqlite3.Connection, pipeline: str) -> list[str]:
    """Return the runs of a pipeline's schedules that have not ended, oldest first."""
    rows = connection.execute(sql("live_runs_by_clock"), {"pipeline": pipeline})
    return [row["run_id"] for row in rows]


def seen(connection: sqlite3.Connection) -> dict[Key, int]:
    """Return up to when the slots of each schedule were dealt with, Unix milliseconds."""
    rows = connection.execute(sql("all_schedules"))
    return {Key(row["pipeline"], row["cron"], row["zone"]): row["seen_ms"] for row in rows}


def see(connection: sqlite3.Connection, seen_ms: Mapping[Key, int]) -> None:
    """Write down up to when the slots of schedules are dealt with, Unix milliseconds."""
    rows = [{**key._asdict(), "seen_ms": each} for key, each in seen_ms.items()]
    connection.executemany(sql("put_schedule"), rows)


def forget(connection: sqlite3.Connection, keys: Iterable[Key]) -> None:
    """Forget schedules: those that come back begin anew."""
    connection.executemany(sql("remove_schedule"), [key._asdict() for key in keys])
