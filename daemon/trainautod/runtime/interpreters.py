"""Which Python a step would run, and what is installed in it."""

import json
import os
import platform
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainautod.runtime.errors import StepRefused

_ASK_S = 20.0
_QUESTION = (
    "import json,platform,site,sys;"
    "print(json.dumps([platform.python_implementation(),platform.python_version(),"
    "[p for p in sys.path if p.endswith('-packages')]]))"
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python with its packages.

    Attributes:
        bin_directory: goes first on the step's PATH.
        python: implementation and version, ``CPython 3.11.7``.
        packages: version by distribution name, lower case.
    """

    bin_directory: str
    python: str
    packages: Mapping[str, str] = field(hash=False)

    def manifest(self) -> dict[str, Any]:
        """Return what is recorded of this environment; where it lies does not matter."""
        told = {"python": self.python, "platform": platform_tag()}
        return {**told, "packages": dict(self.packages)}


def platform_tag() -> str:
    """Return system and machine, ``linux-x86_64``."""
    return f"{sys.platform}-{platform.machine()}"


class Interpreters:
    """Finds interpreters and lists their packages; each is asked once until it changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, float], tuple[str, tuple[str, ...]]] = {}
        self._listed: dict[tuple[tuple[str, float], ...], dict[str, str]] = {}

    def find(self, wanted: str | None, folder: Path) -> Interpreter:
        """Return the interpreter that ``python`` means to a step.

        Args:
            wanted: ``env.python`` of the pipeline: nothing, a version such as ``3.11``, or a path.
            folder: the pipeline's, which a relative path starts from.

        Raises:
            StepRefused: there is no such interpreter, or it does not answer.
        """
        executable = self._executable(wanted, folder)
        with self._lock:
            python, folders = self._ask(executable)
            packages = self._packages(folders)
        if wanted and _is_version(wanted) and not _matches(python, wanted):
            raise StepRefused(
                f"env.python asks for {wanted}, but {executable} is {python}; "
                "give the path of an interpreter instead"
            )
        return Interpreter(str(Path(executable).parent), python, packages)

    def _executable(self, wanted: str | None, folder: Path) -> str:
        """Return an absolute path, its links kept: that of a virtual environment leads out of it.

        A step runs elsewhere than the daemon, so a relative one would mean another Python there.
        """
        own = str(Path(sys.executable).parent / "python")
        own = own if os.path.exists(own) else sys.executable
        if wanted is None or (_is_version(wanted) and _matches(_own_python(), wanted)):
            return own
        name = f"python{wanted}" if _is_version(wanted) else os.path.expanduser(wanted)
        found = shutil.which(folder / name if "/" in name else name)
        if found is None:
            raise StepRefused(f"env.python asks for {wanted}, which is not on this machine")
        return os.path.abspath(found)

    def _ask(self, executable: str) -> tuple[str, tuple[str, ...]]:
        key = (executable, os.stat(executable).st_mtime)
        if key not in self._asked:
            command = [executable, "-c", _QUESTION]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=_ASK_S, check=True
                )
                name, version, folders = json.loads(done.stdout)
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                raise StepRefused(f"{executable} does not answer: {error}") from error
            self._asked[key] = (f"{name} {version}", tuple(folders))
        return self._asked[key]

    def _packages(self, folders: tuple[str, ...]) -> dict[str, str]:
        key = tuple((folder, _mtime(folder)) for folder in folders)
        if key not in self._listed:
            outdated = [k for k in self._listed if [f for f, _ in k] == list(folders)]
            for old in outdated:
                del self._listed[old]
            self._listed[key] = _distributions(folders)
        return self._listed[key]


def _distributions(folders: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for folder in reversed(folders):
        for entry in os.scandir(folder) if os.path.isdir(folder) else ():
            name, dot, kind = entry.name.rpartition(".")
            if dot and kind in ("dist-info", "egg-info"):
                distribution, _, version = name.partition("-")
                found[distribution.lower().replace("_", "-")] = version
    return dict(sorted(found.items()))


def _mtime(folder: str) -> float:
    try:
        return os.stat(folder).st_mtime
    except OSError:
        return 0.0


def _own_python() -> str:
    return f"{platform.python_implementation()} {platform.python_version()}"


def _is_version(wanted: str) -> bool:
    return wanted[0].isdigit() and "/" not in wanted


def _matches(python: str, wanted: str) -> bool:
    version = python.split()[-1]
    return version == wanted or version.startswith(wanted + ".")
