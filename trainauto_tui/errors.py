"""What can go wrong between a person and the daemon, and the exit code that each carries.

The docstring of an exception is its message when it is raised without one.
"""

INTERRUPTED = 130  # the exit code of 128 + SIGINT, as shells report it


class TrainautoError(Exception):
    """The command failed."""

    exit_code = 1

    def __init__(self, message: str = "", hint: str = "", problems: tuple[str, ...] = ()) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.hint = hint
        self.problems = problems
        super().__init__(self.message)


class Unexpected(TrainautoError):
    """The daemon answered with something this version does not understand; see its log."""


class Invalid(TrainautoError):
    """The file or the request is not valid; the problems listed say where."""

    exit_code = 2


class Usage(Invalid):
    """The command line is not valid; see the verb's --help."""


class NoDaemon(TrainautoError):
    """No daemon answers for this home; start one with: trainauto daemon start."""

    exit_code = 3


class LinkLost(NoDaemon):
    """The daemon closed the connection in the middle of an answer; ask again."""


class Unavailable(NoDaemon):
    """The daemon is there but cannot do this now; ask again in a moment."""


class NotFound(TrainautoError):
    """There is no such thing; list what exists with: trainauto pipelines, trainauto runs."""

    exit_code = 4


class Refused(TrainautoError):
    """The daemon refused: what was asked conflicts with what is going on."""

    exit_code = 5
