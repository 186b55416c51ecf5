"""Errors as documents: what happened, and the HTTP status that clients turn into exit codes."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from trainautod.api.routing import BodyNotJson, BodyTooLarge
from trainautod.lineage.errors import (
    AmbiguousBackfill,
    AmbiguousDigest,
    AmbiguousRun,
    LineageError,
    UnknownBackfill,
    UnknownNode,
    UnknownRun,
    UnknownRunStep,
    UnknownWord,
)
from trainautod.registry.errors import UnknownModel
from trainautod.runtime.errors import (
    Conflict,
    DaemonError,
    FilterInvalid,
    PipelineInvalid,
    RequestInvalid,
    UnknownPipeline,
    UnknownStep,
)
from trainautod.spec.fields import found
from trainautod.spec.wording import said

#: How pydantic calls the types of a parameter, of which it tells one by one.
_SCALARS = frozenset({"str", "int", "float", "bool"})

log = logging.getLogger(__name__)

_NOT_FOUND = (
    UnknownRun,
    UnknownRunStep,
    UnknownNode,
    UnknownModel,
    UnknownPipeline,
    UnknownStep,
    UnknownBackfill,
)
_INVALID = (PipelineInvalid, RequestInvalid, AmbiguousRun, AmbiguousDigest, AmbiguousBackfill)


def _document(status: int, code: str, message: str, problems: list[str]) -> Response:
    error = {"code": code, "message": message, "hint": None, "problems": problems}
    body = json.dumps({"error": error})  # in ASCII: a message may quote what is not UTF-8
    return Response(body, status, media_type="application/json")


async def _known(_request: Request, error: Exception) -> Response:
    if isinstance(error, _NOT_FOUND):
        return _document(404, "not_found", str(error), [])
    if isinstance(error, FilterInvalid | UnknownWord):
        return _document(400, "invalid", str(error), [])
    if isinstance(error, _INVALID):
        return _document(422, "invalid", str(error), list(getattr(error, "problems", ())))
    if isinstance(error, Conflict):
        return _document(409, "conflict", str(error), [])
    return _document(503, "unavailable", str(error), [])


def read_only() -> Response:
    """Return the answer to who wants to change something over a link that only shows."""
    told = "this link is read-only: it shows everything and changes nothing"
    return _document(403, "read_only", told, [])


def _problem(finding: Mapping[str, Any]) -> str:
    """Return what is wrong with a value, and where; of a choice of types, once for all of them."""
    place, words = [str(part) for part in finding["loc"]], said(finding)
    if place and place[-1] in _SCALARS:
        words = f"expected text, a number, true or false, found {found(finding['input'])}"
        place = place[:-1]
    return ": ".join(filter(None, (".".join(place), words)))


async def _malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    problems = list(dict.fromkeys(_problem(each) for each in error.errors(include_url=False)))
    return _document(422, "invalid", "the request is not understood", problems)


async def _defect(request: Request, error: Exception) -> Response:
    where = {"action": "request_failed", "method": request.method, "path": request.url.path}
    log.error("a request failed", exc_info=error, extra=where)
    told = f"{type(error).__name__}: {error}; this is a defect, the daemon's log has the traceback"
    return _document(500, "internal", told, [])


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = "not_found" if error.status_code == 404 else "invalid"
    return _document(error.status_code, code, str(error.detail), [])


async def _too_large(_request: Request, _error: Exception) -> Response:
    return _document(413, "invalid", "the request's body is larger than 1 MiB", [])


async def _not_json(_request: Request, error: Exception) -> Response:
    return _document(422, "invalid", f"the request's body is not JSON: {error}", [])


#: What each exception becomes.
HANDLERS = {
    DaemonError: _known,
    LineageError: _known,
    UnknownModel: _known,
    ValidationError: _malformed,
    BodyTooLarge: _too_large,
    BodyNotJson: _not_json,
    HTTPException: _http,
    Exception: _defect,
}
