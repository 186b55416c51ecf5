"""What can go wrong between the daemon and the processes that run commands."""


class ExecutionError(Exception):
    """Running an attempt failed; see the daemon's log."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class LaunchFailed(ExecutionError):
    """No process could be started for the attempt; free memory or processes and retry the run."""


class ForkServerFailed(LaunchFailed):
    """The fork server does not start; run `trainauto doctor` and see the daemon's log."""


class NotLaunched(ExecutionError):
    """Nothing was ever started in this attempt's directory; launch it first."""


class FormatUnknown(ExecutionError):
    """A file was written by a newer release than this one; upgrade before going on."""
