"""Errors of what starts runs; each docstring is the default message."""


class TriggerError(Exception):
    """Nothing can be started by that."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class RangeInvalid(TriggerError):
    """The range of a backfill is not usable."""
