"""GET /runs/{id}/steps/{step}/log: ranges of a log, by byte offset."""

import asyncio
import sqlite3

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from trainautod.api.routing import Call, Endpoint, NoBody
from trainautod.execution.log import LogReader
from trainautod.lineage.queries import sql
from trainautod.lineage.results import AttemptRef
from trainautod.lineage.runs import find_run
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.errors import UnknownStep

LARGEST_RANGE = 4 << 20
LARGEST_ATTEMPT = 1_000_000


class LogQuery(BaseModel):
    """Which bytes of which attempt; a negative offset counts from the end."""

    model_config = ConfigDict(extra="forbid")
    offset: int = 0
    limit: int = Field(65536, ge=0, le=LARGEST_RANGE)
    attempt: int | None = Field(None, ge=1, le=LARGEST_ATTEMPT)


async def read_log(daemon: Daemon, call: Call[LogQuery, NoBody]) -> Response:
    """Return bytes of an attempt's log; the headers tell where they stand in it."""
    run, step, query = call.path["run"], call.path["step"], call.query
    ref, complete = await daemon.store.read(
        lambda c: _attempt(c, find_run(c, run), step, query.attempt)
    )
    directory = daemon.attempts.directory(ref.run_id, ref.step, ref.attempt) / "log"
    found = await asyncio.to_thread(LogReader(directory).read, query.offset, query.limit)
    headers = {
        "X-Log-Start": str(found.start),
        "X-Log-End": str(found.end),
        "X-Log-Size": str(found.size),
        "X-Log-Dropped": str(found.dropped),
        "X-Log-Complete": "true" if complete else "false",
        "X-Log-Attempt": str(ref.attempt),
    }
    return Response(found.data, media_type="application/octet-stream", headers=headers)


def _attempt(
    connection: sqlite3.Connection, run_id: str, step: str, wanted: int | None
) -> tuple[AttemptRef, bool]:
    """Return the attempt whose log is meant, and whether it has ended."""
    row = connection.execute(sql("step_row"), {"run_id": run_id, "step": step}).fetchone()
    if row is None:
        raise UnknownStep(f"run {run_id} has no step {step!r}; `trainauto show {run_id}`")
    if row["cached"] and wanted is None:
        source = AttemptRef(row["source_run"], row["source_step"], row["source_attempt"])
        return source, True
    ref = AttemptRef(run_id, step, wanted or row["attempt"])
    attempt = connection.execute(sql("attempt_of"), ref.query()).fetchone()
    if attempt is None and wanted is not None:
        raise UnknownStep(f"step {step} of run {run_id} has no attempt {wanted}")
    ended = row["status"] not in ("pending", "running") if attempt is None else attempt["outcome"]
    return ref, bool(ended)


ENDPOINTS = (Endpoint("GET", "/runs/{run}/steps/{step}/log", read_log, query=LogQuery),)
