"""From data to runs to models and back: what a thing comes from, and what came of it.

A run leads to its steps, a step to the files it made and the versions it registered, a file to
the steps that used it and the versions that hold it; and a result to those that reused it.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from trainautod.lineage.errors import AmbiguousDigest, UnknownNode, UnknownRun
from trainautod.lineage.queries import sql
from trainautod.lineage.results import AttemptRef
from trainautod.lineage.runs import find_run
from trainautod.lineage.times import optional_iso

MOST = 200  # neighbours told on one side, the newest first
_VERSION = re.compile(r"(.+)@v?(\d{1,18})")
_DIGEST = re.compile(r"[0-9a-f]{1,64}")
_METRICS_SHOWN = 3
_KIB = 1024

Row = Mapping[str, Any]
Nodes = Iterator["Node"]


@dataclass(frozen=True, slots=True)
class Node:
    """One thing: a run, a step, an artifact (any file) or a version; ``kind:id`` names it."""

    kind: str
    id: str
    label: str
    detail: str
    at: str | None = None
    status: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the node as plain JSON values."""
        names = ("kind", "id", "label", "detail", "at", "status")
        return {name: getattr(self, name) for name in names}


def lineage_document(connection: sqlite3.Connection, of: str) -> dict[str, Any]:
    """Return a thing with what is one step up and one step down from it.

    Args:
        connection: the store's.
        of: ``run:ID``, ``step:RUN/STEP``, ``artifact:DIGEST`` or ``version:MODEL@N``; or without
            the kind. Runs and digests may be given by a unique beginning, a run as ``latest``.

    Raises:
        UnknownNode: nothing is called that.
        AmbiguousRun: several runs begin so.
        AmbiguousDigest: several files have a digest that begins so.
    """
    node, (up, down) = _find(connection, of)
    above, below = list(islice(up, MOST + 1)), list(islice(down, MOST + 1))
    return {
        "node": node.to_json(),
        "up": [found.to_json() for found in above[:MOST]],
        "down": [found.to_json() for found in below[:MOST]],
        "more": {"up": len(above) > MOST, "down": len(below) > MOST},
    }


Found = tuple[Node, tuple[Nodes, Nodes]]


def _find(connection: sqlite3.Connection, of: str) -> Found:
    kind, colon, name = of.partition(":")
    if colon and kind in _KINDS:
        return _KINDS[kind](connection, name)
    if "/" in of:
        return _step(connection, of)
    if _VERSION.fullmatch(of):
        return _version(connection, of)
    try:
        return _run(connection, of)
    except UnknownNode:
        if not _DIGEST.fullmatch(of):
            raise
    return _artifact(connection, of)


def _run(connection: sqlite3.Connection, name: str) -> Found:
    try:
        run_id = find_run(connection, name)
    except UnknownRun as error:
        raise UnknownNode(str(error)) from error
    key = {"run_id": run_id, "limit": MOST + 1}
    row = connection.execute(sql("run_row"), key).fetchone()

    def up() -> Nodes:
        yield from map(_file_node, connection.execute(sql("inputs_of_run"), key))
        yield from map(_run_node, connection.execute(sql("runs_reused_by_run"), key))

    def down() -> Nodes:
        yield from _steps(connection, connection.execute(sql("steps_shown_of_run"), key))
        yield from map(_run_node, connection.execute(sql("runs_reusing_run"), key))

    return _run_node(row), (up(), down())


def _step(connection: sqlite3.Connection, name: str) -> Found:
    run, _, step = name.partition("/")
    try:
        run_id = find_run(connection, run)
    except UnknownRun as error:
        raise UnknownNode(str(error)) from error
    key = {"run_id": run_id, "step": step, "limit": MOST + 1}
    row = connection.execute(sql("step_with_pipeline"), key).fetchone()
    if row is None:
        raise UnknownNode(f"run {run_id} has no step {step!r}; `trainauto show {run_id}`")
    attempt = AttemptRef(run_id, step, row["attempt"])
    if row["cached"]:
        attempt = AttemptRef(row["source_run"], row["source_step"], row["source_attempt"])
    query = {**attempt.query(), "limit": MOST + 1}

    def up() -> Nodes:
        yield _run_node(connection.execute(sql("run_row"), key).fetchone())
        if row["cached"]:
            yield from _steps(connection, [query])
        else:
            yield from map(_file_node, connection.execute(sql("files_used_by_attempt"), query))

    def down() -> Nodes:
        yield from map(_version_node, connection.execute(sql("versions_made_by_step"), key))
        yield from map(_file_node, connection.execute(sql("files_made_by_attempt"), query))
        yield from _steps(connection, connection.execute(sql("steps_reusing_step"), key))

    return _step_node(row), (up(), down())


