"""POST and GET /backfills, GET /backfills/{id}, stop, resume."""

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import JSONResponse

from trainautod.api.requests import Scalar
from trainautod.api.routing import Call, Endpoint, NoBody, NoQuery
from trainautod.lineage import backfills
from trainautod.lineage.pages import knows_pipeline
from trainautod.runtime.backfill_plan import BackfillRequest
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.errors import UnknownPipeline

ACTOR = "user"
PAGE = 20
LARGEST_PAGE = 200
MOST_PARALLEL = 1000


class BackfillBody(BaseModel):
    """A range of slots of a registered pipeline, and how to run them.

    ``since`` and ``until`` are dates in the pipeline's zone, or times in ISO 8601; both belong to
    the range. ``dry_run`` tells what would be run and changes nothing.
    """

    model_config = ConfigDict(extra="forbid")
    pipeline: str
    since: str
    until: str
    parallel: int = Field(1, ge=1, le=MOST_PARALLEL)
    order: Literal["oldest", "newest"] = "oldest"
    which: Literal["missing", "failed", "all"] = "missing"
    params: dict[str, Scalar] = Field(default_factory=dict)
    dry_run: bool = False

    @field_validator("params")
    @classmethod
    def _expect_json(cls, told: dict[str, Any]) -> dict[str, Any]:
        """Refuse lone surrogates, which Python reads from JSON but cannot store."""
        json.dumps(told, allow_nan=False, ensure_ascii=False).encode()
        return told

    def request(self) -> BackfillRequest:
        """Return what is asked for."""
        return BackfillRequest(**self.model_dump(exclude={"dry_run"}))


class BackfillsQuery(BaseModel):
    """Which backfills to list: the newest ones, of one pipeline if it is named."""

    model_config = ConfigDict(extra="forbid")
    pipeline: str | None = None
    limit: int = Field(PAGE, ge=1, le=LARGEST_PAGE)


class StopQuery(BaseModel):
    """Whether the runs that are live are cancelled too."""

    model_config = ConfigDict(extra="forbid")
    cancel_running: bool = False


async def start_backfill(daemon: Daemon, call: Call[NoQuery, BackfillBody]) -> Any:
    """Begin a backfill, or tell with ``dry_run`` what it would run."""
    if call.body.dry_run:
        return JSONResponse(await daemon.backfills.plan(call.body.request(), ACTOR))
    return await daemon.backfills.start(call.body.request(), ACTOR)


async def list_backfills(daemon: Daemon, call: Call[BackfillsQuery, NoBody]) -> dict[str, Any]:
    """List the newest backfills, without their slots."""
    name, limit = call.query.pipeline, call.query.limit
    found = await daemon.store.read(lambda c: backfills.page(c, name, limit))
    if name is not None and not found and name not in daemon.catalog.entries:
        known = await daemon.store.read(lambda c: knows_pipeline(c, name))
        if not known:
            raise UnknownPipeline(
                f"there is no pipeline {name!r}; `trainauto pipelines` lists them"
            )
    return {"backfills": found}


async def read_backfill(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Tell one backfill with its slots, by its id, a unique beginning of it, or ``latest``."""
    wanted = call.path["backfill"]
    return await daemon.store.read(lambda c: backfills.document(c, backfills.find(c, wanted)))


async def stop_backfill(daemon: Daemon, call: Call[StopQuery, NoBody]) -> dict[str, Any]:
    """Let a backfill start no more runs; its live runs go on unless they are cancelled too."""
    cancel = call.query.cancel_running
    return await daemon.backfills.stop(call.path["backfill"], ACTOR, cancel_running=cancel)


async def resume_backfill(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Let a stopped backfill go on with the slots that wait."""
    return await daemon.backfills.resume(call.path["backfill"])


ENDPOINTS = (
    Endpoint("POST", "/backfills", start_backfill, body=BackfillBody, status=201),
    Endpoint("GET", "/backfills", list_backfills, query=BackfillsQuery),
    Endpoint("GET", "/backfills/{backfill}", read_backfill),
    Endpoint("POST", "/backfills/{backfill}/stop", stop_backfill, query=StopQuery),
    Endpoint("POST", "/backfills/{backfill}/resume", resume_backfill),
)
