"""Routes as data: what serves a path, and what the path's OpenAPI document is made from.

Starlette and pydantic, without FastAPI: its import alone is half of the daemon's start.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from trainautod.runtime.daemon import Daemon

MAX_BODY = 1 << 20  # bytes; a request names a pipeline and its parameters, it does not carry data

Q = TypeVar("Q", bound=BaseModel)
B = TypeVar("B", bound=BaseModel)


class NoQuery(BaseModel):
    """A route without query parameters."""

    model_config = ConfigDict(extra="forbid")


class NoBody(BaseModel):
    """A route without a body."""


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """One request, checked: path parameters by name, query and body as the route's models.

    Attributes:
        accept: the media types that the client takes.
        access: what the link may do, ``read-write`` or ``read-only``.
    """

    path: dict[str, str]
    query: Q
    body: B
    accept: str
    access: str


Handler = Callable[[Daemon, Any], Awaitable[Any]]


class BodyTooLarge(Exception):
    """The request's body is larger than 1 MiB."""


class BodyNotJson(Exception):
    """The request's body is not a JSON document."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method on a path, its handler, and the models of its query and body."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    handler: Handler
    query: type[BaseModel] = NoQuery
    body: type[BaseModel] = NoBody
    status: int = 200

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().splitlines()[0]

    async def serve(self, request: Request) -> Response:
        """Check the request, call the handler, and turn its answer into a response.

        Raises:
            ValidationError: query or body is not as its model says.
        """
        call = Call(
            path=dict(request.path_params),
            query=self.query.model_validate(dict(request.query_params)),
            body=self.body.model_validate(await self._read(request)),
            accept=request.headers.get("accept", ""),
            access=request.state.access,
        )
        answer = await self.handler(request.app.state.daemon, call)
        if isinstance(answer, Response):
            return answer
        return JSONResponse(answer, status_code=self.status)

    async def _read(self, request: Request) -> Any:
        if self.body is NoBody:
            return {}
        if int(request.headers.get("content-length", "0")) > MAX_BODY:
            raise BodyTooLarge
        read = bytearray()
        async for piece in request.stream():
            read += piece
            if len(read) > MAX_BODY:
                raise BodyTooLarge
        try:
            return json.loads(read)
        except (ValueError, RecursionError) as error:
            raise BodyNotJson(str(error)) from error
