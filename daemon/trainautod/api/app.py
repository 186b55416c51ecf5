"""The application: every route over one daemon."""

from fastapi import FastAPI

import trainautod
from trainautod.api import errors
from trainautod.api.routes import events as events_routes
from trainautod.api.routes import logs, models, pipelines, plan, runs, status
from trainautod.runtime.daemon import Daemon


def build_app(daemon: Daemon) -> FastAPI:
    """Return the HTTP application of a daemon."""
    app = FastAPI(title="trainauto", version=trainautod.__version__, docs_url=None, redoc_url=None)
    app.state.daemon = daemon
    errors.install(app)
    for module in (status, pipelines, plan, runs, logs, models, events_routes):
        app.include_router(module.router)
    return app
