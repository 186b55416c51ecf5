"""A home with a long history, made from one real run."""

import random
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from benchmarks.daemon import serving
from trainautod.runtime.ids import RunIds

EVERY_MS = 3_600_000  # one run per hour
FAILED_ONE_IN = 50
RARE_STATUS, RARE_PIPELINE, RARE_ONE_IN = "cancelled", "yearly", 9_000
PIPELINE_NAMES = (*(f"pipeline-{number:02}" for number in range(20)), RARE_PIPELINE)
SEED = 20130710
#: What belongs to one run; a copied run refers to the same objects as the one it was copied from.
OF_A_RUN = ("runs", "steps", "attempts", "events", "artifacts", "uses", "metrics", "params")

TEMPLATE = """\
name: template
steps:
  - {id: extract, run: 'echo 1 > data.txt', outputs: data.txt}
  - id: train
    needs: [extract]
    run: |
      echo '{"type": "metric", "name": "roc_auc", "value": 0.9}' >> "$TRAINAUTO_RECORDS"
      echo 2 > model.txt
"""


class Copy(NamedTuple):
    """One run to be made: the columns in which it differs from the template."""

    run_id: str
    pipeline: str
    status: str
    at_ms: int


def home_with_runs(folder: Path, runs: int) -> Path:
    """Return a home, below ``folder``, whose store holds ``runs`` runs; no daemon serves it yet."""
    home = folder / "home"
    pipeline = folder / "template.yaml"
    pipeline.write_text(TEMPLATE)
    with serving(home) as daemon:
        template = str(daemon.run(pipeline)["run_id"])
    with closing(sqlite3.connect(home / "store.db", isolation_level=None)) as connection:
        _multiply(connection, template, runs - 1)
    return home


def clone(home: Path, folder: Path) -> Path:
    """Return a copy of a home that no daemon serves."""
    return Path(shutil.copytree(home, folder / "home", symlinks=True))


def _multiply(connection: sqlite3.Connection, template: str, runs: int) -> None:
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("CREATE TEMP TABLE copies (run_id TEXT, pipeline TEXT, status TEXT, at_ms)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO copies VALUES (?, ?, ?, ?)", _copies(runs))
    for table in OF_A_RUN:
        connection.execute(*_copying(connection, table, template))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copies(runs: int) -> Iterator[Copy]:
    chance = random.Random(SEED)
    ids = RunIds()
    first_ms = time.time_ns() // 1_000_000 - (runs + 1) * EVERY_MS
    for number in range(runs):
        at_ms = first_ms + number * EVERY_MS
        rare = number % RARE_ONE_IN == 0
        status = "failed" if chance.randrange(FAILED_ONE_IN) == 0 else "succeeded"
        pipeline = chance.choice(PIPELINE_NAMES[:-1])
        yield Copy(
            run_id=ids.make(at_ms),
            pipeline=RARE_PIPELINE if rare else pipeline,
            status=RARE_STATUS if rare else status,
            at_ms=at_ms,
        )


def _copying(
    connection: sqlite3.Connection, table: str, template: str
) -> tuple[str, Mapping[str, str]]:
    """Return the statement that copies a table's rows of the template run to every new run."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    copied = [column for column in columns if column != "seq"]  # events are numbered anew
    replaced = {"run_id": "c.run_id", "pipeline": "c.pipeline"}
    if table == "runs":
        replaced |= {"status": "c.status", "submitted_ms": "c.at_ms", "started_ms": "c.at_ms"}
        replaced |= {"ended_ms": "c.at_ms + 1000"}
    values = ", ".join(replaced.get(column, f"t.{column}") for column in copied)
    statement = (
        f"INSERT INTO {table} ({', '.join(copied)}) SELECT {values} FROM temp.copies c "
        f"JOIN {table} t ON t.run_id = :template ORDER BY c.run_id"
    )
    return statement, {"template": template}
