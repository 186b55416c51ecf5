"""GET /drift, GET /drift/reports."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trainautod.api.routing import Call, Endpoint, NoBody, NoQuery
from trainautod.lineage import drift
from trainautod.lineage.events import LARGEST_SEQ
from trainautod.runtime.daemon import Daemon


class ReportsQuery(BaseModel):
    """Which reports: of one file, and older than the one with an id."""

    model_config = ConfigDict(extra="forbid")
    path: str | None = None
    before: int | None = Field(None, ge=1, le=LARGEST_SEQ)
    limit: int = Field(100, ge=1, le=1000)


async def list_sources(daemon: Daemon, _call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """List the drift files that policies watch, each with its newest valid report."""
    return {"sources": await daemon.drift.describe()}


async def list_reports(daemon: Daemon, call: Call[ReportsQuery, NoBody]) -> dict[str, Any]:
    """List valid drift reports, newest first."""
    wanted = call.query
    found = await daemon.store.read(
        lambda c: drift.report_page(c, wanted.path, wanted.before, wanted.limit)
    )
    return {"reports": found}


ENDPOINTS = (
    Endpoint("GET", "/drift", list_sources),
    Endpoint("GET", "/drift/reports", list_reports, query=ReportsQuery),
)
