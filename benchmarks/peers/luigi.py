"""Luigi: a task is done when its file is there; nothing else is recorded."""

from pathlib import Path

from benchmarks.graph import PARALLEL, Graph
from benchmarks.peers.peer import Peer, write_graph
from benchmarks.workspace import peer_command

SCRIPT = Path(__file__).parent / "projects" / "luigi_graph.py"


def command(graph: Graph) -> list[str]:
    """Return the command; one worker runs tasks in its own process, several fork for each."""
    workers = PARALLEL if graph.name == "fan" else 1
    return [peer_command("python"), str(SCRIPT), str(workers)]


LUIGI = Peer(
    name="Luigi",
    package="luigi",
    write=write_graph,
    command=command,
    help=lambda: [peer_command("luigi"), "--help"],
    caches=True,
    note="local scheduler, no durable record",
)
