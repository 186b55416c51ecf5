"""Pages of lists over a store with a long history."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.contest import Contest
from benchmarks.daemon import serving
from benchmarks.measure import Figures, wall_s
from benchmarks.past import PIPELINE_NAMES, RARE_PIPELINE, RARE_STATUS, home_with_runs
from benchmarks.scenario import Context
from benchmarks.table import Table
from trainauto_tui.client import Client

PAGE = "page of 50 (ms)"
COMMON = PIPELINE_NAMES[7]
ROUNDS = 20
GOAL_MS = 20.0
RUNS, QUICK_RUNS = 100_000, 200


def measure(context: Context) -> Table:
    """Ask for pages of runs, from the newest to the rarest, and for what screens show beside."""
    runs = context.size(RUNS, QUICK_RUNS)
    home = home_with_runs(context.workspace.folder("long"), runs)
    folder = context.workspace.folder("files")
    with serving(home) as daemon:
        for name in PIPELINE_NAMES:
            daemon.client.add_pipeline(str(_registered(name, folder)))
        pages = _pages(daemon.client)
        contest = Contest(
            ours={name: partial(_ask, daemon.client, ask) for name, ask in pages.items()},
            goals={name: {PAGE: GOAL_MS} for name in pages},
        )
        rows = contest.rows(context.rounds(ROUNDS), warm_ups=1)
        size = home.joinpath("store.db").stat().st_size / 1e6
    return Table(f"{runs:,} runs in the store ({size:,.0f} MB), asked over the API", (PAGE,), rows)


def _registered(name: str, folder: Path) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(f"name: {name}\nsteps:\n  - {{id: only, run: 'true'}}\n")
    return path


def _ask(client: Client, ask: Callable[[Client], Any]) -> Figures:
    return {PAGE: wall_s(lambda: ask(client)) * 1000}


def _pages(client: Client) -> dict[str, Callable[[Client], Any]]:
    middle = _middle(client)
    last_event = client.status()["last_event"]
    return {
        "runs, newest": lambda c: c.runs(),
        "runs, from the middle": lambda c: c.runs(before=middle),
        "runs of one pipeline": lambda c: c.runs(pipeline=COMMON),
        "runs that failed": lambda c: c.runs(status="failed"),
        "runs of one pipeline that failed": lambda c: c.runs(COMMON, "failed"),
        "runs of a rare pipeline": lambda c: c.runs(pipeline=RARE_PIPELINE),
        "runs with a rare status": lambda c: c.runs(status=RARE_STATUS),
        "runs of an unknown pipeline": lambda c: c.runs(pipeline="nothing"),
        "one run with its steps": lambda c: c.run("latest"),
        "pipelines, each with its last runs": lambda c: c.pipelines(),
        "events, newest 50": lambda c: c.event_page(last_event - 50, 50),
        "status": lambda c: c.status(),
    }


def _middle(client: Client) -> str:
    """Return a run id that half of the runs are older than: ids sort by time."""
    newest = client.runs(limit=1)["runs"][0]["run_id"]
    oldest = client.event_page(0, 1000)["events"]
    first = next(event["run_id"] for event in oldest if event["run_id"] not in {None, newest})
    return str(first)
