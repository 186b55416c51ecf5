"""Environment manifests: interpreter, packages, git state; stored once per content."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from trainautod.lineage.queries import sql


def add_manifest(connection: sqlite3.Connection, manifest: Mapping[str, Any]) -> str:
    """Store a manifest and return its digest."""
    text = json.dumps(manifest, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    connection.execute(sql("add_environment"), {"digest": digest, "manifest": text})
    return digest


def read_manifest(connection: sqlite3.Connection, digest: str) -> dict[str, Any] | None:
    """Return a stored manifest, or None when there is no such one."""
    row = connection.execute(sql("environment_manifest"), {"digest": digest}).fetchone()
    return None if row is None else dict(json.loads(row["manifest"]))


def put_environment(
    connection: sqlite3.Connection, run_id: str, manifest: Mapping[str, Any]
) -> None:
    """Record the environment that a run was submitted in."""
    digest = add_manifest(connection, manifest)
    row = {"run_id": run_id, "environment": digest}
    connection.execute(sql("set_run_environment"), row)
