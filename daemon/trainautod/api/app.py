"""The application: every endpoint over one daemon."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from trainautod.api import errors, openapi
from trainautod.api.access import Gate
from trainautod.api.routes import (
    backfills,
    drift,
    events,
    lineage,
    logs,
    metrics,
    models,
    notifications,
    pipelines,
    plan,
    policies,
    runs,
    signals,
    status,
    steps,
)
from trainautod.api.routing import Endpoint
from trainautod.runtime.daemon import Daemon

ENDPOINTS: tuple[Endpoint, ...] = tuple(
    endpoint
    for module in (
        status,
        pipelines,
        policies,
        signals,
        plan,
        runs,
        backfills,
        steps,
        logs,
        metrics,
        lineage,
        models,
        drift,
        notifications,
        events,
    )
    for endpoint in module.ENDPOINTS
)


def build_app(daemon: Daemon) -> Starlette:
    """Return the HTTP application of a daemon."""
    routes = [Route(e.path, e.serve, methods=[e.method]) for e in ENDPOINTS]
    routes.append(Route("/openapi.json", _describe, methods=["GET"]))
    gate = Middleware(Gate)
    app = Starlette(routes=routes, middleware=[gate], exception_handlers=errors.HANDLERS)
    app.state.daemon = daemon
    return app


async def _describe(_request: Request) -> Response:
    return JSONResponse(openapi.document(ENDPOINTS))
