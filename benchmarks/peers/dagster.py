"""Dagster, executing a job inside one process: its fastest executor by far."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.graph import Graph
from benchmarks.peers.peer import Peer, write_graph
from benchmarks.workspace import peer_command

SCRIPT = Path(__file__).parent / "projects" / "dagster_graph.py"


def _peer(name: str, storage: str, note: str) -> Peer:
    return Peer(
        name=name,
        package="dagster",
        write=write_graph,
        command=_command(storage),
        help=lambda: [peer_command("dagster"), "--help"],
        caches=False,
        note=note,
        settings={"DAGSTER_DISABLE_TELEMETRY": "yes"},
    )


def _command(storage: str) -> Callable[[Graph], list[str]]:
    return lambda graph: [peer_command("python"), str(SCRIPT), storage]


DAGSTER_IN_MEMORY = _peer("Dagster, events in memory", "memory", "in process, one step at a time")
DAGSTER_RECORDED = _peer("Dagster, events in SQLite", "sqlite", "in process, one step at a time")
