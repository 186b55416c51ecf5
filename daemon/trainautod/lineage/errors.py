"""Errors of the store; each docstring is the default message."""


class LineageError(Exception):
    """The store could not be used; see the daemon's log."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class StoreCorrupt(LineageError):
    """The store is damaged; set it aside and restore a backup. Nothing was overwritten."""


class StoreTooNew(LineageError):
    """The store was written by a newer trainauto; upgrade this one, or use another --home."""


class StoreClosed(LineageError):
    """The store is closed; the daemon is stopping. Try again when it runs."""


class MigrationFailed(LineageError):
    """The store could not be brought to this version's schema; nothing was changed."""


class UnknownRun(LineageError):
    """There is no such run; `trainauto runs` lists them."""


class UnknownRunStep(LineageError):
    """The run has no such step; `trainauto show RUN` lists them."""


class UnknownNode(LineageError):
    """Nothing is recorded under that name; `trainauto lineage latest` begins at the last run."""


class AmbiguousDigest(LineageError):
    """Several files have a digest that begins so; give more characters of it."""


class AmbiguousRun(LineageError):
    """Several runs begin with that id; give more characters of it."""


class UnknownWord(LineageError):
    """Nothing is ever called that; the message lists the words that there are."""


class UnknownBackfill(LineageError):
    """There is no such backfill; `trainauto backfills` lists them."""


class AmbiguousBackfill(LineageError):
    """Several backfills begin with that id; give more characters of it."""
