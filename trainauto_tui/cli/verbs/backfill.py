"""``backfill`` and ``backfills``: run the slots of a range, and see, stop or resume that."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trainauto_tui.cli.progress import LOOKS, Look
from trainauto_tui.cli.quantities import moment
from trainauto_tui.cli.requests import is_file, params_of
from trainauto_tui.cli.session import Session
from trainauto_tui.cli.slot_progress import follow, parts, plural, summary
from trainauto_tui.cli.tables import Cell, Column, Row, show
from trainauto_tui.drawing.values import pairs
from trainauto_tui.errors import INTERRUPTED, Usage

if TYPE_CHECKING:
    from trainauto_tui.documents import Backfill, BackfillRequest, BackfillSlot, BackfillSummary

FAILED = 1
ID_HELP = "backfill id, the beginning of one, or latest"
WOULD = {"waiting": Cell("would run", "cyan"), "skipped": Cell("skipped", "dim")}
STYLES = {"running": "cyan", "stopped": "yellow", "ended": ""}
PLAN = (Column("slot"), Column("verdict"), Column("reason", flexible=True))
SLOTS = (
    Column("slot"),
    Column("status"),
    Column("run"),
    Column("reason", flexible=True),
)
BACKFILLS = (
    Column("backfill"),
    Column("pipeline", flexible=True),
    Column("state"),
    Column("slots", flexible=True),
    Column("since", optional=True),
    Column("until", optional=True),
    Column("reason", flexible=True, optional=True),
)


def configure_backfill(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``backfill``."""
    parser.add_argument("name", metavar="NAME", help="a registered pipeline")
    told = "a date in the pipeline's zone, or ISO 8601"
    parser.add_argument("--since", metavar="TIME", required=True, help=f"first slot: {told}")
    parser.add_argument(
        "--until", metavar="TIME", required=True, help="last slot; a date is meant to its end"
    )
    _add_which(parser)
    parser.add_argument(
        "--parallel", type=int, default=1, metavar="N", help="at most N runs at once (1)"
    )
    parser.add_argument(
        "--order", choices=("oldest", "newest"), default="oldest", help="which come first (oldest)"
    )
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="K=V",
        help="set a parameter for these runs; may be repeated",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be run, and change nothing"
    )
    parser.add_argument(
        "--detach", action="store_true", help="print the backfill's id and do not follow it"
    )


