"""POST /plan."""

import asyncio
from typing import Any

from fastapi import APIRouter

from trainautod.api.daemon import TheDaemon
from trainautod.api.requests import RunBody
from trainautod.runtime.planner import plan

router = APIRouter()


@router.post("/plan")
async def make_plan(body: RunBody, daemon: TheDaemon) -> dict[str, Any]:
    """Tell for each step whether it would run or be reused, and why; nothing is run."""
    source = await body.source(daemon)
    return await asyncio.to_thread(
        plan, daemon.runs, daemon.resolver.resolve, source, body.request(), daemon.reused
    )
