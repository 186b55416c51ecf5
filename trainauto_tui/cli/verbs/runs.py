"""``runs``, ``show``, ``explain`` and ``cancel``: runs as the daemon recorded them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trainauto_tui.cli.progress import LOOKS, elapsed, look_of, run_look, why
from trainauto_tui.cli.quantities import between, digest, duration, metrics, moment, size
from trainauto_tui.cli.session import Session
from trainauto_tui.cli.tables import Cell, Column, show
from trainauto_tui.drawing import causes

if TYPE_CHECKING:
    from trainauto_tui.documents import Run, RunSummary, StepRun

RUN_HELP = "run id, the beginning of one, or latest"
RUN_STATUSES = ("queued", "running", "succeeded", "failed", "cancelled", "skipped")
TRIGGERS = ("manual", "cron", "data", "drift", "policy", "backfill")
RUNS = (
    Column("run"),
    Column("pipeline", flexible=True),
    Column("status"),
    Column("scheduled", optional=True),
    Column("started", optional=True),
    Column("took", right=True),
    Column("trigger", optional=True),
    Column("cause", flexible=True, optional=True),
    Column("error", flexible=True, optional=True),
)
STEPS = (
    Column("step", flexible=True),
    Column("status"),
    Column("took", right=True),
    Column("attempt", right=True, optional=True),
    Column("reason", flexible=True),
    Column("memory", right=True, optional=True),
    Column("metrics", flexible=True, optional=True),
)
OUTPUTS = (
    Column("step", flexible=True, optional=True),
    Column("output", flexible=True),
    Column("digest"),
    Column("size", right=True),
)


def configure_runs(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``runs``."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="only runs of this pipeline")
    parser.add_argument(
        "--status",
        type=_statuses,
        metavar="WORD[,WORD]",
        help=f"only runs in one of these: {', '.join(RUN_STATUSES)}",
    )
    parser.add_argument(
        "--trigger",
        metavar="KIND[,KIND]",
        help=f"only runs started by one of these: {', '.join(TRIGGERS)}",
    )
    parser.add_argument(
        "--since", metavar="TIME", help="only runs submitted then or later: a date, or ISO 8601"
    )
    parser.add_argument(
        "--until", metavar="TIME", help="only runs submitted then or earlier; a date is included"
    )
    parser.add_argument("--limit", type=_positive, default=20, metavar="N", help="at most N runs")
    parser.add_argument("--before", metavar="RUN", help="go on after this run of an earlier list")


def execute_runs(arguments: argparse.Namespace, session: Session) -> int:
    """List runs, newest first."""
    page = session.client().runs(
        pipeline=arguments.name,
        status=arguments.status,
        trigger=arguments.trigger,
        since=arguments.since,
        until=arguments.until,
        limit=arguments.limit,
        before=arguments.before,
    )
    if session.json:
        session.document(page)
        return 0
    if not page["runs"]:
        session.say("no such run yet")
        return 0
    show(session.out, RUNS, [_run_row(run) for run in page["runs"]])
    if page["next"]:
        session.say(f"older runs: --before {page['next']}")
    return 0


def configure_show(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``show``."""
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    parser.add_argument(
        "-f", "--follow", action="store_true", help="follow the run to its end, as run does"
    )


def execute_show(arguments: argparse.Namespace, session: Session) -> int:
    """Show one run; with ``--follow`` 1 when it fails."""
    client = session.client()
    run = client.run(arguments.run)
    if arguments.follow:
        from trainauto_tui.cli.verbs.run import attend

        return attend(client, run, session)
    if session.json:
        session.document(run)
    else:
        _print_run(run, session)
    return 0