def _artifact(connection: sqlite3.Connection, name: str) -> Found:
    digest = _whole_digest(connection, name)
    key = {"digest": digest, "limit": MOST + 1}
    row = connection.execute(sql("file_made"), key).fetchone()
    row = row or connection.execute(sql("file_used"), key).fetchone()

    def up() -> Nodes:
        yield from _steps(connection, connection.execute(sql("steps_that_made_file"), key))

    def down() -> Nodes:
        yield from map(_version_node, connection.execute(sql("versions_with_file"), key))
        yield from _steps(connection, connection.execute(sql("steps_that_used_file"), key))

    return _file_node(row), (up(), down())


def _version(connection: sqlite3.Connection, name: str) -> Found:
    parts = _VERSION.fullmatch(name)
    key = {"model": parts[1], "version": int(parts[2])} if parts else {"model": "", "version": 0}
    row = connection.execute(sql("version_row"), key).fetchone()
    if row is None:
        raise UnknownNode(f"there is no model version {name!r}; `trainauto models` lists them")

    def up() -> Nodes:
        yield from _steps(connection, [row])
        for statement in ("file_made", "file_used"):
            found = connection.execute(sql(statement), {"digest": row["digest"]}).fetchone()
            if found is not None:
                yield _file_node(found)
                return

    return _version_node(row), (up(), iter(()))


_KINDS: Mapping[str, Callable[[sqlite3.Connection, str], Found]] = {
    "run": _run,
    "step": _step,
    "artifact": _artifact,
    "version": _version,
}


def _whole_digest(connection: sqlite3.Connection, name: str) -> str:
    """Return the digest that begins so, of a file that was made or used."""
    if not _DIGEST.fullmatch(name):
        raise UnknownNode(f"{name!r} is not a digest, which is up to 64 digits of 0-9 a-f")
    row = connection.execute(sql("digests_beginning_with"), {"prefix": name}).fetchone()
    found = {digest for digest in row if digest is not None}
    if not found:
        raise UnknownNode(f"no run, and no file that a run made or used, is called {name!r}")
    if len(found) > 1:
        raise AmbiguousDigest(f"several files have a digest that begins with {name!r}")
    return str(found.pop())


def _steps(connection: sqlite3.Connection, rows: Iterable[Row]) -> Nodes:
    """Yield the nodes of steps that are named by rows."""
    for row in rows:
        key = {"run_id": row["run_id"], "step": row["step"]}
        yield _step_node(connection.execute(sql("step_with_pipeline"), key).fetchone())


def _run_node(row: Row) -> Node:
    kind = json.loads(row["trigger"]).get("kind", "")
    detail = f"{kind}, for {row['scheduled_time'][:16].replace('T', ' ')}"
    at = optional_iso(row["started_ms"] or row["submitted_ms"])
    return Node("run", row["run_id"], row["pipeline"], detail, at, row["status"])


def _step_node(row: Row) -> Node:
    reused = f"reused from {row['source_run']}" if row["cached"] else ""
    tried = f"attempt {row['attempt']}" if row["attempt"] else "not started"
    detail = f"{row['pipeline']}, {reused or tried}"
    at = optional_iso(row["started_ms"])
    return Node("step", f"{row['run_id']}/{row['step']}", row["step"], detail, at, row["status"])


def _file_node(row: Row) -> Node:
    size = "" if row["size"] is None else f", {_size(row['size'])}"
    return Node("artifact", row["digest"], row["path"], f"{row['role']}{size}")


def _version_node(row: Row) -> Node:
    name = f"{row['model']}@{row['version']}"
    measured = json.loads(row["metrics"]).items()
    shown = [f"{metric} {_number(value)}" for metric, value in islice(measured, _METRICS_SHOWN)]
    at = optional_iso(row["created_ms"])
    return Node("version", name, name, ", ".join(shown), at, row["stage"])


def _number(value: object) -> str:
    """Return a metric to four significant digits, anything else as it is."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _size(count: float) -> str:
    """Return bytes as ``512 B``, ``1.5 KiB`` or ``2.0 GiB``."""
    if count < _KIB:
        return f"{count} B"
    for unit in ("KiB", "MiB", "GiB"):
        count /= _KIB
        if count < _KIB:
            return f"{count:.1f} {unit}"
    return f"{count / _KIB:.1f} TiB"
