"""GET /status, POST /daemon/stop."""

from typing import Any

from fastapi import APIRouter

from trainautod.api.daemon import TheDaemon

router = APIRouter()


@router.get("/status")
async def read_status(daemon: TheDaemon) -> dict[str, Any]:
    """Tell who the daemon is, what it does and how it is."""
    return await daemon.status()


@router.post("/daemon/stop", status_code=202)
async def stop(daemon: TheDaemon) -> dict[str, Any]:
    """Stop the daemon; attempts that run go on, and the next daemon adopts them."""
    daemon.stopping.set()
    return {"state": "stopping", **daemon.identity()}
