"""GET /models, GET /models/{name}/transitions."""

from collections.abc import Sequence
from typing import Any

from trainautod.api.routing import Call, Endpoint, NoBody, NoQuery
from trainautod.registry import models_document, transitions
from trainautod.runtime.daemon import Daemon


async def list_models(daemon: Daemon, _call: Call[NoQuery, NoBody]) -> list[dict[str, Any]]:
    """List models with their versions."""
    return await daemon.store.read(models_document)


async def list_transitions(daemon: Daemon, call: Call[NoQuery, NoBody]) -> Sequence[dict[str, Any]]:
    """List a model's transitions, oldest first."""
    return await daemon.store.read(lambda c: transitions(c, call.path["name"]))


ENDPOINTS = (
    Endpoint("GET", "/models", list_models),
    Endpoint("GET", "/models/{name}/transitions", list_transitions),
)
