"""The registry."""

from typing import Any, TypedDict


class ModelVersion(TypedDict):
    """One version of a model; ``stage`` is none, staging, canary, production or archived."""

    version: int
    stage: str
    run_id: str | None
    digest: str
    metrics: dict[str, float]
    created_at: str


class Model(TypedDict):
    """A registered model; ``production`` is the version in production, if there is one."""

    name: str
    production: int | None
    versions: list[ModelVersion]


Transition = TypedDict(
    "Transition",
    {
        "version": int,
        "from": str | None,
        "to": str,
        "actor": str,
        "reason": str | None,
        "at": str,
        "evidence": Any,
    },
)
"""One append-only registry record: a version went from one stage to another."""
