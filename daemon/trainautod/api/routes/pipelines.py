"""GET /pipelines, POST /pipelines, GET and DELETE /pipelines/{name}."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from trainautod.api.routing import Call, Endpoint, NoBody, NoQuery
from trainautod.lineage.runs import last_runs
from trainautod.runtime.catalog import Entry
from trainautod.runtime.daemon import Daemon

LAST_RUNS = 10


class PipelineFile(BaseModel):
    """A pipeline file on the daemon's machine."""

    model_config = ConfigDict(extra="forbid")
    path: str


async def list_pipelines(daemon: Daemon, _call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """List the registered pipelines, by name."""
    entries = sorted(daemon.catalog.entries.values(), key=lambda entry: entry.name)
    return {"pipelines": [await _document(daemon, entry) for entry in entries]}


async def add_pipeline(daemon: Daemon, call: Call[NoQuery, PipelineFile]) -> dict[str, Any]:
    """Register a pipeline file, or read a registered one again."""
    return await _document(daemon, await daemon.catalog.add(Path(call.body.path)))


async def read_pipeline(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Tell one registered pipeline."""
    return await _document(daemon, daemon.catalog.get(call.path["name"]))


async def remove_pipeline(daemon: Daemon, call: Call[NoQuery, NoBody]) -> Response:
    """Forget a pipeline; its runs and results stay."""
    await daemon.catalog.remove(call.path["name"])
    return Response(status_code=204)


async def _document(daemon: Daemon, entry: Entry) -> dict[str, Any]:
    pipeline = entry.source.pipeline
    following = daemon.scheduler.next_fire(entry)
    return {
        "name": entry.name,
        "path": entry.source.path,
        "description": pipeline.description,
        "state": "broken" if entry.problems else "ok",
        "problems": list(entry.problems),
        "schedules": [{"cron": s.cron, "timezone": s.timezone} for s in pipeline.schedule],
        "next_fire": following.isoformat(timespec="milliseconds") if following else None,
        "params": dict(pipeline.params),
        "steps": [{"id": step.id, "needs": list(step.needs)} for step in pipeline.steps],
        "last_runs": await daemon.store.read(lambda c: last_runs(c, entry.name, LAST_RUNS)),
    }


ENDPOINTS = (
    Endpoint("GET", "/pipelines", list_pipelines),
    Endpoint("POST", "/pipelines", add_pipeline, body=PipelineFile, status=201),
    Endpoint("GET", "/pipelines/{name}", read_pipeline),
    Endpoint("DELETE", "/pipelines/{name}", remove_pipeline, status=204),
)