def _add_which(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    told = (
        ("missing", "slots that have no run (the default)"),
        ("failed", "slots whose last run failed or was cancelled"),
        ("all", "every slot, whatever its last run is"),
    )
    for which, text in told:
        group.add_argument(f"--{which}", dest="which", action="store_const", const=which, help=text)
    parser.set_defaults(which="missing")


def execute_backfill(arguments: argparse.Namespace, session: Session) -> int:
    """Run the slots of a range; 1 when one of them failed."""
    request = _request(arguments, session)
    client = session.client()
    backfill = client.start_backfill(request)
    for warning in backfill["warnings"]:
        session.say(f"warning: {warning}")
    if arguments.dry_run:
        return _print_plan(backfill, session)
    if arguments.detach:
        return _detached(backfill, session)
    return _attend(backfill, session)


def _request(arguments: argparse.Namespace, session: Session) -> BackfillRequest:
    """Return what is asked for.

    Raises:
        Usage: it names a file, or a parameter without a value.
    """
    if is_file(arguments.name, session.far):
        raise Usage(
            f"{arguments.name} is a file: a backfill is of a registered pipeline",
            hint=f"register it: {session.line('add', arguments.name)}",
        )
    return {
        "pipeline": arguments.name,
        "since": arguments.since,
        "until": arguments.until,
        "parallel": arguments.parallel,
        "order": arguments.order,
        "which": arguments.which,
        "params": params_of(arguments),
        "dry_run": arguments.dry_run,
    }


def _print_plan(plan: Backfill, session: Session) -> int:
    if session.json:
        session.document(plan)
        return 0
    rows: list[Row] = [
        [moment(s["slot"]), WOULD[s["state"]], s["reason"] or ""] for s in plan["slots"]
    ]
    show(session.out, PLAN, rows)
    counts = plan["counts"]
    told = f"{counts['waiting']} would run, {counts['skipped']} skipped"
    session.out.line(f"{plan['pipeline']}: {plural(len(plan['slots']), 'slot')}: {told}")
    return 0


def _detached(backfill: Backfill, session: Session) -> int:
    if session.json:
        session.document(backfill)
        return 0
    session.out.line(f"{backfill['backfill']} {backfill['state']} ({parts(backfill['counts'])})")
    session.say(f"follow it: {_line(session, backfill, '--show', '--follow')}")
    return 0


def _attend(backfill: Backfill, session: Session) -> int:
    """Follow a backfill to its end; 1 when a slot failed, or it was stopped."""
    try:
        backfill = follow(session, backfill)
    except KeyboardInterrupt:
        session.say(f"\nbackfill {backfill['backfill']} goes on in the daemon")
        session.say(f"follow it again: {_line(session, backfill, '--show', '--follow')}")
        session.say(f"stop it:         {_line(session, backfill, '--stop')}")
        return INTERRUPTED
    if session.json:
        session.document(backfill)
    return _verdict(backfill, session)


def _verdict(backfill: Backfill, session: Session) -> int:
    """Say what is left to do, if anything is, and return the exit code for it."""
    if backfill["state"] == "stopped":
        _say_stopped(backfill, session)
        return FAILED
    if not backfill["counts"]["failed"]:
        return 0
    words = ("--since", backfill["since"], "--until", backfill["until"], "--failed")
    again = session.line("backfill", backfill["pipeline"], *words)
    session.say(f"{plural(backfill['counts']['failed'], 'slot')} failed; once that is put right:")
    session.say(f"  {again}")
    return FAILED


def configure_backfills(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``backfills``."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="only backfills of this pipeline")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="at most N (20)")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--show", metavar="ID", help=f"show one, slot by slot: {ID_HELP}")
    group.add_argument("--stop", metavar="ID", help="start no more of its runs; live ones go on")
    group.add_argument("--resume", metavar="ID", help="let a stopped one go on")
    parser.add_argument(
        "--cancel-running", action="store_true", help="with --stop: cancel its live runs too"
    )
    parser.add_argument(
        "-f", "--follow", action="store_true", help="with --show or --resume: follow it to its end"
    )


def execute_backfills(arguments: argparse.Namespace, session: Session) -> int:
    """List backfills; or show, stop or resume one."""
    if arguments.cancel_running and not arguments.stop:
        raise Usage("--cancel-running belongs to --stop ID")
    if arguments.follow and not (arguments.show or arguments.resume):
        raise Usage("--follow belongs to --show ID or --resume ID")
    if arguments.stop:
        return _stop(arguments, session)
    if arguments.resume:
        return _resume(arguments, session)
    if arguments.show:
        return _show(arguments, session)
    return _list(arguments, session)


def _stop(arguments: argparse.Namespace, session: Session) -> int:
    found = session.client().stop_backfill(arguments.stop, arguments.cancel_running)
    if session.json:
        session.document(found)
        return 0
    session.out.line(f"{found['backfill']} {found['state']} ({parts(found['counts'])})")
    if found["state"] == "stopped":
        _say_stopped(found, session, cancelled=arguments.cancel_running)
    else:
        session.say("no slot waits any more: it ends by itself with its last runs")
    return 0


def _say_stopped(found: Backfill, session: Session, *, cancelled: bool = False) -> None:
    live = found["counts"]["running"]
    if found["reason"]:
        session.say(f"stopped: {found['reason'].removeprefix('stopped ')}")
    if live and cancelled:
        session.say(f"{plural(live, 'run')} {'are' if live > 1 else 'is'} being cancelled")
    elif live:
        session.say(f"{plural(live, 'live run')} {'go' if live > 1 else 'goes'} on")
    session.say(f"go on with it: {_line(session, found, '--resume')}")


def _resume(arguments: argparse.Namespace, session: Session) -> int:
    found = session.client().resume_backfill(arguments.resume)
    return _attend(found, session) if arguments.follow else _detached(found, session)


def _show(arguments: argparse.Namespace, session: Session) -> int:
    found = session.client().backfill(arguments.show)
    if arguments.follow:
        return _attend(found, session)
    if session.json:
        session.document(found)
        return 0
    out = session.out
    out.line(out.style(summary(found), "bold"))
    out.line(f"range      {moment(found['since'])} to {moment(found['until'])}")
    parallel = plural(found["parallel"], "run")
    out.line(f"asked for  {found['which']} slots, {found['order']} first, {parallel} at once")
    if found["params"]:
        out.line(out.clean(f"params     {pairs(found['params'], ' ')}"))
    if found["reason"]:
        out.line(f"reason     {out.clean(found['reason'])}")
    out.line()
    show(out, SLOTS, [_slot_row(slot) for slot in found["slots"]])
    return 0


def _list(arguments: argparse.Namespace, session: Session) -> int:
    found = session.client().backfills(arguments.name, arguments.limit)
    if session.json:
        session.document({"backfills": found})
        return 0
    if not found:
        session.say("no backfill yet; start one with: trainauto backfill NAME --since --until")
        return 0
    show(session.out, BACKFILLS, [_row(backfill) for backfill in found])
    return 0


def _row(backfill: BackfillSummary) -> list[str | Cell]:
    return [
        backfill["backfill"] or "",
        backfill["pipeline"],
        Cell(backfill["state"], STYLES.get(backfill["state"], "")),
        parts(backfill["counts"]),
        moment(backfill["since"]),
        moment(backfill["until"]),
        backfill["reason"] or "",
    ]


def _slot_row(slot: BackfillSlot) -> list[str | Cell]:
    look = look_of(slot)
    return [
        moment(slot["slot"]),
        Cell(f"{look.glyph} {look.word}", look.style),
        slot["run_id"] or "",
        slot["reason"] or "",
    ]


def look_of(slot: BackfillSlot) -> Look:
    """Return how a slot looks."""
    state = "queued" if slot["state"] == "waiting" else slot["state"]
    return LOOKS.get(state, Look("?", state, ""))._replace(word=slot["state"])


def _line(session: Session, backfill: BackfillSummary, *words: str) -> str:
    option, *rest = words
    return session.line("backfills", option, str(backfill["backfill"]), *rest)
