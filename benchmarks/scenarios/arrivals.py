"""From a file that is closed in a watched folder to the first instruction of the step's process.

The limit is the least that a program with watchfiles can do: a step of 1 ms, which costs 3 % of a
core while nothing happens, and a plain spawn.
"""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from watchfiles import watch

from benchmarks.contest import Contest
from benchmarks.daemon import Daemon, serving
from benchmarks.errors import Unmeasured
from benchmarks.gate import make_gate, spawn, waited_ms
from benchmarks.measure import Figures
from benchmarks.scenario import Context
from benchmarks.table import Row, Table
from trainauto_tui.documents import FINAL_RUN_STATUSES

LATENCY = "file closed to process (ms)"
OURS, LIMIT = "trainauto, settle 0", "watchfiles, step 1 ms, and posix_spawn"
GOAL_MS = 20.0
ROUNDS = 60
QUIET_S = 0.2  # before each file: whoever waits for it has nothing else to do
END_S = 30.0


def measure(context: Context) -> Table:
    """Drop small files, one by one, and notice when the shell that one starts writes."""
    folder = context.workspace.folder("drop")
    with _daemon_of(context, folder) as ours, _plain(context.workspace.folder("plain")) as limit:
        contest = Contest(
            ours={OURS: ours},
            limits={LIMIT: limit},
            notes={OURS: "digest, plan, commits, sandbox and shim come before the process"},
            goals={OURS: {LATENCY: GOAL_MS}},
        )
        rows = contest.rows(context.rounds(ROUNDS), warm_ups=2)
    return Table("From a file to the step's process", (LATENCY,), rows, _remarks(rows))


@contextmanager
def _daemon_of(context: Context, folder: Path) -> "Iterator[Dropping]":
    gate, script = make_gate(folder)
    (folder / "in").mkdir()
    (folder / "drop.yaml").write_text(
        "name: drop\non: {data: {path: in/*.csv, settle: 0}}\n"
        f"steps:\n  - {{id: tell, cache: false, run: '{script}'}}\n"
    )
    with serving(context.workspace.folder("h")) as daemon:
        daemon.client.add_pipeline(str(folder / "drop.yaml"))
        yield Dropping(folder / "in", gate, daemon)


class Dropping:
    """Drops files into a folder, and measures how long it takes until something came of one."""

    def __init__(self, folder: Path, gate: Path, daemon: Daemon | None = None) -> None:
        self._folder = folder
        self._gate = gate
        self._daemon = daemon
        self._numbers = count(1)

    def __call__(self) -> Figures:
        """Drop one more file."""
        time.sleep(QUIET_S)
        number = next(self._numbers)
        path = self._folder / f"{number}.csv"
        waited = waited_ms(self._gate, lambda: path.write_text(f"a,b\n{number},1\n"))
        if self._daemon is not None:
            _wait_for_end(self._daemon, number)
        return {LATENCY: waited}


def _wait_for_end(daemon: Daemon, number: int) -> None:
    deadline = time.monotonic() + END_S
    while time.monotonic() < deadline:
        runs = daemon.client.runs(limit=number)["runs"]
        if len(runs) == number and all(run["status"] in FINAL_RUN_STATUSES for run in runs):
            return
        time.sleep(QUIET_S / 10)
    raise Unmeasured(f"{number} files did not make {number} ended runs within {END_S:g} s")


@contextmanager
def _plain(folder: Path) -> Iterator[Dropping]:
    """Spawn a command for each file that watchfiles tells of."""
    gate, script = make_gate(folder)
    (folder / "in").mkdir()
    stop = threading.Event()

    def follow() -> None:
        for _ in watch(folder / "in", step=1, debounce=2, stop_event=stop):
            spawn(script)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield Dropping(folder / "in", gate)
    finally:
        stop.set()
        thread.join()


def _remarks(rows: list[Row]) -> list[str]:
    """Tell the slowest twentieth, which a median hides."""
    told = []
    for row in rows:
        samples = row.measures[LATENCY].samples if LATENCY in row.measures else ()
        if len(samples) > 1:
            p95 = statistics.quantiles(samples, n=20, method="inclusive")[-1]
            told.append(f"{row.subject}: {p95:.1f} ms")
    return [f"95th percentile: {'; '.join(told)}."] if told else []
