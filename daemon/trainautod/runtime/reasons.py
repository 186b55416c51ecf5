"""What changed between two cache keys, told down to the package."""

import sqlite3
from dataclasses import replace

from trainautod.lineage.environments import read_manifest
from trainautod.planning.errors import KeyInputsUnreadable
from trainautod.planning.key import KeyInputs, changes

PACKAGES = "packages"  # in ``KeyInputs.environment``: the digest of a stored manifest


def readable_changes(connection: sqlite3.Connection, old: str, new: KeyInputs) -> tuple[str, ...]:
    """Return what differs, most telling first, a line each.

    Args:
        connection: to look up the packages that the keys name by digest only.
        old: stored inputs of an earlier key; of another format, nothing can be told.
        new: the inputs now.
    """
    try:
        before = KeyInputs.from_json(old)
    except KeyInputsUnreadable:
        return ()
    if before.environment.get(PACKAGES) != new.environment.get(PACKAGES):
        before, new = _spelled_out(connection, before), _spelled_out(connection, new)
    return changes(before, new)


def _spelled_out(connection: sqlite3.Connection, inputs: KeyInputs) -> KeyInputs:
    """Return the inputs with each package in place of the digest of all."""
    digest = inputs.environment.get(PACKAGES)
    manifest = read_manifest(connection, digest) if digest is not None else None
    if manifest is None:
        return inputs
    rest = {name: value for name, value in inputs.environment.items() if name != PACKAGES}
    told = {f"package {name}": version for name, version in manifest["packages"].items()}
    return replace(inputs, environment=rest | told)
