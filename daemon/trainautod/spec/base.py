"""What every model of the format is: frozen, closed, and addressed by the file's keys."""

from pydantic import BaseModel, ConfigDict

from trainautod.spec.errors import ValueRefused


class SpecModel(BaseModel):
    """Base of every model."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        defer_build=True,  # a third of the import time, which a light command need not pay
    )


def inert(key: str) -> ValueRefused:
    """The refusal of a setting that is valid and would have no effect."""
    return ValueRefused(
        f"'{key}' is part of the format, but this version does not act on it",
        "remove it, so that nobody relies on it",
    )
