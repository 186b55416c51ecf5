"""GET /pipelines, POST /pipelines, GET and DELETE /pipelines/{name}."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from trainautod.api.routes.policies import policy_documents
from trainautod.api.routing import Call, Endpoint, NoBody, NoQuery
from trainautod.lineage import backfills
from trainautod.lineage.runs import last_runs
from trainautod.runtime.catalog import Entry, Unread
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.submission import Source
from trainautod.spec.triggers import Schedule, Trigger

LAST_RUNS = 10


class PipelineFile(BaseModel):
    """A pipeline file on the daemon's machine."""

    model_config = ConfigDict(extra="forbid")
    path: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store knows of a pipeline: its last runs, and its backfills that have not ended."""

    runs: Sequence[dict[str, Any]]
    backfills: Sequence[dict[str, Any]]


async def list_pipelines(daemon: Daemon, _call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """List the registered pipelines, by name."""
    known: dict[str, Entry[Source] | Unread] = {
        **daemon.catalog.entries,
        **{name: each for name, each in daemon.catalog.unread.items() if each.kind == "pipeline"},
    }
    facts = await daemon.store.read(lambda c: _facts(c, known))
    return {"pipelines": [_document(daemon, known[name], facts[name]) for name in sorted(known)]}


async def add_pipeline(daemon: Daemon, call: Call[NoQuery, PipelineFile]) -> dict[str, Any]:
    """Register the file of a pipeline or policy, or read a registered one again."""
    entry = await daemon.catalog.add(Path(call.body.path))
    if entry.name in daemon.catalog.policies:
        return next(p for p in await policy_documents(daemon) if p["name"] == entry.name)
    return await _told(daemon, daemon.catalog.entries[entry.name])


async def read_pipeline(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Tell one registered pipeline."""
    name = call.path["name"]
    return await _told(daemon, daemon.catalog.unread.get(name) or daemon.catalog.get(name))


async def remove_pipeline(daemon: Daemon, call: Call[NoQuery, NoBody]) -> Response:
    """Forget a pipeline; its runs and results stay."""
    await daemon.catalog.remove(call.path["name"])
    return Response(status_code=204)


async def _told(daemon: Daemon, entry: Entry[Source] | Unread) -> dict[str, Any]:
    facts = await daemon.store.read(lambda c: _facts(c, (entry.name,)))
    return _document(daemon, entry, facts[entry.name])


def _facts(connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, Facts]:
    going = backfills.unended(connection)
    return {n: Facts(last_runs(connection, n, LAST_RUNS), going.get(n, ())) for n in names}


def _document(daemon: Daemon, entry: Entry[Source] | Unread, facts: Facts) -> dict[str, Any]:
    if isinstance(entry, Unread):
        return _unread(entry, facts)
    pipeline = entry.source.pipeline
    fires = daemon.scheduler.next_fires(entry)
    times = (each for _, each in fires if each is not None)
    following = min(times, key=datetime.timestamp, default=None)
    return {
        "name": entry.name,
        "kind": "pipeline",
        "path": entry.source.path,
        "description": pipeline.description,
        "state": "broken" if entry.problems else "ok",
        "problems": list(entry.problems),
        "schedules": [_schedule(schedule, each) for schedule, each in fires],
        "next_fire": _iso(following),
        "on": [*map(_trigger, pipeline.on), *_policies(daemon, entry.name)],
        "params": dict(pipeline.params),
        "steps": [{"id": step.id, "needs": list(step.needs)} for step in pipeline.steps],
        "last_runs": facts.runs,
        "backfills": facts.backfills,
    }


def _schedule(schedule: Schedule, following: datetime | None) -> dict[str, Any]:
    return {
        "cron": schedule.cron,
        "timezone": schedule.timezone,
        "catchup": schedule.catchup,
        "catchup_window_s": schedule.catchup_window_s,
        "overlap": schedule.overlap,
        "jitter_s": schedule.jitter_s,
        "next_fire": _iso(following),
    }


def _trigger(trigger: Trigger) -> dict[str, Any]:
    """Return what else starts a run, as a data trigger or a drift trigger."""
    if trigger.data is not None:
        told = {"settle_s": trigger.data.settle_s, "batch_s": trigger.data.batch_s}
        return {"kind": "data", "path": list(trigger.data.path), **told}
    assert trigger.drift is not None, "a trigger is of one kind"
    return {"kind": "drift", "path": list(trigger.drift.path), "if": trigger.drift.condition}


def _policies(daemon: Daemon, pipeline: str) -> list[dict[str, Any]]:
    """Return the policies of files of their own that run a pipeline, by name."""
    entries = daemon.catalog.policies.values()
    found = [policy for entry in entries for policy in entry.source.policies]
    return [
        {"kind": "policy", "path": [], "policy": one.name, "event": one.on, "if": one.condition}
        for one in sorted(found, key=lambda one: one.name)
        if one.pipeline == pipeline
    ]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds") if moment else None


def _unread(entry: Unread, facts: Facts) -> dict[str, Any]:
    """Return the document of a pipeline of which only name and file are known."""
    return {
        "name": entry.name,
        "kind": "pipeline",
        "path": entry.path,
        "description": "",
        "state": "broken",
        "problems": list(entry.problems),
        "schedules": [],
        "next_fire": None,
        "on": [],
        "params": {},
        "steps": [],
        "last_runs": facts.runs,
        "backfills": facts.backfills,
    }


ENDPOINTS = (
    Endpoint("GET", "/pipelines", list_pipelines),
    Endpoint("POST", "/pipelines", add_pipeline, body=PipelineFile, status=201),
    Endpoint("GET", "/pipelines/{name}", read_pipeline),
    Endpoint("DELETE", "/pipelines/{name}", remove_pipeline, status=204),
)
