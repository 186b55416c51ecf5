"""What a link may do: each socket has its own access, and the daemon itself holds to it."""

from typing import Literal

from starlette.types import ASGIApp, Receive, Scope, Send

from trainautod.api import errors

Access = Literal["read-write", "read-only"]

_LOOKS = frozenset({("POST", "/plan")})  # it needs a body, and changes nothing all the same


class Gate:
    """Lets only what changes nothing through to ``app`` over links that are read-only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it; the server says in the scope which access it has."""
        if scope["type"] == "http" and not _may(scope):
            await errors.read_only()(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _may(scope: Scope) -> bool:
    asked = (scope["method"], scope["path"])
    return scope["state"]["access"] == "read-write" or asked[0] == "GET" or asked in _LOOKS