def configure_explain(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``explain``."""
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    parser.add_argument("step", metavar="STEP", help="step of that run")


def execute_explain(arguments: argparse.Namespace, session: Session) -> int:
    """Say why a step ran or was reused."""
    explanation = session.client().explain(arguments.run, arguments.step)
    if session.json:
        session.document(explanation)
        return 0
    out = session.out
    status = "reused" if explanation["cached"] else explanation["status"]
    out.line(f"{explanation['step']} of {explanation['run_id']}: {status}")
    instances = explanation.get("instances", ())
    none = "each instance has its own" if instances else "none is known yet"
    out.line(f"reason     {out.clean(explanation['reason'] or none)}")
    compared = explanation["compared_with"]
    if compared:
        out.line(f"compared   with attempt {compared['attempt']} of run {compared['run_id']}")
    for change in explanation["changes"]:
        out.line(f"  - {out.clean(change)}")
    for each in instances:
        word = "reused" if each["cached"] else each["status"]
        out.line(f"  {each['id']}: {word}: {out.clean(each['reason'] or 'none is known yet')}")
    if not instances:
        out.line(f"cache key  {explanation['cache_key'] or '-'}")
    return 0


def configure_cancel(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``cancel``."""
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)


def execute_cancel(arguments: argparse.Namespace, session: Session) -> int:
    """Ask for the end of a run."""
    run = session.client().cancel(arguments.run)
    if session.json:
        session.document(run)
    else:
        ended = run["status"] == "cancelled"
        session.out.line(f"{run['run_id']} {'cancelled' if ended else 'is being cancelled'}")
    return 0


def _run_row(run: RunSummary) -> list[str | Cell]:
    look = run_look(run)
    took = between(run["started_at"], run["ended_at"])
    error = run["error"]
    said = error["message"].splitlines() if error else []
    where = f"{error['step']}: " if error and error["step"] else ""
    return [
        run["run_id"],
        run["pipeline"],
        Cell(f"{look.glyph} {look.word}", look.style),
        moment(run["scheduled_time"]),
        moment(run["started_at"]),
        duration(took),
        causes.kind(run["trigger"]),
        causes.cause(run["trigger"]),
        f"{where}{said[0]}" if said else "",
    ]


def _print_run(run: Run, session: Session) -> None:
    out = session.out
    look = run_look(run)
    took = duration(between(run["started_at"], run["ended_at"]))
    out.line(f"{out.style(f'{look.glyph} {look.word}', look.style)}  {run['pipeline']}")
    facts = {
        "run": run["run_id"],
        "scheduled": moment(run["scheduled_time"]),
        "trigger": causes.kind(run["trigger"]),
        "cause": causes.cause(run["trigger"]),
        "params": metrics(run["params"]),
        "started": moment(run["started_at"]),
        "took": took,
    }
    for name, value in facts.items():
        if value:
            out.line(f"{out.style(f'{name:<9}', 'dim')}  {out.clean(value)}")
    out.line()
    show(out, STEPS, [_step_row(step) for step in run["steps"]])
    outputs = [_output_row(step, at) for step in run["steps"] for at in range(len(step["outputs"]))]
    if outputs:
        out.line()
        show(out, OUTPUTS, outputs)
    if run["error"]:
        where = f" in step {run['error']['step']}" if run["error"]["step"] else ""
        out.line()
        out.line(out.style(f"{LOOKS['failed'].glyph} error{where}", "red"))
        out.line(out.clean(run["error"]["message"]))


def _step_row(step: StepRun) -> list[str | Cell]:
    look = look_of(step)
    return [
        step["id"],
        Cell(f"{look.glyph} {look.word}", look.style),
        elapsed(step),
        str(step["attempt"] or ""),
        why(step),
        size(step.get("peak_memory_bytes")),
        metrics(step["metrics"]),
    ]


def _output_row(step: StepRun, at: int) -> list[str | Cell]:
    output = step["outputs"][at]
    return [step["id"], output["path"], digest(output["digest"]), size(output["size"])]


def _statuses(text: str) -> str:
    unknown = [word for word in text.split(",") if word not in RUN_STATUSES]
    if unknown:
        known = ", ".join(RUN_STATUSES)
        raise argparse.ArgumentTypeError(f"there is no run status {unknown[0]!r}; known: {known}")
    return text


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value
