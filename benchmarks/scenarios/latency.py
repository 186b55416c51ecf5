"""From the request to the first instruction of the step's process."""

from functools import partial

from benchmarks.contest import Contest
from benchmarks.daemon import serving
from benchmarks.gate import make_gate, spawn, waited_ms
from benchmarks.scenario import Context
from benchmarks.table import Table

PROCESS = "request to process (ms)"
OURS, LIMIT = "trainauto", "posix_spawn"
ROUNDS = 20


def measure(context: Context) -> Table:
    """Submit runs of one step and notice when its shell writes."""
    folder = context.workspace.folder("latency")
    gate, script = make_gate(folder)
    pipeline = folder / "latency.yaml"
    pipeline.write_text(f"name: latency\nsteps:\n  - {{id: tell, run: '{script}'}}\n")
    with serving(context.workspace.folder("h")) as daemon:
        begin = partial(daemon.run, pipeline, force_all=True)
        contest = Contest(
            ours={OURS: lambda: {PROCESS: waited_ms(gate, begin)}},
            limits={LIMIT: lambda: {PROCESS: waited_ms(gate, partial(spawn, script))}},
            notes={OURS: "plan, commits, sandbox and shim come before the process"},
        )
        rows = contest.rows(context.rounds(ROUNDS), warm_ups=1)
    return Table("From a request to the step's process", (PROCESS,), rows)
