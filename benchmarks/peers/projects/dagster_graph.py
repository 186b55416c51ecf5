"""Run ``graph.json`` of the current folder with Dagster: ``dagster_graph.py memory|sqlite``."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster  # type: ignore[import-not-found]

GRAPH = json.loads(Path("graph.json").read_text())
QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}


def step(name: str, waits: bool) -> Any:
    """Return the op of one no-op shell step, which may wait for others."""

    @dagster.op(  # type: ignore[untyped-decorator]
        name=name, ins={"after": dagster.In(dagster.Nothing)} if waits else None
    )
    def run() -> None:
        subprocess.run(["/bin/sh", "-e", "-c", "true"], check=True)

    return run


@dagster.job  # type: ignore[untyped-decorator]
def whole() -> None:
    """Wire every step to those it needs."""
    made: dict[str, Any] = {}
    for name, needs in GRAPH["needs"].items():
        made[name] = step(name, bool(needs))(*([[made[need] for need in needs]] if needs else []))


def instance(storage: str) -> Any:
    """Return where Dagster keeps the events of the run."""
    if storage == "memory":
        return dagster.DagsterInstance.ephemeral()
    home = Path("dagster_home").absolute()
    home.mkdir(exist_ok=True)
    return dagster.DagsterInstance.local_temp(str(home))


if __name__ == "__main__":
    with instance(sys.argv[1]) as kept:
        result = whole.execute_in_process(instance=kept, run_config=QUIET)
    sys.exit(not result.success)
