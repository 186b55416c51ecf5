"""The flights line run by hand: each step in a sandbox of its own, as the daemon would run it."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FLIGHTS = ROOT / "sample_pipelines" / "flights"
HELLO = ROOT / "sample_pipelines" / "hello"
SDK = ROOT / "daemon" / "sdk"

DAY = "2013-07-10"
COMMANDS = {
    "fetch": f"python fetch.py --since 2013-07-03 --until {DAY}",
    "features": "python features.py data/raw.parquet data/features.parquet",
    "train": "python train.py --data data/features.parquet --seed 42",
    "evaluate": "python eval.py --metrics metrics.json --threshold 0.82",
    "register": "python register.py --model models/model.pkl --stage staging",
}
CODE = {  # what each script may import: an edit of train.py must not reach eval.py
    "fetch.py": ("flights.py", "schemas.py"),
    "features.py": ("flights.py", "schemas.py"),
    "train.py": ("flights.py",),
    "eval.py": ("flights.py",),
    "register.py": (),
}


@dataclass(frozen=True, slots=True)
class Ended:
    """What a step left: its sandbox, exit code, log and records."""

    sandbox: Path
    code: int
    log: str
    errors: str
    records: tuple[dict[str, Any], ...]

    def json(self, name: str) -> dict[str, Any]:
        """Return a JSON file of the sandbox."""
        value: dict[str, Any] = json.loads((self.sandbox / name).read_text("utf-8"))
        return value

    @property
    def last_error(self) -> str:
        """The last line on stderr."""
        return self.errors.splitlines()[-1]

    def metrics(self) -> dict[str, float]:
        """Return the final metrics that were recorded."""
        metrics = [record for record in self.records if record["type"] == "metric"]
        return {record["name"]: record["value"] for record in metrics if "step" not in record}


def prepare(attempt: Path, upstream: Iterable[Path]) -> Path:
    """Make an attempt's sandbox with copies of the files that earlier sandboxes hold."""
    sandbox = attempt / "sandbox"
    sandbox.mkdir(parents=True)
    for earlier in upstream:
        shutil.copytree(
            earlier, sandbox, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "*cache*")
        )
    return sandbox


def run(
    attempt: Path,
    command: str,
    upstream: Iterable[Path] = (),
    environment: Mapping[str, str] | None = None,
    *flags: str,
) -> Ended:
    """Run a step's command in a process of its own; any Python warning is an error."""
    sandbox = prepare(attempt, upstream)
    _, script, *rest = shlex.split(command)
    for name in (script, *CODE[script]):
        shutil.copy(FLIGHTS / name, sandbox)
    done = subprocess.run(
        [sys.executable, "-W", "error", *flags, script, *rest],
        cwd=sandbox,
        env={**variables(attempt), **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Ended(sandbox, done.returncode, done.stdout, done.stderr, recorded(attempt))


def variables(attempt: Path) -> dict[str, str]:
    """Return the environment of a step."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SDK),
        "OMP_NUM_THREADS": "1",
        "TRAINAUTO_RECORDS": str(attempt / "records.jsonl"),
        "TRAINAUTO_STOP": str(attempt / "stop"),
    }


def recorded(attempt: Path) -> tuple[dict[str, Any], ...]:
    """Return the records of an attempt."""
    path = attempt / "records.jsonl"
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    return tuple(json.loads(line) for line in lines)
