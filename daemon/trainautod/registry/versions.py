"""Versions of models: registered once per content, never overwritten."""

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainautod.lineage.projection import Artifact
from trainautod.lineage.queries import sql
from trainautod.lineage.results import AttemptRef
from trainautod.lineage.times import iso_from_ms
from trainautod.registry.errors import RegistrationRefused, UnknownModel
from trainautod.registry.stages import REGISTRABLE

MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class Registration:
    """A step's wish to register a file as a version of a model."""

    path: str
    digest: str
    name: str
    stage: str
    metrics: Mapping[str, Any]

    @classmethod
    def from_record(
        cls, record: Mapping[str, Any], visible: Mapping[str, Artifact]
    ) -> "Registration":
        """Check a ``register_model`` record against the files the step can see.

        Args:
            record: as the SDK wrote it.
            visible: the step's own outputs and those of the steps it needs, by path.

        Raises:
            RegistrationRefused: the name, stage or path is not possible.
        """
        name, path = record.get("name"), record.get("path")
        stage = record.get("stage") or "none"
        if not isinstance(name, str) or not MODEL_NAME.fullmatch(name):
            raise RegistrationRefused(
                f"register_model: {name!r} is not a model name ({MODEL_NAME.pattern})"
            )
        if stage not in REGISTRABLE:
            allowed = ", ".join(REGISTRABLE)
            raise RegistrationRefused(
                f"register_model {name}: a step may register at stage {allowed}, not {stage!r}; "
                "later stages are reached from there, never by a step"
            )
        if not isinstance(path, str) or path.removeprefix("./") not in visible:
            raise RegistrationRefused(
                f"register_model {name}: {path!r} is neither an output of this step "
                "nor of a step it needs"
            )
        metrics = record.get("metrics") or {}
        if not isinstance(metrics, dict):
            raise RegistrationRefused(f"register_model {name}: metrics must be a mapping")
        kept = path.removeprefix("./")
        return cls(kept, visible[kept].digest, name, stage, metrics)

    def to_json(self) -> dict[str, Any]:
        """Return the registration as plain JSON values."""
        told = {"path": self.path, "digest": self.digest, "name": self.name}
        return {**told, "stage": self.stage, "metrics": dict(self.metrics)}


def register(
    connection: sqlite3.Connection, wish: Mapping[str, Any], source: AttemptRef, at_ms: int
) -> int | None:
    """Make a new version, unless the model already has one with the same content.

    Args:
        connection: inside the transaction that records the step's success.
        wish: a registration as ``Registration.to_json`` gives it.
        source: the attempt that asked.
        at_ms: Unix milliseconds.

    Returns:
        The new version's number, or None when this content is registered already.
    """
    row = {"model": wish["name"], "digest": wish["digest"], "at_ms": at_ms}
    if connection.execute(sql("version_of_digest"), row).fetchone() is not None:
        return None
    connection.execute(sql("add_model"), row)
    version: int = connection.execute(sql("next_version"), row).fetchone()[0]
    row |= {"version": version, "path": wish["path"], "metrics": json.dumps(wish["metrics"])}
    connection.execute(sql("add_version"), {**row, **source.query()})
    if wish["stage"] != "none":
        evidence = {"run_id": source.run_id, "step": source.step, "metrics": wish["metrics"]}
        told = {"reason": f"registered by step {source.step}", "evidence": json.dumps(evidence)}
        move = {"from_stage": "none", "to_stage": wish["stage"], "actor": f"run {source.run_id}"}
        connection.execute(sql("add_transition"), {**row, **move, **told})
        connection.execute(sql("set_stage"), {**row, "stage": wish["stage"]})
    return version


def models_document(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return every model with its versions, oldest version first."""
    models: dict[str, dict[str, Any]] = {}
    for row in connection.execute(sql("all_versions")):
        model = models.setdefault(
            row["model"], {"name": row["model"], "production": None, "versions": []}
        )
        if row["stage"] == "production":
            model["production"] = row["version"]
        model["versions"].append(_version(row))
    return list(models.values())


def transitions(connection: sqlite3.Connection, model: str) -> Sequence[dict[str, Any]]:
    """Return a model's transitions, oldest first.

    Raises:
        UnknownModel: nothing was ever registered under this name.
    """
    if connection.execute(sql("model_row"), {"model": model}).fetchone() is None:
        raise UnknownModel(f"there is no model {model!r}; `trainauto models` lists them")
    return [
        {
            "version": row["version"],
            "from": row["from_stage"],
            "to": row["to_stage"],
            "actor": row["actor"],
            "reason": row["reason"],
            "at": iso_from_ms(row["at_ms"]),
            "evidence": json.loads(row["evidence"]),
        }
        for row in connection.execute(sql("transitions_of"), {"model": model})
    ]


def _version(row: sqlite3.Row) -> dict[str, Any]:
    kept = ("version", "stage", "run_id", "digest", "path")
    return {
        **{name: row[name] for name in kept},
        "metrics": json.loads(row["metrics"]),
        "created_at": iso_from_ms(row["created_ms"]),
    }
