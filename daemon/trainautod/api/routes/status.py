"""GET /status, POST /daemon/stop."""

from typing import Any

from trainautod.api.routing import Call, Endpoint, NoBody, NoQuery
from trainautod.runtime.daemon import Daemon


async def read_status(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Tell who the daemon is, what it does and how it is, and what this link may do."""
    return {**await daemon.status(), "access": call.access}


async def stop_daemon(daemon: Daemon, _call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Stop the daemon; attempts that run go on, and the next daemon adopts them."""
    daemon.stopping.set()
    return {"state": "stopping", **daemon.identity()}


ENDPOINTS = (
    Endpoint("GET", "/status", read_status),
    Endpoint("POST", "/daemon/stop", stop_daemon, status=202),
)
