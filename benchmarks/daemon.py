"""A real daemon in a scratch home, asked through its API as any client would."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from benchmarks.errors import NoAnswer, Unmeasured
from benchmarks.graph import NO_OP, PARALLEL, Graph
from benchmarks.workspace import environment
from trainauto_tui.client import Client, unix
from trainauto_tui.documents import FINAL_RUN_STATUSES
from trainauto_tui.errors import NoDaemon
from trainautod.home import daemon_log, socket_path

ANSWER_S = 30.0  # a home with a long history may take a while
RUN_S = 300.0
POLL_S = 0.002
LOOK_S = 0.1  # between looks at a run that is not to be disturbed by them


class Daemon:
    """One daemon process and the client that asks it.

    Attributes:
        home: its home directory.
        client: speaks with it.
        process: it, as psutil sees it.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.client = Client(unix(socket_path(home)))
        self._said = home.with_name(f"{home.name}.stderr")
        command = [sys.executable, "-m", "trainautod.main", "--home", str(home)]
        with self._said.open("wb") as said:
            self._popen = subprocess.Popen(
                command,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
        self.process = psutil.Process(self._popen.pid)

    def when_accepted(self, ask: Callable[[Client], Any]) -> Any:
        """Return the daemon's first answer to ``ask``, tried until the socket is served.

        Raises:
            NoAnswer: it ended, or did not answer within 30 s.
        """
        deadline = time.monotonic() + ANSWER_S
        while time.monotonic() < deadline and self._popen.poll() is None:
            with suppress(NoDaemon):
                return ask(self.client)
            time.sleep(POLL_S)
        raise NoAnswer(f"the daemon of {self.home} does not answer: {self._last_words()}")

    def run(self, pipeline: Path, **request: Any) -> dict[str, Any]:
        """Run a pipeline file to its end, nearly unwatched, and return its summary.

        Raises:
            Unmeasured: the run did not succeed.
        """
        body: Any = {"path": str(pipeline), **request}
        run_id = self.client.submit(body)["run_id"]
        deadline = time.monotonic() + RUN_S
        while time.monotonic() < deadline:
            time.sleep(LOOK_S)
            found: Any = self.client.runs(limit=1)["runs"][0]
            if found["run_id"] == run_id and found["status"] in FINAL_RUN_STATUSES:
                return _succeeded(found)
        raise Unmeasured(f"run {run_id} did not end within {RUN_S:g} s")

    def follow(self, pipeline: Path, **request: Any) -> None:
        """Run a pipeline file and follow its events until it has succeeded, as a person does.

        Raises:
            Unmeasured: the run did not succeed.
        """
        body: Any = {"path": str(pipeline), **request}
        run_id = self.client.submit(body)["run_id"]
        for event in self.client.events(run_id=run_id):
            status = event["changes"]["run"]
            if status in FINAL_RUN_STATUSES:
                _succeeded({"run_id": run_id, "status": status, "error": event["data"]})
                return

    def processes(self) -> list[psutil.Process]:
        """Return the daemon and all that it started and that still lives."""
        return [self.process, *self.process.children(recursive=True)]

    def bytes_read(self) -> int:
        """Return how many bytes the daemon has asked the system for, cached ones included."""
        return int(self.process.io_counters().read_chars)

    def stop(self) -> None:
        """End the daemon as a service manager would."""
        if self._popen.poll() is None:
            self._popen.terminate()
        self._popen.wait(timeout=ANSWER_S)

    def kill(self) -> None:
        """End the daemon as a power cut would."""
        self._popen.kill()
        self._popen.wait(timeout=ANSWER_S)

    def _last_words(self) -> str:
        log = daemon_log(self.home)
        return self._said.read_text() + (log.read_text() if log.exists() else "")


@contextmanager
def serving(home: Path) -> Iterator[Daemon]:
    """Start the daemon of ``home``, wait until it answers, and stop it in the end."""
    daemon = Daemon(home)
    try:
        daemon.when_accepted(lambda client: client.status())
        yield daemon
    finally:
        daemon.stop()


def write_pipeline(graph: Graph, folder: Path) -> Path:
    """Write the graph as a pipeline file and return its path."""
    path = folder / f"{graph.name}.yaml"
    lines = [f"name: {graph.name}", f"max_parallel: {PARALLEL}", "steps:"]
    for step, needs in graph.needs.items():
        lines.append(f"  - {{id: {step}, run: '{NO_OP}', needs: [{', '.join(needs)}]}}")
    path.write_text("\n".join([*lines, ""]))
    return path


def seconds(run: dict[str, Any]) -> float:
    """Return a run's length as its document tells it."""
    return float(run["duration_s"])


def _succeeded(run: dict[str, Any]) -> dict[str, Any]:
    if run["status"] != "succeeded":
        raise Unmeasured(f"run {run['run_id']} {run['status']}: {run.get('error')}")
    return run
