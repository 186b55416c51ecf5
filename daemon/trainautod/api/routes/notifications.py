"""GET /notifications, GET /notifications/targets, POST /notifications/test."""

import asyncio
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trainautod.api.routing import Call, Endpoint, NoBody, NoQuery
from trainautod.runtime.daemon import Daemon

LARGEST_PAGE = 1000


class NotificationsQuery(BaseModel):
    """Which messages: the newest, of all or in one state."""

    model_config = ConfigDict(extra="forbid")
    state: str | None = None
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)


class TestBody(BaseModel):
    """Which targets get a test message: all there are when none is named."""

    model_config = ConfigDict(extra="forbid")
    targets: list[str] = Field(default_factory=list)


async def list_notifications(
    daemon: Daemon, call: Call[NotificationsQuery, NoBody]
) -> dict[str, Any]:
    """List messages to people, newest first."""
    query = call.query
    return {"notifications": await daemon.notifier.delivery.page(query.state, query.limit)}


async def list_targets(daemon: Daemon, _call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """List whom pipelines and config.toml tell, by name, each with what keeps it from being told.

    Only names are shown.
    """
    named, problem = daemon.notifier.targets(), daemon.notifier.problem
    problems = await asyncio.to_thread(lambda: {target: problem(target) for target in named})
    return {
        "targets": [
            {"target": target, "pipelines": pipelines, "problem": problems[target]}
            for target, pipelines in named.items()
        ]
    }


async def test_notifications(daemon: Daemon, call: Call[NoQuery, TestBody]) -> dict[str, Any]:
    """Send a test message to targets, and answer once each has arrived or failed."""
    return {"notifications": await daemon.notifier.test(call.body.targets)}


ENDPOINTS = (
    Endpoint("GET", "/notifications", list_notifications, query=NotificationsQuery),
    Endpoint("GET", "/notifications/targets", list_targets),
    Endpoint("POST", "/notifications/test", test_notifications, body=TestBody),
)
