"""Errors of the artifact store; each docstring is the default message and says what to do next."""


class ArtifactError(Exception):
    """A file could not be stored or restored; see the daemon's log."""

    def __init__(self, subject: str = "", detail: str = "") -> None:
        text = (self.__doc__ or "") + (f" ({detail})" if detail else "")
        super().__init__(f"{subject}: {text}" if subject else text)
        self.subject = subject
        self.detail = detail


class InvalidDigest(ArtifactError):
    """That is not a digest; an object is named by 64 lower-case hexadecimal characters."""


class FileKeepsChanging(ArtifactError):
    """The file changed each time it was read; let its writer finish, then run again."""


class NotRegularFile(ArtifactError):
    """That is not a regular file, so it has no content to digest; name a file or a folder."""


class NameNotText(ArtifactError):
    """The file's name is not valid UTF-8, so it cannot be recorded; rename the file."""


class ObjectMissing(ArtifactError):
    """The object is not in the store, or was damaged and set aside; run its producer again."""


class PlacementConflict(ArtifactError):
    """Two files claim that place in the sandbox; give one of them another path."""


class OutputMissing(ArtifactError):
    """The declared output was not written; correct `outputs`, or make the command write it."""


class OutputEscapes(ArtifactError):
    """An output must be a file inside the sandbox; write it to a relative path below it."""


class OutputUnreadable(ArtifactError):
    """The output cannot be read; make the command leave its files readable by their owner."""


class InputModified(ArtifactError):
    """An input changed while the step ran, so its result cannot be trusted; run it again."""


class SnapshotUnreadable(ArtifactError):
    """The sandbox's snapshot was written by another version; run the attempt again."""
