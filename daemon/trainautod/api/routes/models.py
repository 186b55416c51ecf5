"""GET /models, GET /models/{name}/transitions."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter

from trainautod.api.daemon import TheDaemon
from trainautod.registry import models_document, transitions

router = APIRouter()


@router.get("/models")
async def list_models(daemon: TheDaemon) -> list[dict[str, Any]]:
    """List models with their versions."""
    return await daemon.store.read(models_document)


@router.get("/models/{name}/transitions")
async def list_transitions(name: str, daemon: TheDaemon) -> Sequence[dict[str, Any]]:
    """List a model's transitions, oldest first."""
    return await daemon.store.read(lambda c: transitions(c, name))
