"""POST and GET /runs, GET /runs/{id}, cancel, retry, explain."""

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trainautod.api.filters import since_ms, until_ms, words
from trainautod.api.requests import RunBody
from trainautod.api.routing import Call, Endpoint, NoBody, NoQuery
from trainautod.lineage.pages import AFTER_ALL, RunFilter, knows_pipeline, run_page
from trainautod.lineage.queries import sql
from trainautod.lineage.results import result_before
from trainautod.lineage.runs import find_run, run_document
from trainautod.planning.key import KeyInputs
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.errors import UnknownPipeline, UnknownStep
from trainautod.runtime.ids import first_id
from trainautod.runtime.reasons import readable_changes

PAGE = 50
LARGEST_PAGE = 500
ACTOR = "user"


class RunsQuery(BaseModel):
    """Which runs to list: ``before`` is the last run id of the page before.

    ``status`` and ``trigger`` are words between commas.
    """

    model_config = ConfigDict(extra="forbid")
    pipeline: str | None = None
    status: str | None = None
    trigger: str | None = None
    since: str | None = None
    until: str | None = None
    before: str | None = None
    limit: int = Field(PAGE, ge=1, le=LARGEST_PAGE)

    def wanted(self) -> RunFilter:
        """Return the filter; a run's id begins with the time of its submission."""
        until = AFTER_ALL if self.until is None else first_id(until_ms(self.until) + 1)
        return RunFilter(
            pipeline=self.pipeline,
            statuses=words(self.status),
            triggers=words(self.trigger),
            first="" if self.since is None else first_id(since_ms(self.since)),
            before=min(until, self.before or AFTER_ALL),
        )


async def submit_run(daemon: Daemon, call: Call[NoQuery, RunBody]) -> dict[str, Any]:
    """Accept a run; it is stored when this answers."""
    source = await call.body.source(daemon)
    run_id = await daemon.runs.submit(source, call.body.request())
    return {**await _run(daemon, run_id), "warnings": call.body.warnings(daemon)}


async def list_runs(daemon: Daemon, call: Call[RunsQuery, NoBody]) -> dict[str, Any]:
    """List runs, newest first, a page at a time."""
    wanted = call.query.wanted()
    return await daemon.store.read(lambda c: _page(c, wanted, call.query.limit))


async def read_run(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Tell one run, by its id, a unique beginning of it, or ``latest``."""
    found = await daemon.store.read(lambda c: run_document(c, find_run(c, call.path["run"])))
    if found["status"] == "running":
        await asyncio.to_thread(daemon.live.fill_in, found["run_id"], found["steps"])
    return found


async def cancel_run(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Stop a run: its attempts get their signal and grace."""
    return await _run(daemon, await daemon.runs.cancel(call.path["run"], ACTOR))


async def retry_run(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Let a failed or cancelled run go on from what failed."""
    run_id, warnings = await daemon.runs.retry(call.path["run"], ACTOR)
    return {**await _run(daemon, run_id), "warnings": warnings}


async def explain_step(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Tell why a step ran or was reused, and what changed since its last result."""
    return await daemon.store.read(
        lambda c: _explain(c, find_run(c, call.path["run"]), call.path["step"])
    )


async def _run(daemon: Daemon, run_id: str) -> dict[str, Any]:
    return await daemon.store.read(lambda c: run_document(c, run_id))


def _page(connection: sqlite3.Connection, wanted: RunFilter, limit: int) -> dict[str, Any]:
    wanted.check(connection)
    page = run_page(connection, wanted, limit)
    name = wanted.pipeline
    if name is not None and not page["runs"] and not knows_pipeline(connection, name):
        raise UnknownPipeline(f"there is no pipeline {name!r}; `trainauto pipelines` lists them")
    return page


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
        "instances": _instances(connection, query),
    }


def _instances(connection: sqlite3.Connection, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the instances of a ``foreach`` step, each with its status and the reason for it."""
    kept = ("id", "status", "cached", "reason")
    return [
        {**{name: row[name] for name in kept}, "cached": bool(row["cached"])}
        for row in connection.execute(sql("instances_of"), query)
    ]


ENDPOINTS = (
    Endpoint("POST", "/runs", submit_run, body=RunBody, status=201),
    Endpoint("GET", "/runs", list_runs, query=RunsQuery),
    Endpoint("GET", "/runs/{run}", read_run),
    Endpoint("POST", "/runs/{run}/cancel", cancel_run),
    Endpoint("POST", "/runs/{run}/retry", retry_run),
    Endpoint("GET", "/runs/{run}/steps/{step}/explain", explain_step),
)
