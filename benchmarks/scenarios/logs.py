"""A log of a million lines in the terminal UI: opened, jumped through, searched, filtered."""

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from benchmarks.contest import Contest
from benchmarks.daemon import Daemon, serving
from benchmarks.measure import Figures
from benchmarks.scenario import Context
from benchmarks.table import Table
from benchmarks.terminal import Terminal, terminal

OPEN = "to its end on the screen (ms)"
JUMP = "key to screen (ms)"
MEMORY = "memory (MB)"
ROUNDS = 3
JUMPS = 10
LINES, QUICK_LINES = 1_000_000, 20_000
OPEN_GOAL_MS, JUMP_GOAL_MS = 300.0, 10.0
FRAME_MS = 1000 / 60  # the UI draws no more often: a key waits for the next frame

#: Writes so many lines, and in the end one that no other has in it.
WRITER = """
import sys

for number in range(1, int(sys.argv[1])):
    print(f"epoch {number} loss 0.25")
print("finished", flush=True)
"""


Open = Callable[[], AbstractContextManager[Terminal]]


def measure(context: Context) -> Table:
    """Open the step in a pseudo-terminal of 80×24 and go through its log."""
    lines = context.size(LINES, QUICK_LINES)
    settings = context.workspace.folder("config")
    with serving(context.workspace.folder("h")) as daemon:
        run_id = _written(daemon, context.workspace.folder("logs"), lines)
        opened = partial(terminal, daemon.home, ["--run", run_id], settings)
        subjects: dict[str, Callable[[], Figures]] = {
            "opened: selected in a run": lambda: _opened(opened),
            "from end to end (g, G)": lambda: _jumps(opened, lines),
            "search to the other end (/)": lambda: _found(opened, lines),
            "filter of one line in a thousand (&)": lambda: _kept(opened, lines),
        }
        goals: dict[str, dict[str, float]] = {
            "opened: selected in a run": {OPEN: OPEN_GOAL_MS},
            "from end to end (g, G)": {JUMP: round(JUMP_GOAL_MS + FRAME_MS)},
        }
        rows = Contest(subjects, goals=goals).rows(context.rounds(ROUNDS))
    remark = f"A frame lasts {FRAME_MS:.0f} ms: a key is shown with the next one."
    return Table(f"A log of {lines:,} lines at 80×24", (OPEN, JUMP, MEMORY), rows, (remark,))


def _written(daemon: Daemon, folder: Path, lines: int) -> str:
    """Run a step that writes the log, after one that writes nothing; return the run's id."""
    (folder / "writer.py").write_text(WRITER)
    steps = [
        f"  - {{id: write, run: '{sys.executable} writer.py {lines}'}}",
        "  - {id: after, run: 'true', needs: [write]}",
    ]
    pipeline = folder / "logs.yaml"
    pipeline.write_text("\n".join(["name: logs", "steps:", *steps, ""]))
    return str(daemon.run(pipeline)["run_id"])


def _opened(opened: Open) -> Figures:
    """Go from a step that wrote nothing to the one with the log."""
    with opened() as ui:
        ui.read_until(lambda: ui.shows("It wrote nothing."))
        ui.rest()
        return {OPEN: _until(ui, "k", "finished")}


def _in_the_log(ui: Terminal) -> None:
    ui.read_until(lambda: ui.shows("It wrote nothing."))
    ui.press("k")
    ui.read_until(lambda: ui.shows("finished"))
    ui.press("\t")
    ui.rest()


def _jumps(opened: Open, lines: int) -> Figures:
    with opened() as ui:
        _in_the_log(ui)
        waits = []
        for _ in range(JUMPS // 2):
            waits += [_until(ui, "g", "epoch 3 "), _until(ui, "G", f"epoch {lines - 2} ")]
        return {JUMP: statistics.median(waits), MEMORY: ui.process.memory_full_info().uss / 1e6}


def _found(opened: Open, lines: int) -> Figures:
    with opened() as ui:
        _in_the_log(ui)
        _until(ui, "g", "epoch 3 ")
        _type(ui, "/", "finished")
        return {JUMP: _until(ui, "\r", f"epoch {lines - 2} ")}


def _kept(opened: Open, lines: int) -> Figures:
    with opened() as ui:
        _in_the_log(ui)
        _type(ui, "&", "999 ")
        return {JUMP: _until(ui, "\r", f"epoch {lines - 1001} ")}


def _type(ui: Terminal, key: str, text: str) -> None:
    """Press ``key``, which asks for a text, and type that."""
    for typed in (key, text):
        ui.press(typed)
        ui.rest()


def _until(ui: Terminal, key: str, text: str) -> float:
    """Press ``key`` when nothing moves; return the milliseconds until ``text`` is written."""
    ui.rest(0.3)
    before, began = len(ui.written), time.perf_counter()
    ui.press(key)
    ui.read_until(lambda: ui.shows(text, before))
    return (time.perf_counter() - began) * 1000
