"""GNU make: no record of what ran but the time stamps of files."""

from pathlib import Path

from benchmarks.graph import PARALLEL, Graph
from benchmarks.peers.peer import Peer
from benchmarks.workspace import peer_command

RULE = "out/{step}: {needs}\n\t@: > $@\n"


def write(graph: Graph, folder: Path) -> None:
    """Write a Makefile whose first rule is the graph's last step."""
    (folder / "out").mkdir()
    steps = reversed(list(graph.needs))
    rules = (_rule(step, graph.needs[step]) for step in steps)
    (folder / "Makefile").write_text(".SHELLFLAGS = -e -c\n" + "".join(rules))


def _rule(step: str, needs: tuple[str, ...]) -> str:
    return RULE.format(step=step, needs=" ".join(f"out/{need}" for need in needs))


MAKE = Peer(
    name="make",
    package="make",
    write=write,
    command=lambda graph: [peer_command("make"), "-r", "-R", "-s", f"-j{PARALLEL}"],
    help=lambda: [peer_command("make"), "--help"],
    caches=True,
    note="no durable record, no log per step",
)
