"""Attempts of real commands in real directories."""

import asyncio
import itertools
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest

from trainautod.execution import leftovers
from trainautod.execution.attempt import AttemptSpec, ExitRecord
from trainautod.execution.local import LocalExecutor
from trainautod.execution.log import LogReader

T = TypeVar("T")

OWNER = """
import asyncio, sys
from pathlib import Path
from trainautod.execution.attempt import AttemptSpec
from trainautod.execution.local import LocalExecutor

async def main():
    executor = LocalExecutor()
    directory = Path(sys.argv[1])
    spec = AttemptSpec.from_json((directory / "handed.json").read_text())
    claim = await executor.launch(directory, spec)
    print(claim.pid, flush=True)
    await executor.wait(directory)

asyncio.run(main())
"""


def until(condition: Callable[[], T], seconds: float = 10.0) -> T:
    """Return the condition's first true value; fail after that many seconds."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            pytest.fail(f"{condition} did not come true in {seconds} s")
        time.sleep(0.01)
    return value


async def until_async(condition: Callable[[], T], seconds: float = 10.0) -> T:
    """The same without stopping the event loop."""
    return await asyncio.to_thread(until, condition, seconds)


class Lab:
    """Makes attempts below one folder and cleans up what they leave running."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tokens: list[str] = []
        self.owners: list[subprocess.Popen[str]] = []
        self._numbers = itertools.count(1)

    def attempt(self, command: str, **changes: Any) -> tuple[Path, AttemptSpec]:
        """Return a new attempt directory and the spec of a shell command in it."""
        directory = self.root / f"attempt{next(self._numbers)}"
        sandbox = directory / "sandbox"
        sandbox.mkdir(parents=True)
        self.tokens.append(secrets.token_hex(8))
        values: dict[str, Any] = {
            "run_id": "run",
            "step": "step",
            "attempt": 1,
            "token": self.tokens[-1],
            "argv": ("/bin/sh", "-e", "-c", command),
            "cwd": str(sandbox),
            "env": {"PATH": "/usr/local/bin:/usr/bin:/bin"},
            "timeout_s": 30.0,
            "grace_s": 5.0,
        }
        return directory, AttemptSpec(**(values | changes))

    def own(self, directory: Path, spec: AttemptSpec, **env: str) -> subprocess.Popen[str]:
        """Launch an attempt from a process of its own, which prints the shim's pid."""
        (directory / "handed.json").write_text(spec.to_json())
        argv = (sys.executable, "-c", OWNER, str(directory))
        environment = os.environ | env
        owner = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment)
        self.owners.append(owner)
        return owner

    def kill_owners(self) -> None:
        """Kill them as a machine short of memory would."""
        for owner in self.owners:
            with owner:
                owner.kill()
        self.owners.clear()

    def do(self, story: Callable[[LocalExecutor], Awaitable[T]]) -> T:
        """Run a coroutine with an executor of its own."""

        async def main() -> T:
            executor = LocalExecutor()
            try:
                async with asyncio.timeout(30):
                    return await story(executor)
            finally:
                await executor.close()

        return asyncio.run(main())

    def run(self, command: str, **changes: Any) -> tuple[ExitRecord, bytes, Path]:
        """Run a command to its end; return the record, the kept log and the directory."""
        directory, spec = self.attempt(command, **changes)

        async def story(executor: LocalExecutor) -> ExitRecord:
            await executor.launch(directory, spec)
            return await executor.wait(directory)

        record = self.do(story)
        return record, read_log(directory), directory


def read_log(directory: Path) -> bytes:
    """Return what is kept of an attempt's log."""
    reader, offset, parts = LogReader(directory / "log"), 0, []
    while (part := reader.read(offset, 1 << 20)).data:
        parts.append(part.data)
        offset = part.end
    return b"".join(parts)


def tagged(token: str) -> list[int]:
    """Return the living processes of an attempt."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if f"TRAINAUTO_ATTEMPT={token}".encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
    return found


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab whose attempts are gone when the test is over."""
    lab = Lab(tmp_path)
    yield lab
    lab.kill_owners()
    for token in lab.tokens:
        leftovers.end(token)
