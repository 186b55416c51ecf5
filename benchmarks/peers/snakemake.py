"""Snakemake: a record of every job in ``.snakemake``."""

from pathlib import Path

from benchmarks.graph import PARALLEL, Graph
from benchmarks.peers.peer import GRAPH_FILE, Peer, write_graph
from benchmarks.workspace import peer_command

# One rule with a wildcard is read faster than a rule per step; its shell is the one that the
# other subjects use, instead of bash.
SNAKEFILE = f"""\
import json

with open({GRAPH_FILE!r}) as file:
    GRAPH = json.load(file)
shell.executable("/bin/sh")

rule all:
    input: f"out/{{GRAPH['last']}}"

rule step:
    input: lambda wildcards: [f"out/{{need}}" for need in GRAPH["needs"][wildcards.name]]
    output: "out/{{name}}"
    shell: ": > {{output}}"
"""


def write(graph: Graph, folder: Path) -> None:
    """Write a Snakefile and the graph that it reads."""
    write_graph(graph, folder)
    (folder / "Snakefile").write_text(SNAKEFILE)


def command(graph: Graph) -> list[str]:
    """Return the command; the greedy scheduler does without solving a linear program."""
    options = ["--cores", str(PARALLEL), "--scheduler", "greedy", "--quiet", "all", "--nocolor"]
    return [peer_command("snakemake"), *options]


SNAKEMAKE = Peer(
    name="Snakemake",
    package="snakemake",
    write=write,
    command=command,
    help=lambda: [peer_command("snakemake"), "--help"],
    caches=True,
    note="greedy scheduler",
)
