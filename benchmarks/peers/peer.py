"""What the scenarios ask of a peer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.graph import Graph
from benchmarks.workspace import PEERS_VENV, call, peer_command

GRAPH_FILE = "graph.json"


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool that runs graphs of shell steps.

    Attributes:
        name: as its figures are labelled.
        package: its distribution, for its version.
        write: puts the tool's own form of a graph into an empty folder.
        command: the words that run the graph in that folder; raises NotInstalled.
        help: the words of its lightest useful command line; raises NotInstalled.
        caches: whether a second run skips what is done.
        note: what a reader must know to compare.
        settings: environment of its commands.
    """

    name: str
    package: str
    write: Callable[[Graph, Path], None]
    command: Callable[[Graph], list[str]]
    help: Callable[[], list[str]]
    caches: bool
    note: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def run(self, graph: Graph, folder: Path) -> None:
        """Run the graph that was written to ``folder``; raises Unmeasured."""
        home = {"HOME": str(folder.parent)}  # nothing of this user's settings, no trace in them
        call(self.command(graph), folder, {**home, **self.settings})

    def version(self) -> str:
        """Return the installed version."""
        if self.package == "make":
            return call([peer_command("make"), "--version"], Path()).split()[2]
        found = PEERS_VENV.glob(f"lib/python3*/site-packages/{self.package}-*.dist-info")
        versions = [path.stem.removeprefix(f"{self.package}-") for path in found]
        return versions[0] if versions else "not installed"


def write_graph(graph: Graph, folder: Path) -> None:
    """Write the graph as JSON, and the folder for what the steps make."""
    document = {"needs": graph.needs, "last": graph.last}
    (folder / GRAPH_FILE).write_text(json.dumps(document))
    (folder / "out").mkdir()
