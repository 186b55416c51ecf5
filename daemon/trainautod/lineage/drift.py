"""Drift files as far as they were judged, and the reports that were read from them."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from trainautod.lineage.events import LARGEST_SEQ
from trainautod.lineage.queries import sql
from trainautod.lineage.times import iso_from_ms


@dataclass(frozen=True, slots=True)
class DriftSource:
    """A drift file as far as it was judged.

    Attributes:
        path: absolute.
        position: how far, in bytes, or rows of a parquet file; 1 for a file that is one report.
        digest: of the content up to there.
        history: reports that end before this position were there before anybody watched, and are
            not told.
        rewritten: how far the file reached when it was written anew: up to there reports that it
            had before are not new.
        last_good: id of its newest valid report.
        good_ms: when that was read, Unix milliseconds.
        reason: what is wrong with the newest of its lines.
        trouble: what is wrong with the file as it is, or with what follows the last whole line.
        told: names the content that was last told of as unknown.
        at_ms: when it was judged, Unix milliseconds.
    """

    path: str
    position: int = 0
    digest: str | None = None
    history: int = 0
    rewritten: int = 0
    last_good: int | None = None
    good_ms: int | None = None
    reason: str | None = None
    trouble: str | None = None
    told: str | None = None
    at_ms: int = 0


def source(connection: sqlite3.Connection, path: str) -> DriftSource | None:
    """Return a drift file; None when it was never judged."""
    row = connection.execute(sql("drift_source"), {"path": path}).fetchone()
    return None if row is None else _source(row)


def sources(connection: sqlite3.Connection, paths: Iterable[str]) -> dict[str, DriftSource]:
    """Return the drift files at these paths that were judged, by path."""
    query = {"paths": json.dumps(sorted(paths))}
    return {row["path"]: _source(row) for row in connection.execute(sql("drift_sources_at"), query)}


def put(connection: sqlite3.Connection, judged: DriftSource) -> None:
    """Record how far a drift file is judged, in the transaction of its reports."""
    connection.execute(sql("put_drift_source"), asdict(judged))


def good_times(connection: sqlite3.Connection) -> dict[str, int]:
    """Return when the newest valid report of each file was read, Unix milliseconds."""
    return {row["path"]: row["good_ms"] for row in connection.execute(sql("drift_good_times"))}


def recorded(
    connection: sqlite3.Connection, path: str, digests: Iterable[str]
) -> dict[str, list[int]]:
    """Return the ids of the reports of a file by digest, oldest first."""
    found: dict[str, list[int]] = {}
    query = {"path": path, "digests": json.dumps(sorted(digests))}
    for row in connection.execute(sql("drift_reports_of_content"), query):
        found.setdefault(row["digest"], []).append(row["id"])
    return found


def add_report(
    connection: sqlite3.Connection,
    *,
    path: str,
    position: int,
    digest: str,
    score: float,
    features: Mapping[str, float],
    values: Mapping[str, Any],
    at_ms: int,
) -> int:
    """Record a valid report and return its id.

    Args:
        connection: inside a transaction.
        path: of its file.
        position: its number among the lines or rows of the file, from 1.
        digest: of its line, row or file.
        score: the overall score.
        features: the score of each feature.
        values: what else it tells.
        at_ms: when it was read, Unix milliseconds.
    """
    row = {"path": path, "position": position, "digest": digest, "score": score, "at_ms": at_ms}
    told = {"features": _text(features), "document": _text(values)}
    added = connection.execute(sql("add_drift_report"), {**row, **told}).lastrowid
    assert added is not None  # an insert has a row
    return added


def reports(connection: sqlite3.Connection, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the documents of reports by id."""
    query = {"ids": json.dumps(sorted(ids))}
    rows = connection.execute(sql("drift_reports_numbered"), query)
    return {row["id"]: _document(row) for row in rows}


def report_page(
    connection: sqlite3.Connection, path: str | None, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """Return the documents of up to ``limit`` reports with smaller ids, newest first."""
    query = {"path": path, "before": before or LARGEST_SEQ, "limit": limit}
    of_all, of_one = sql("drift_reports_before"), sql("drift_reports_of_before")
    rows = connection.execute(of_all if path is None else of_one, query)
    return [_document(row) for row in rows]


def _source(row: sqlite3.Row) -> DriftSource:
    return DriftSource(**{field.name: row[field.name] for field in fields(DriftSource)})


def _document(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "path": row["path"],
        "at": iso_from_ms(row["at_ms"]),
        "drift_score": row["score"],
        "features": json.loads(row["features"]),
    }


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"), allow_nan=False)
