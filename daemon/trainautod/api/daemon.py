"""How a route gets at the daemon."""

from typing import Annotated

from fastapi import Depends, Request

from trainautod.runtime.daemon import Daemon


def _daemon(request: Request) -> Daemon:
    daemon: Daemon = request.app.state.daemon
    return daemon


TheDaemon = Annotated[Daemon, Depends(_daemon)]
