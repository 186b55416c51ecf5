"""POST /plan."""

import asyncio
from typing import Any

from trainautod.api.requests import RunBody
from trainautod.api.routing import Call, Endpoint, NoQuery
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.planner import plan


async def make_plan(daemon: Daemon, call: Call[NoQuery, RunBody]) -> dict[str, Any]:
    """Tell for each step whether it would run or be reused, and why; nothing is run."""
    source = await call.body.source(daemon)
    return await asyncio.to_thread(
        plan, daemon.runs, daemon.resolver.resolve, source, call.body.request()
    )


ENDPOINTS = (Endpoint("POST", "/plan", make_plan, body=RunBody),)
