"""``add``, ``remove`` and ``pipelines``: what the daemon watches."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, cast

from trainauto_tui.cli.progress import LOOKS
from trainauto_tui.cli.quantities import moment
from trainauto_tui.cli.requests import whole_path
from trainauto_tui.cli.session import Session
from trainauto_tui.cli.tables import Cell, Column, show
from trainauto_tui.cli.verbs import notify, policies
from trainauto_tui.drawing import causes

if TYPE_CHECKING:
    from trainauto_tui.documents import PipelineDocument, PolicyDocument

COLUMNS = (
    Column("pipeline", flexible=True),
    Column("state"),
    Column("schedule", flexible=True, optional=True),
    Column("next fire"),
    Column("last runs"),
    Column("file", flexible=True, optional=True),
)


def configure_add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``add``."""
    parser.add_argument("file", metavar="FILE", help="file of a pipeline or policy")


def execute_add(arguments: argparse.Namespace, session: Session) -> int:
    """Register a pipeline file."""
    client = session.client()
    pipeline = client.add_pipeline(whole_path(arguments.file, session.far))
    if session.json:
        session.document(pipeline)
        return 0
    if pipeline.get("kind") == "policy":
        return _told_policy(cast("PolicyDocument", pipeline), session)
    session.out.line(f"added {pipeline['name']} from {pipeline['path']}")
    session.out.line(_starts(pipeline))
    targets = [each for each in client.targets() if pipeline["name"] in each["pipelines"]]
    notify.warn(targets, session)
    return 0


def _starts(pipeline: PipelineDocument) -> str:
    """Return when a pipeline starts next, or what it waits for."""
    if pipeline["next_fire"]:
        return f"next fire: {moment(pipeline['next_fire'])}"
    others = "; ".join(causes.others(pipeline))
    return f"it starts {others}" if others else "it has no schedule"


def _told_policy(policy: PolicyDocument, session: Session) -> int:
    session.out.line(f"added {policy['name']} from {policy['path']}")
    for line in policies.told(policy):
        session.out.line(line)
    if meant := policy.get("meant"):
        session.say(f"warning: {policies.mistake(policy['on'], meant)}")
    policies.warn(policy, session)
    return 0


def configure_remove(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``remove``."""
    parser.add_argument("name", metavar="NAME", help="registered pipeline or policy")


def execute_remove(arguments: argparse.Namespace, session: Session) -> int:
    """Forget a pipeline."""
    session.client().remove_pipeline(arguments.name)
    if session.json:
        session.document({"removed": arguments.name})
    else:
        session.out.line(f"removed {arguments.name}; its runs and artifacts stay")
    return 0


def configure_pipelines(parser: argparse.ArgumentParser) -> None:
    """``pipelines`` takes no arguments of its own."""


def execute_pipelines(arguments: argparse.Namespace, session: Session) -> int:
    """List the registered pipelines."""
    found = session.client().pipelines()
    if session.json:
        session.document({"pipelines": found})
        return 0
    if not found:
        session.say("no pipeline is registered; register one with: trainauto add FILE")
        return 0
    show(session.out, COLUMNS, [_row(pipeline) for pipeline in found])
    for pipeline in found:
        for problem in pipeline["problems"]:
            session.say(problem)
    return 0


def _row(pipeline: PipelineDocument) -> list[str | Cell]:
    broken = pipeline["state"] != "ok"
    return [
        pipeline["name"],
        Cell(pipeline["state"], "red" if broken else "green"),
        ", ".join(schedule["cron"] for schedule in pipeline["schedules"]) or "-",
        moment(pipeline["next_fire"]) if pipeline["next_fire"] else causes.awaited(pipeline) or "-",
        "".join(_glyph(run["status"]) for run in reversed(pipeline["last_runs"])) or "-",
        pipeline["path"],
    ]


def _glyph(status: str) -> str:
    return LOOKS[status].glyph if status in LOOKS else "?"
