"""Slots: each instant of a pipeline's schedules is claimed once, whatever becomes of it."""

import sqlite3

from trainautod.lineage.queries import sql


def claim(
    connection: sqlite3.Connection,
    pipeline: str,
    slot_ms: int,
    cron: str,
    at_ms: int,
    *,
    state: str = "fired",
    reason: str | None = None,
    run_id: str | None = None,
) -> bool:
    """Claim a slot, inside the transaction of what comes of it; False when it was claimed before.

    Args:
        connection: inside a transaction.
        pipeline: whose schedule it is.
        slot_ms: the instant, Unix milliseconds.
        cron: the schedule as written.
        at_ms: now, Unix milliseconds.
        state: ``fired``, ``queued`` behind an earlier run, or ``skipped``.
        reason: why it has no run.
        run_id: its run.
    """
    row = {"pipeline": pipeline, "slot_ms": slot_ms, "cron": cron, "at_ms": at_ms}
    told = {"state": state, "reason": reason, "run_id": run_id}
    return connection.execute(sql("claim_slot"), {**row, **told}).rowcount > 0
