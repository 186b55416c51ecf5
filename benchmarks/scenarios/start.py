"""From starting the daemon to the first run that it accepts."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.contest import Contest
from benchmarks.daemon import Daemon, write_pipeline
from benchmarks.graph import single
from benchmarks.measure import Figures, wall_s
from benchmarks.past import clone, home_with_runs
from benchmarks.scenario import Context
from benchmarks.table import Table

ACCEPTED = "start to accepted run (ms)"
ROUNDS = 5
GOAL_MS = 1000.0
RUNS, QUICK_RUNS = 1000, 20


def measure(context: Context) -> Table:
    """Start daemons on homes without and with a history."""
    pipeline = write_pipeline(single(), context.workspace.folder("start"))
    runs = context.size(RUNS, QUICK_RUNS)
    past = home_with_runs(context.workspace.folder("past"), runs)
    empty = partial(context.workspace.folder, "h")
    ours = {
        "trainautod, empty home": partial(_start, lambda: empty() / "home", pipeline),
        f"trainautod, home with {runs:,} runs": partial(
            _start, lambda: clone(past, empty()), pipeline
        ),
    }
    contest = Contest(ours, goals={name: {ACCEPTED: GOAL_MS} for name in ours})
    rows = contest.rows(context.rounds(ROUNDS), warm_ups=1)
    return Table("Start of the daemon", (ACCEPTED,), rows)


def _start(make_home: Callable[[], Path], pipeline: Path) -> Figures:
    home = make_home()
    body: Any = {"path": str(pipeline)}
    started: list[Daemon] = []

    def accept() -> None:
        started.append(Daemon(home))
        started[0].when_accepted(lambda client: client.submit(body))

    try:
        return {ACCEPTED: wall_s(accept) * 1000}
    finally:
        for daemon in started:
            daemon.stop()
