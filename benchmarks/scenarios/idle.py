"""What a daemon with nothing to do costs."""

import time
from collections.abc import Sequence
from functools import partial

import psutil

from benchmarks.contest import Contest
from benchmarks.daemon import Daemon, serving, write_pipeline
from benchmarks.graph import single
from benchmarks.measure import Figures
from benchmarks.scenario import Context
from benchmarks.table import Table

CPU, MEMORY = "processor (% of a core)", "memory (MB, PSS)"
OURS = "trainautod and its fork server"
SETTLE_S, QUICK_SETTLE_S = 5, 1  # after a start: what it still does at once is not idleness
WATCHED_S, QUICK_WATCHED_S = 20, 2
GOALS = {CPU: 0.3, MEMORY: 90.0}


def measure(context: Context) -> Table:
    """Watch a daemon that has registered a pipeline, run it, and now waits."""
    pipeline = write_pipeline(single(), context.workspace.folder("idle"))
    with serving(context.workspace.folder("h")) as daemon:
        daemon.client.add_pipeline(str(pipeline))
        daemon.run(pipeline)
        time.sleep(context.size(SETTLE_S, QUICK_SETTLE_S))
        watched_s = context.size(WATCHED_S, QUICK_WATCHED_S)
        contest = Contest(
            ours={OURS: partial(_watch, daemon, watched_s)},
            notes={OURS: f"a pipeline registered and run once; watched for {watched_s} s"},
            goals={OURS: GOALS},
        )
        rows = contest.rows(rounds=1)
    return Table("The idle daemon", (CPU, MEMORY), rows)


def _watch(daemon: Daemon, watched_s: float) -> Figures:
    processes = daemon.processes()
    before = _cpu_s(processes)
    time.sleep(watched_s)
    spent = _cpu_s(processes) - before
    return {CPU: spent / watched_s * 100, MEMORY: _memory_bytes(processes) / 1e6}


def _cpu_s(processes: Sequence[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _memory_bytes(processes: Sequence[psutil.Process]) -> int:
    """Return what the processes take; memory that they share with others counts in parts."""
    found = [process.memory_full_info() for process in processes]
    return sum(getattr(info, "pss", info.uss) for info in found)  # only Linux tells the PSS
