"""The OpenAPI 3.1 document, made from the endpoints themselves."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

import trainautod
from trainautod.api.routing import Endpoint, NoBody

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "hint": {"type": ["string", "null"]},
                "problems": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["code", "message"],
        }
    },
}


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Return the API's description: every path, its parameters, body and answers."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = _PARAMETER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint)
    info = {"title": "trainauto", "version": trainautod.__version__}
    return {"openapi": "3.1.0", "info": info, "paths": paths}


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(endpoint.path)
    ]
    failed = {"description": "what went wrong", "content": _json(_ERROR)}
    found: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": endpoint.handler.__name__,
        "parameters": in_path + _query(endpoint.query),
        "responses": {str(endpoint.status): {"description": "done"}, "default": failed},
    }
    if endpoint.body is not NoBody:
        schema = endpoint.body.model_json_schema()
        found["requestBody"] = {"required": True, "content": _json(schema)}
    return found


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    needed = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": field}
        for name, field in schema.get("properties", {}).items()
    ]


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
