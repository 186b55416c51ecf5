"""The terminal UI on a real daemon: its first frame, what it writes, and how fast a key shows."""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.contest import Contest
from benchmarks.daemon import Daemon, serving, write_pipeline
from benchmarks.errors import Unmeasured
from benchmarks.graph import chain
from benchmarks.measure import Figures
from benchmarks.scenario import Context
from benchmarks.table import Table
from benchmarks.terminal import Terminal, terminal

FRAME = "first frame (ms)"
BYTES = "to the terminal (B/s)"
KEY = "key to screen (ms)"
MEMORY = "memory (MB)"
ROUNDS = 5
KEYS = 20
WATCHED_S, QUICK_WATCHED_S = 10.0, 2.0
NOISE_S, QUICK_NOISE_S = 60.0, 2.0

#: Writes so many lines a second, in ten pieces, and reports a metric and its progress as often.
WRITER = """
import sys, time
import trainauto

rate, written, beat = int(sys.argv[1]), 0, 0
while True:
    for _ in range(rate // 10):
        written += 1
        print(f"{written:08} epoch {written // 100} loss {1 / written:.5f}")
    sys.stdout.flush()
    beat += 1
    if beat % 10 == 0:
        trainauto.log_metric("loss", 1 / beat, step=beat)
        trainauto.log_progress(beat // 10, 3600)
    time.sleep(0.1)
"""


def measure(context: Context) -> Table:
    """Open the UI in a pseudo-terminal of 80×24 and watch it."""
    watched_s = WATCHED_S if not context.quick else QUICK_WATCHED_S
    noise_s = NOISE_S if not context.quick else QUICK_NOISE_S
    settings = context.workspace.folder("config")
    folder = context.workspace.folder("screen")
    with serving(context.workspace.folder("h")) as daemon:
        pipeline = write_pipeline(chain(10), folder)
        daemon.client.add_pipeline(str(pipeline))
        run_id = str(daemon.run(pipeline)["run_id"])
        opened = partial(terminal, daemon.home, settings=settings)
        busy = partial(_running, daemon, folder)
        subjects: dict[str, Callable[[], Figures]] = {
            "first frame with data, pipelines": lambda: _first_frame(opened, []),
            "first frame with data, a run": lambda: _first_frame(opened, ["--run", run_id]),
            "at rest, a finished run": lambda: _idle(opened, run_id, watched_s),
            "a run with a step that reports, no log": lambda: _flow(
                opened, busy, 0, watched_s, ["--slow"]
            ),
            "the same with 50 log lines a second, slow link": lambda: _flow(
                opened, busy, 50, watched_s, ["--slow"]
            ),
            "keys while 50,000 lines a second are logged": lambda: _keys(opened, busy, 50_000),
            "after a noisy run": lambda: _memory(opened, busy, noise_s),
        }
        goals = {
            "first frame with data, pipelines": {FRAME: 600.0},
            "first frame with data, a run": {FRAME: 600.0},
            "at rest, a finished run": {BYTES: 0.0},
            "a run with a step that reports, no log": {BYTES: 2_000.0},
            "the same with 50 log lines a second, slow link": {BYTES: 25_000.0},
            "keys while 50,000 lines a second are logged": {KEY: 50.0},
            "after a noisy run": {MEMORY: 150.0},
        }
        notes = {"after a noisy run": f"{noise_s:g} s of 50,000 lines a second; unique pages"}
        contest = Contest(subjects, goals=goals, notes=notes)
        rows = contest.rows(1 if context.quick else ROUNDS, warm_ups=0 if context.quick else 1)
    return Table("The terminal UI at 80×24", (FRAME, BYTES, KEY, MEMORY), rows)


Open = Callable[[list[str]], Any]


def _first_frame(opened: Open, arguments: list[str]) -> Figures:
    with opened(arguments) as ui:
        ui.read_until(lambda: ui.shows("succeeded") or ui.shows("chain"))
        return {FRAME: ui.age_s() * 1000}


def _idle(opened: Open, run_id: str, watched_s: float) -> Figures:
    with opened(["--run", run_id]) as ui:
        ui.read_until(lambda: ui.shows("succeeded"))
        ui.rest(1.5)
        return {BYTES: ui.read_for(watched_s) / watched_s}


@contextmanager
def _running(daemon: Daemon, folder: Path, rate: int) -> Iterator[str]:
    """Run a step that writes so many lines a second; yield the run's id."""
    script, pipeline = folder / "writer.py", folder / f"writer{rate}.yaml"
    script.write_text(WRITER)
    command = f"{sys.executable} writer.py {rate}"
    pipeline.write_text(f"name: writer{rate}\nsteps:\n  - {{id: write, run: '{command}'}}\n")
    body: Any = {"path": str(pipeline), "force_all": True}
    run_id = str(daemon.client.submit(body)["run_id"])
    try:
        _wait(lambda: daemon.client.run(run_id)["status"] == "running")
        yield run_id
    finally:
        daemon.client.cancel(run_id)
        _wait(lambda: daemon.client.run(run_id)["status"] == "cancelled")


def _flow(opened: Open, busy: Any, rate: int, watched_s: float, more: list[str]) -> Figures:
    with busy(rate) as run_id, opened(["--run", run_id, *more]) as ui:
        ui.read_until(lambda: ui.shows("running"))
        ui.read_for(3.0)
        return {BYTES: ui.read_for(watched_s) / watched_s}


def _keys(opened: Open, busy: Any, rate: int) -> Figures:
    """Press keys that move within the log, which stops following, and wait for each to show."""
    with busy(rate) as run_id, opened(["--run", run_id]) as ui:
        ui.read_until(lambda: ui.shows("epoch"))
        ui.press("\tz")  # to the log, which gets the screen
        ui.read_for(1.0)
        ui.press("k")  # away from the end: from here on only keys change the screen
        ui.read_for(0.5)
        waits = [_shown_after(ui, "k") for _ in range(KEYS)]
    return {KEY: statistics.median(waits)}


def _shown_after(ui: Terminal, key: str) -> float:
    ui.read_for(0.2)
    before, began = len(ui.written), time.perf_counter()
    ui.press(key)
    ui.read_until(lambda: len(ui.written) > before, 5.0)
    return (time.perf_counter() - began) * 1000


def _memory(opened: Open, busy: Any, noise_s: float) -> Figures:
    with busy(50_000) as run_id, opened(["--run", run_id]) as ui:
        ui.read_until(lambda: ui.shows("epoch"))
        ui.read_for(noise_s)
        return {MEMORY: ui.process.memory_full_info().uss / 1e6}


def _wait(condition: Callable[[], bool]) -> None:
    end = time.perf_counter() + 30
    while not condition():
        if time.perf_counter() > end:
            raise Unmeasured("a run did not come to what was waited for")
        time.sleep(0.02)
