"""How long a person waits for the command line."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.contest import Contest
from benchmarks.daemon import serving
from benchmarks.measure import Figures, wall_s
from benchmarks.scenario import Context
from benchmarks.table import Table
from benchmarks.workspace import call, own_command

WALL = "whole process (ms)"
STATUS, HELP, RUNS = "trainauto status", "trainauto --help", "trainauto runs"
LIMIT = "python -c pass"
ROUNDS = 20
GOAL_MS = 120.0


def measure(context: Context) -> Table:
    """Time whole commands against a running daemon, in turns with those of peers."""
    folder = context.workspace.folder("commands")
    with serving(context.workspace.folder("h")) as daemon:
        trainauto = [own_command("trainauto"), "--home", str(daemon.home)]
        contest = Contest(
            ours={
                STATUS: partial(_process, lambda: [*trainauto, "status"], folder),
                RUNS: partial(_process, lambda: [*trainauto, "runs"], folder),
                HELP: partial(_process, lambda: [*trainauto, "--help"], folder),
            },
            limits={LIMIT: partial(_process, lambda: [sys.executable, "-c", "pass"], folder)},
            peers={
                f"{peer.package} --help": partial(_process, peer.help, folder)
                for peer in context.peers()
            },
            goals={STATUS: {WALL: GOAL_MS}},
        )
        rows = contest.rows(context.rounds(ROUNDS), warm_ups=1)
    return Table("Latency of the command line", (WALL,), rows)


def _process(words: Callable[[], list[str]], folder: Path) -> Figures:
    command = words()
    return {WALL: wall_s(lambda: call(command, folder)) * 1000}
