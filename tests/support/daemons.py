"""A real daemon in a home of its own, started, killed and asked as a user would."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.nursery import Nursery
from tests.support.waiting import wait_until
from trainauto_tui.client import Client, transport
from trainauto_tui.errors import TrainautoError
from trainautod.home import daemon_log, socket_path

ENDED = ("succeeded", "failed", "cancelled", "skipped")


class LiveDaemon:
    """One home; its daemon may be started and killed many times."""

    def __init__(self, home: Path, nursery: Nursery | None = None) -> None:
        """Name a home; with a nursery its daemons are forked from there."""
        self.home = home
        self.client = Client(transport.unix(socket_path(home)))
        self.pid: int | None = None
        self._nursery = nursery
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str] | None = None) -> "LiveDaemon":
        """Start the daemon and wait until it answers."""
        self.launch(environment)
        wait_until(self.answers, f"the daemon to answer\n{self.log()}")
        return self

    def launch(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the daemon's process, which may be armed to die before it answers."""
        if self._nursery is not None:
            self.pid = self._nursery.start(str(self.home), environment or {})
            return
        command = [sys.executable, "-m", "trainautod.main", "--home", str(self.home)]
        inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        self._process = subprocess.Popen(
            command,
            env={**inherited, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pid = self._process.pid

    def is_alive(self) -> bool:
        """Tell whether the process is there and has not ended."""
        assert self.pid is not None
        if self._process is not None:
            return self._process.poll() is None
        state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"

    def answers(self) -> bool:
        """Tell whether the socket is served."""
        assert self.is_alive(), f"the daemon ended\n{self.log()}"
        with suppress(TrainautoError, OSError):
            return bool(self.client.status())
        return False

    def kill(self) -> None:
        """End the daemon as a power cut would: no signal handler runs."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the daemon as systemd would."""
        self._end(signal.SIGTERM)

    def wait_for_death(self) -> int:
        """Wait until the process has ended by itself and return its status."""
        assert self.pid is not None
        if self._process is not None:
            status = self._process.wait(timeout=30)
        else:
            assert self._nursery is not None
            status = self._nursery.wait(self.pid)
        self.pid = self._process = None
        return status

    def log(self) -> str:
        """Return the daemon's own log."""
        path = daemon_log(self.home)
        return path.read_text() if path.exists() else ""

    def submit(self, pipeline: Path, **request: Any) -> str:
        """Submit a run of a pipeline file and return its id."""
        body: Any = {"path": str(pipeline), **request}
        return str(self.client.submit(body)["run_id"])

    def finish(self, run_id: str, patience_s: float = 60.0) -> dict[str, Any]:
        """Wait for a run's end and return its document."""

        def ended() -> dict[str, Any] | None:
            run: Any = self.client.run(run_id)
            return run if run["status"] in ENDED else None

        return wait_until(ended, f"run {run_id} to end\n{self.log()}", patience_s)

    def run(self, pipeline: Path, **request: Any) -> dict[str, Any]:
        """Submit a run and wait for its end."""
        return self.finish(self.submit(pipeline, **request))

    def succeed(self, pipeline: Path) -> str:
        """Run a pipeline that must succeed, and return the run's id."""
        run = self.run(pipeline)
        assert run["status"] == "succeeded", run["error"]
        return str(run["run_id"])

    def wait_for_step(self, run_id: str, step: str, status: str) -> dict[str, Any]:
        """Wait until a step has a status, and return the step."""

        def reached() -> dict[str, Any] | None:
            found = step_of(self.client.run(run_id), step)
            return found if found["status"] == status else None

        return wait_until(reached, f"{step} to be {status}")

    def attempt(self, run_id: str, step: str, number: int = 1) -> Path:
        """Return the directory of an attempt."""
        return self.home / "runs" / run_id / step / str(number)

    def _end(self, signum: int) -> None:
        if self.pid is not None:
            os.kill(self.pid, signum)
            self.wait_for_death()


def step_of(run: Any, step: str) -> dict[str, Any]:
    """Return one step of a run document."""
    found: dict[str, Any] = next(s for s in run["steps"] if s["id"] == step)
    return found


def statuses(run: Any) -> dict[str, str]:
    """Return each step's status, ``reused`` for a cached success."""
    return {s["id"]: "reused" if s["cached"] else s["status"] for s in run["steps"]}
