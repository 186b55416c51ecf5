"""Errors of the runtime; each docstring is the default message."""

from collections.abc import Sequence


def legible(text: str) -> str:
    """Return a text that can be stored: a file's name that is not UTF-8 shows as ``\\udcff``."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class DaemonError(Exception):
    """The daemon could not do that."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class ConfigInvalid(DaemonError):
    """config.toml is not usable; correct it and start again."""


class HomeUnsafe(DaemonError):
    """The home directory belongs to somebody else, or others may write to it."""


class AlreadyRunning(DaemonError):
    """Another daemon holds this home; `trainauto daemon status` tells which."""


class PipelineInvalid(DaemonError):
    """The pipeline file has errors; `trainauto check FILE` lists them."""

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class UnknownPipeline(DaemonError):
    """There is no such pipeline; `trainauto pipelines` lists them."""


class UnknownStep(DaemonError):
    """The pipeline has no such step."""


class RequestInvalid(DaemonError):
    """The request cannot be carried out as it stands."""


class FilterInvalid(DaemonError):
    """The list cannot be filtered by that."""


class NoRoom(DaemonError):
    """The disk of the home is full; free some space and ask again."""


class Conflict(DaemonError):
    """The run's state does not allow that."""


class StepRefused(Exception):
    """A step cannot be run: a template, an expression, an input or a slot is wrong."""
