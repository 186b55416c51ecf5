"""From the request to the first instruction of the step's process.

The step writes into a named pipe and the reader at its other end wakes at that moment, so that no
process has to ask a clock.
"""

import os
import select
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.contest import Contest
from benchmarks.daemon import serving
from benchmarks.errors import Unmeasured
from benchmarks.measure import Figures
from benchmarks.scenario import Context
from benchmarks.table import Table

PROCESS = "request to process (ms)"
OURS, LIMIT = "trainauto", "posix_spawn"
ROUNDS = 20
WAIT_S = 10.0


def measure(context: Context) -> Table:
    """Submit runs of one step and notice when its shell writes."""
    folder = context.workspace.folder("latency")
    gate = folder / "gate"
    os.mkfifo(gate)
    script = f"echo > {gate}"
    pipeline = folder / "latency.yaml"
    pipeline.write_text(f"name: latency\nsteps:\n  - {{id: tell, run: '{script}'}}\n")
    with serving(context.workspace.folder("h")) as daemon:
        ours = partial(_waited, gate, lambda: daemon.run(pipeline, force_all=True))
        contest = Contest(
            ours={OURS: ours},
            limits={LIMIT: partial(_waited, gate, lambda: _spawn(script))},
            notes={OURS: "plan, commits, sandbox and shim come before the process"},
        )
        rows = contest.rows(context.rounds(ROUNDS), warm_ups=1)
    return Table("From a request to the step's process", (PROCESS,), rows)


def _waited(gate: Path, begin: Callable[[], object]) -> Figures:
    """Return how long it takes from ``begin`` until something is written into the gate."""
    reader = os.open(gate, os.O_RDONLY | os.O_NONBLOCK)
    try:
        written = select.poll()
        written.register(reader, select.POLLIN)
        starter = threading.Thread(target=begin)
        began = time.perf_counter()
        starter.start()
        told = written.poll(WAIT_S * 1000)
        waited_s = time.perf_counter() - began
        starter.join()
    finally:
        os.close(reader)
    if not told:
        raise Unmeasured(f"no process within {WAIT_S:g} s")
    return {PROCESS: waited_s * 1000}


def _spawn(script: str) -> None:
    words = ("/bin/sh", "-e", "-c", script)
    os.waitpid(os.posix_spawn(words[0], words, os.environ), 0)
