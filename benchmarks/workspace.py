"""Scratch space and the environment of everything that is measured."""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.errors import NotInstalled, Unmeasured

REPOSITORY = Path(__file__).resolve().parent.parent
PEERS_VENV = REPOSITORY / ".bench-venv"
COMMAND_TIMEOUT_S = 600.0
SHOWN = 300  # characters of what a failed command said last


class Workspace:
    """A directory of numbered folders; nothing in it outlives the benchmark."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._numbers = itertools.count(1)

    def folder(self, name: str) -> Path:
        """Return a new, empty folder; short, because a socket's address must fit in it."""
        path = self.root / f"{name}{next(self._numbers)}"
        path.mkdir()
        return path


@contextmanager
def workspace() -> Iterator[Workspace]:
    """Make scratch space in the temporary directory (``TMPDIR``) and delete it afterwards."""
    root = Path(tempfile.mkdtemp(prefix="ta-bench-"))
    try:
        yield Workspace(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def environment() -> dict[str, str]:
    """Return the environment for children: bytecode is cached, as it is for a user."""
    dropped = ("PYTHONDONTWRITEBYTECODE", "TRAINAUTO_HOME")
    return {name: value for name, value in os.environ.items() if name not in dropped}


def own_command(name: str) -> str:
    """Return one of our commands, as installed next to this interpreter."""
    return str(Path(sys.executable).parent / name)


def peer_command(name: str) -> str:
    """Return a peer's command.

    Raises:
        NotInstalled: neither the peers' environment nor, for tools that are not Python packages,
            the machine has it.
    """
    installed = PEERS_VENV / "bin" / name
    found = str(installed) if installed.exists() else None
    if name == "make":
        found = shutil.which(name)
    if found is None:
        raise NotInstalled
    return found


def call(command: Sequence[str], folder: Path, extra: dict[str, str] | None = None) -> str:
    """Run a command to its end and return what it printed.

    Raises:
        Unmeasured: it failed, or took longer than 10 minutes.
    """
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**environment(), **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unmeasured(f"took longer than {COMMAND_TIMEOUT_S:g} s") from error
    if done.returncode != 0:
        raise Unmeasured(f"failed with {done.returncode}: {done.stdout[-SHOWN:].strip()}")
    return done.stdout
