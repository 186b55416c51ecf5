"""Errors of the registry; each docstring is the default message."""


class RegistryError(Exception):
    """The registry refused."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class UnknownModel(RegistryError):
    """There is no such model; `trainauto models` lists them."""


class RegistrationRefused(RegistryError):
    """A step asked for a registration that is not possible."""
