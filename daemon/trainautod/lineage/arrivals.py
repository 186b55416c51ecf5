"""Arrivals: each file that a pipeline waits for has one run per content, whatever happens."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trainautod.lineage.queries import sql


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file with a content.

    Attributes:
        path: absolute.
        digest: of its bytes, 64 hexadecimal digits.
        size: in bytes.
    """

    path: str
    digest: str
    size: int


def known(connection: sqlite3.Connection, pipeline: str, files: Iterable[Arrival]) -> set[str]:
    """Return the paths of those files that the pipeline has seen with the same content."""
    told = json.dumps([(file.path, file.digest) for file in files])
    rows = connection.execute(sql("known_arrivals"), {"pipeline": pipeline, "files": told})
    return {row["path"] for row in rows}


def claim(
    connection: sqlite3.Connection,
    pipeline: str,
    files: Sequence[Arrival],
    at_ms: int,
    run_id: str,
) -> bool:
    """Claim files for a run, inside the transaction that stores it.

    Returns:
        Whether all of them were new; the transaction must not be kept otherwise.
    """
    told = {"pipeline": pipeline, "at_ms": at_ms, "run_id": run_id}
    rows = [{"path": file.path, "digest": file.digest, "size": file.size, **told} for file in files]
    return connection.executemany(sql("claim_arrival"), rows).rowcount == len(rows)
