"""A re-run in which nothing has to run."""

import sys
from functools import partial
from pathlib import Path

from benchmarks import graph
from benchmarks.contest import Contest
from benchmarks.daemon import Daemon, seconds, serving, write_pipeline
from benchmarks.graph import Graph
from benchmarks.measure import Figures, wall_s
from benchmarks.peers import Peer
from benchmarks.scenario import Context
from benchmarks.table import Table
from benchmarks.workspace import Workspace, call, own_command

WALL = "whole re-run (ms)"
IN_DAEMON, COMMAND = "trainauto, in the daemon", "trainauto run, the whole command"
LIMIT = "interpreter start + stat of every step's file"
STAT_ALL = "import os; [entry.stat() for entry in os.scandir('out')]"
NOTES = {
    IN_DAEMON: "every key computed anew, every reuse recorded",
    COMMAND: "interpreter start, request, progress, final report",
}
ROUNDS = 5
GOAL_MS = 60.0
REMARK = "Dagster has no re-run of a job that skips what is done: not measured."


def measure(context: Context) -> Table:
    """Run a chain once in everything that can reuse results, then time it again, in turns."""
    shape = graph.chain(context.size(graph.CHAIN_STEPS, 10))
    space = context.workspace
    peers = [peer for peer in context.peers() if peer.caches]
    with serving(space.folder("h")) as daemon:
        pipeline = write_pipeline(shape, space.folder("reuse"))
        contest = Contest(
            ours={
                IN_DAEMON: partial(_in_daemon, daemon, pipeline),
                COMMAND: partial(_command, daemon, pipeline),
            },
            limits={LIMIT: partial(_stat, _files(shape, space))},
            peers={peer.name: Rerun(peer, shape, space) for peer in peers},
            notes={**NOTES, **{peer.name: peer.note for peer in peers}},
            goals={IN_DAEMON: {WALL: GOAL_MS}},
        )
        rows = contest.rows(context.rounds(ROUNDS), warm_ups=1)
    title = f"Fully cached re-run of a {len(shape)}-step chain"
    return Table(title, (WALL,), rows, (REMARK,) if peers else ())


class Rerun:
    """A peer's whole process over a graph that it has run before."""

    def __init__(self, peer: Peer, shape: Graph, workspace: Workspace) -> None:
        self._peer, self._shape = peer, shape
        self._folder = workspace.folder("peer")
        peer.write(shape, self._folder)

    def __call__(self) -> Figures:
        """Run it once more; the first time, the warm-up, really runs every step."""
        return {WALL: wall_s(lambda: self._peer.run(self._shape, self._folder)) * 1000}


def _in_daemon(daemon: Daemon, pipeline: Path) -> Figures:
    return {WALL: seconds(daemon.run(pipeline)) * 1000}


def _command(daemon: Daemon, pipeline: Path) -> Figures:
    words = [own_command("trainauto"), "--home", str(daemon.home), "run", str(pipeline)]
    return {WALL: wall_s(lambda: call(words, pipeline.parent)) * 1000}


def _files(shape: Graph, workspace: Workspace) -> Path:
    folder = workspace.folder("limit")
    (folder / "out").mkdir()
    for step in shape.needs:
        (folder / "out" / step).touch()
    return folder


def _stat(folder: Path) -> Figures:
    return {WALL: wall_s(lambda: call([sys.executable, "-c", STAT_ALL], folder)) * 1000}
