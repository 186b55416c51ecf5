"""``plan``: what a run would do, without running anything."""

from __future__ import annotations

import argparse
from collections import Counter

from trainauto_tui.cli import requests
from trainauto_tui.cli.session import Session
from trainauto_tui.cli.tables import Cell, Column, Row, show

COLUMNS = (Column("step", flexible=True), Column("verdict"), Column("reason", flexible=True))
VERDICTS = {
    "run": Cell("would run", "cyan"),
    "reuse": Cell("would reuse", "green"),
    "unknown": Cell("cannot know yet", "yellow"),
    "skip": Cell("would skip", "dim"),
    "refuse": Cell("would be refused", "red"),
}


def configure_plan(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``plan``."""
    requests.configure(parser)


def execute_plan(arguments: argparse.Namespace, session: Session) -> int:
    """Print a verdict and its reason for every step."""
    plan = session.client().plan(requests.request_of(arguments, session.far))
    if session.json:
        session.document(plan)
        return 0
    verdicts = [VERDICTS.get(step["verdict"], Cell(step["verdict"])) for step in plan["steps"]]
    rows: list[Row] = [
        [step["id"], verdict, step["reason"] or ""]
        for step, verdict in zip(plan["steps"], verdicts, strict=True)
    ]
    show(session.out, COLUMNS, rows)
    counts = Counter(verdict.text for verdict in verdicts)
    parts = ", ".join(f"{count} {text}" for text, count in counts.items())
    session.out.line(f"{plan['pipeline']} for {plan['scheduled_time'] or 'now'}: {parts}")
    return 0
