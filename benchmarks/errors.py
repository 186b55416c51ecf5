"""What can keep a figure from being measured."""


class BenchmarkError(Exception):
    """The benchmark cannot go on."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class Unmeasured(BenchmarkError):
    """One subject could not be measured; the others still are."""


class NotInstalled(Unmeasured):
    """not installed"""


class NoAnswer(BenchmarkError):
    """The daemon did not answer in time; see what it said last."""
