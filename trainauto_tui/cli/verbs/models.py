"""``models`` and ``transitions``: the registry."""

from __future__ import annotations

import argparse

from trainauto_tui.cli.quantities import digest, metrics, moment
from trainauto_tui.cli.session import Session
from trainauto_tui.cli.tables import Cell, Column, Row, show

MODELS = (
    Column("model", flexible=True),
    Column("version", right=True),
    Column("stage"),
    Column("metrics", flexible=True),
    Column("run", optional=True),
    Column("digest", optional=True),
    Column("created", optional=True),
)
TRANSITIONS = (
    Column("version", right=True),
    Column("from"),
    Column("to"),
    Column("by", flexible=True),
    Column("reason", flexible=True),
    Column("at", optional=True),
)
STAGE_STYLES = {"production": "green", "canary": "yellow", "staging": "cyan", "archived": "dim"}


def configure_models(parser: argparse.ArgumentParser) -> None:
    """``models`` takes no arguments of its own."""


def execute_models(arguments: argparse.Namespace, session: Session) -> int:
    """List models and their versions, newest version first."""
    models = session.client().models()
    if session.json:
        session.document(models)
        return 0
    if not models:
        session.say("no model is registered yet; a step does so with trainauto.register_model")
        return 0
    rows: list[Row] = [
        [
            model["name"],
            str(version["version"]),
            Cell(version["stage"], STAGE_STYLES.get(version["stage"], "")),
            metrics(version["metrics"]),
            version["run_id"] or "",
            digest(version["digest"]),
            moment(version["created_at"]),
        ]
        for model in models
        for version in sorted(model["versions"], key=lambda entry: -entry["version"])
    ]
    show(session.out, MODELS, rows)
    return 0


def configure_transitions(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``transitions``."""
    parser.add_argument("model", metavar="MODEL", help="registered model")


def execute_transitions(arguments: argparse.Namespace, session: Session) -> int:
    """Show the history of a model's stages."""
    transitions = session.client().transitions(arguments.model)
    if session.json:
        session.document(transitions)
        return 0
    rows: list[Row] = [
        [
            str(entry["version"]),
            entry["from"] or "-",
            Cell(entry["to"], STAGE_STYLES.get(entry["to"], "")),
            entry["actor"],
            entry["reason"] or "",
            moment(entry["at"]),
        ]
        for entry in transitions
    ]
    show(session.out, TRANSITIONS, rows)
    return 0
