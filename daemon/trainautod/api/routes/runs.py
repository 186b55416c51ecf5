"""POST and GET /runs, GET /runs/{id}, cancel, retry, explain."""

import json
import sqlite3
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trainautod.api.requests import RunBody
from trainautod.api.routing import Call, Endpoint, NoBody, NoQuery
from trainautod.lineage.queries import sql
from trainautod.lineage.results import result_before
from trainautod.lineage.runs import find_run, run_document, run_page
from trainautod.planning.key import KeyInputs
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.errors import UnknownStep
from trainautod.runtime.reasons import readable_changes

PAGE = 50
LARGEST_PAGE = 500
ACTOR = "user"


class RunsQuery(BaseModel):
    """Which runs to list: ``before`` is the last run id of the page before."""

    model_config = ConfigDict(extra="forbid")
    pipeline: str | None = None
    status: str | None = None
    before: str | None = None
    limit: int = Field(PAGE, ge=1, le=LARGEST_PAGE)


async def submit_run(daemon: Daemon, call: Call[NoQuery, RunBody]) -> dict[str, Any]:
    """Accept a run; it is stored when this answers."""
    source = await call.body.source(daemon)
    return await _run(daemon, await daemon.runs.submit(source, call.body.request()))


async def list_runs(daemon: Daemon, call: Call[RunsQuery, NoBody]) -> dict[str, Any]:
    """List runs, newest first, a page at a time."""
    return await daemon.store.read(lambda c: run_page(c, **call.query.model_dump()))


async def read_run(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Tell one run, by its id, a unique beginning of it, or ``latest``."""
    return await daemon.store.read(lambda c: run_document(c, find_run(c, call.path["run"])))


async def cancel_run(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Stop a run: its attempts get their signal and grace."""
    return await _run(daemon, await daemon.runs.cancel(call.path["run"], ACTOR))


async def retry_run(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Let a failed or cancelled run go on from what failed."""
    return await _run(daemon, await daemon.runs.retry(call.path["run"], ACTOR))


async def explain_step(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Tell why a step ran or was reused, and what changed since its last result."""
    return await daemon.store.read(
        lambda c: _explain(c, find_run(c, call.path["run"]), call.path["step"])
    )


async def _run(daemon: Daemon, run_id: str) -> dict[str, Any]:
    return await daemon.store.read(lambda c: run_document(c, run_id))


def _explain(connection: sqlite3.Connection, run_id: str, step: str) -> dict[str, Any]:
    query = {"run_id": run_id, "step": step}
    row = connection.execute(sql("step_row"), query).fetchone()
    if row is None:
        raise UnknownStep(f"run {run_id} has no step {step!r}; `trainauto show {run_id}`")
    found: list[str] = []
    compared = None
    told = row["key_inputs"]
    earlier = result_before(connection, run_id, step) if told else None
    if earlier is not None and earlier.key_inputs:
        now = KeyInputs.from_json(told)
        found = list(readable_changes(connection, earlier.key_inputs, now))
        compared = {"run_id": earlier.source.run_id, "attempt": earlier.source.attempt}
    return {
        "run_id": run_id,
        "step": step,
        "status": row["status"],
        "cached": bool(row["cached"]),
        "reason": row["reason"],
        "cache_key": row["cache_key"],
        "changes": found,
        "compared_with": compared,
        "inputs": json.loads(told) if told else None,
    }


ENDPOINTS = (
    Endpoint("POST", "/runs", submit_run, body=RunBody, status=201),
    Endpoint("GET", "/runs", list_runs, query=RunsQuery),
    Endpoint("GET", "/runs/{run}", read_run),
    Endpoint("POST", "/runs/{run}/cancel", cancel_run),
    Endpoint("POST", "/runs/{run}/retry", retry_run),
    Endpoint("GET", "/runs/{run}/steps/{step}/explain", explain_step),
)
