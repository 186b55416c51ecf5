"""The pipeline folder's code as one run sees it: frozen, file by file, at first sight."""

import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from trainautod.artifacts.errors import ArtifactError
from trainautod.artifacts.objects import ObjectStore
from trainautod.planning.code import code_files
from trainautod.runtime.errors import NoRoom, RequestInvalid
from trainautod.runtime.room import is_lacking

PARAMS_VARIABLE = b"TRAINAUTO_PARAMS"
MAX_SOURCE = 8 << 20  # bytes; a larger file that a command names is data, not text to look through


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A file of the pipeline folder; its bytes are the object ``digest``."""

    path: str
    digest: str
    size: int
    executable: bool


class CodeSnapshot:
    """Reads the folder once per file; an edit during the run does not reach the run."""

    def __init__(
        self, folder: Path, objects: ObjectStore, frozen: Mapping[str, str] | None = None
    ) -> None:
        self._folder = folder
        self._objects = objects
        self._lock = threading.RLock()
        self._content: dict[str, bytes | None] = {}
        self._files: dict[str, CodeFile] = {}
        self._by_command: dict[str, tuple[CodeFile, ...]] = {}
        for path, digest in (frozen or {}).items():
            self._thaw(path, digest)

    def used_by(self, command: str) -> tuple[CodeFile, ...]:
        """Return the files that a command runs, reads by name, or imports.

        Raises:
            RequestInvalid: one of them keeps changing while it is read.
            NoRoom: the disk is full.
        """
        with self._lock:
            if command not in self._by_command:
                paths = code_files(command, self.read)
                self._by_command[command] = tuple(self._files[path] for path in paths)
            return self._by_command[command]

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes as this run sees them, b"" for a large one, None for no file."""
        with self._lock:
            if path not in self._content:
                self._content[path] = self._freeze(path)
            return self._content[path]

    def mentions_params(self, files: Iterable[CodeFile]) -> bool:
        """Tell whether any of the files reads ``TRAINAUTO_PARAMS``."""
        return any(PARAMS_VARIABLE in (self._content[file.path] or b"") for file in files)

    def freeze(self, commands: Iterable[str]) -> dict[str, str]:
        """Freeze what these commands use; return digest by path, to be stored with the run."""
        for command in commands:
            self.used_by(command)
        return {path: file.digest for path, file in sorted(self._files.items())}

    def _freeze(self, path: str) -> bytes | None:
        source = self._folder / path
        try:
            if not source.is_file():
                return None
            with source.open("rb"):
                executable = os.access(source, os.X_OK)
        except (OSError, ValueError):
            return None
        try:
            stored = self._objects.put_file(os.path.realpath(source), link=False)
        except OSError as error:  # of the store: it does not make this a missing file
            if is_lacking(error):
                raise NoRoom from error
            raise
        except ArtifactError as error:
            raise RequestInvalid(f"code file {path}: {error}") from error
        return self._keep(path, stored.digest, executable)

    def _thaw(self, path: str, digest: str) -> None:
        """Take a file back from the store after a restart; a lost object is read anew."""
        if self._objects.check(digest):
            executable = os.access(self._folder / path, os.X_OK)
            self._content[path] = self._keep(path, digest, executable)

    def _keep(self, path: str, digest: str, executable: bool) -> bytes:
        stored = self._objects.path(digest)
        size = stored.stat().st_size
        self._files[path] = CodeFile(path, digest, size, executable)
        return stored.read_bytes() if size <= MAX_SOURCE else b""
