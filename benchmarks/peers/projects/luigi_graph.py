"""Run ``graph.json`` of the current folder with Luigi: ``python luigi_graph.py WORKERS``."""

import json
import subprocess
import sys
from pathlib import Path

import luigi  # type: ignore[import-not-found]

GRAPH = json.loads(Path("graph.json").read_text())


class Step(luigi.Task):  # type: ignore[misc]
    """One no-op shell step, which leaves an empty file."""

    name = luigi.Parameter()

    def requires(self) -> list["Step"]:
        """Return the steps that must be done before."""
        return [Step(name=need) for need in GRAPH["needs"][self.name]]

    def output(self) -> object:
        """Return the file that tells that this step is done."""
        return luigi.LocalTarget(f"out/{self.name}")

    def run(self) -> None:
        """Run the step's command."""
        subprocess.run(["/bin/sh", "-e", "-c", f": > out/{self.name}"], check=True)


if __name__ == "__main__":
    done = luigi.build(
        [Step(name=GRAPH["last"])],
        local_scheduler=True,
        workers=int(sys.argv[1]),
        log_level="ERROR",
    )
    sys.exit(not done)
