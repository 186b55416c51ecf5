"""``policies``: what starts pipelines by events, and how far each is."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trainauto_tui.cli.quantities import duration, moment
from trainauto_tui.cli.session import Session
from trainauto_tui.cli.tables import Cell, Column, show

if TYPE_CHECKING:
    from trainauto_tui.documents import PolicyDocument

COLUMNS = (
    Column("policy", flexible=True),
    Column("state"),
    Column("on", optional=True),
    Column("if", flexible=True),
    Column("runs", flexible=True),
    Column("last", flexible=True),
    Column("last fired", optional=True),
    Column("file", flexible=True, optional=True),
)


def configure_policies(parser: argparse.ArgumentParser) -> None:
    """``policies`` takes no arguments of its own."""


def execute_policies(arguments: argparse.Namespace, session: Session) -> int:
    """List the policies, those of pipelines too."""
    found = session.client().policies()
    if session.json:
        session.document({"policies": found})
        return 0
    if not found:
        session.say("no policy is registered; register one with: trainauto add FILE")
        return 0
    show(session.out, COLUMNS, [_row(policy) for policy in found])
    for policy in found:
        for problem in policy["problems"]:
            session.say(problem)
        warn(policy, session)
        verdict = policy["last_verdict"] or ""
        if verdict.startswith("failed: ") and policy["target"] != "missing":
            session.say(f"{policy['name']} {verdict}")
    return 0


def told(policy: PolicyDocument) -> list[str]:
    """Return what a policy that was just registered waits for, and what it does then."""
    lines = [f"on {policy['on']}, if {policy['if']}, then run pipeline {policy['pipeline']}"]
    kept = []
    if policy["for"] > 1:
        kept.append(f"after {policy['for']} in a row")
    if policy["clear_below"] is not None:
        kept.append(f"again only once it was below {policy['clear_below']:g}")
    if policy["cooldown_s"]:
        kept.append(f"at most once in {duration(policy['cooldown_s'])}")
    lines += [", ".join(kept)] if kept else []
    if policy.get("by_signal"):  # an older daemon does not say
        return [*lines, f"it waits for: trainauto signal {policy['on']} NAME=VALUE …"]
    watched = ", ".join(policy["watch"])
    return [*lines, f"from now on it watches {watched}" if watched else "it works from now on"]


def mistake(on: str, meant: str) -> str:
    """Return what is said of an event whose name is nearly that of another."""
    return f"only a signal is called {on}; did you mean {meant}?"


def warn(policy: PolicyDocument, session: Session) -> None:
    """Say when a policy has nothing sound to run."""
    name, target = policy["pipeline"], policy.get("target")
    if target == "missing" and name:
        session.say(
            f"warning: {policy['name']} runs {name}, which is not registered yet; "
            "register it with: trainauto add FILE"
        )
    elif target == "broken":
        session.say(f"warning: {policy['name']} runs {name}, whose file has problems")
    if policy.get("misfit"):  # an older daemon does not say
        session.say(f"warning: the params that {policy['name']} has for {name}: {policy['misfit']}")


def _row(policy: PolicyDocument) -> list[str | Cell]:
    return [
        policy["name"],
        _state(policy),
        policy["on"] or "-",
        policy["if"] or "-",
        policy["pipeline"] or "-",
        policy["last_verdict"] or "-",
        moment(policy["fired_at"]),
        policy["path"],
    ]


def _state(policy: PolicyDocument) -> Cell:
    if policy["state"] != "ok":
        return Cell(policy["state"], "red")
    if not policy["armed"]:
        return Cell("disarmed", "yellow")
    return Cell("cooldown", "yellow") if policy["cooldown_until"] else Cell("armed", "green")
