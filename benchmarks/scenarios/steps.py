"""Overhead per no-op step."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from benchmarks import graph
from benchmarks.contest import Contest
from benchmarks.daemon import Daemon, seconds, serving, write_pipeline
from benchmarks.graph import Graph
from benchmarks.measure import Figures, wall_s
from benchmarks.peers import Peer
from benchmarks.scenario import Context
from benchmarks.spawning import LIMITS, Record, run_all
from benchmarks.table import Table
from benchmarks.workspace import Workspace

CHAIN, FAN, START_UP = "chain (ms/step)", "fan-out (ms/step)", "start-up (ms)"
IN_DAEMON, FOLLOWED = "trainauto, in the daemon", "trainauto, followed by a client"
NOTES = {
    IN_DAEMON: "sandbox, shim, log, durable record; the daemon is running already",
    FOLLOWED: "the request, and every event as it happens, included",
}
ROUNDS = 5
GOAL_MS = 5.0
REMARK = (
    "A peer's start-up is its whole process over a graph of one step; it is taken off before "
    "the rest is divided by the steps. Two steps at once, but for Dagster."
)

Shapes = Mapping[str, Graph]
Timed = Callable[[Graph], float]


def measure(context: Context) -> Table:
    """Run a chain and a fan-out of no-op steps through everything, in turns."""
    shapes = {
        CHAIN: graph.chain(context.size(graph.CHAIN_STEPS, 10)),
        FAN: graph.fan_out(context.size(graph.FAN_WIDTH, 20)),
    }
    space = context.workspace
    with serving(space.folder("h")) as daemon:
        folder = space.folder("steps")
        pipelines = {shape.name: write_pipeline(shape, folder) for shape in shapes.values()}
        contest = Contest(
            ours={
                IN_DAEMON: partial(_per_step, partial(_in_daemon, daemon, pipelines), shapes),
                FOLLOWED: partial(_per_step, partial(_followed, daemon, pipelines), shapes),
            },
            limits={
                name: partial(_per_step, partial(_loop, make, space), shapes)
                for name, make in LIMITS.items()
            },
            peers={peer.name: partial(_started, peer, space, shapes) for peer in context.peers()},
            notes={**NOTES, **{peer.name: peer.note for peer in context.peers()}},
            goals={IN_DAEMON: {CHAIN: GOAL_MS, FAN: GOAL_MS}},
        )
        rows = contest.rows(context.rounds(ROUNDS))
    chain, fan = (len(shape) for shape in shapes.values())
    title = f"Overhead per no-op step: {chain}-step chain, {fan}-step fan-out"
    return Table(title, (CHAIN, FAN, START_UP), rows, (REMARK,))


def _per_step(timed: Timed, shapes: Shapes) -> Figures:
    return {column: timed(shape) * 1000 / len(shape) for column, shape in shapes.items()}


def _in_daemon(daemon: Daemon, pipelines: Mapping[str, Path], shape: Graph) -> float:
    return seconds(daemon.run(pipelines[shape.name], force_all=True))


def _followed(daemon: Daemon, pipelines: Mapping[str, Path], shape: Graph) -> float:
    return wall_s(lambda: daemon.follow(pipelines[shape.name], force_all=True))


def _loop(make: Callable[[Path], Record], workspace: Workspace, shape: Graph) -> float:
    record = make(workspace.folder("limit"))
    try:
        return wall_s(lambda: run_all(shape, record))
    finally:
        record.close()


def _started(peer: Peer, workspace: Workspace, shapes: Shapes) -> Figures:
    start_s = _whole_process(peer, workspace, graph.single())
    figures = {START_UP: start_s * 1000}
    for column, shape in shapes.items():
        steps_s = _whole_process(peer, workspace, shape) - start_s
        figures[column] = steps_s * 1000 / (len(shape) - 1)
    return figures


def _whole_process(peer: Peer, workspace: Workspace, shape: Graph) -> float:
    folder = workspace.folder("peer")
    peer.write(shape, folder)
    return wall_s(lambda: peer.run(shape, folder))
