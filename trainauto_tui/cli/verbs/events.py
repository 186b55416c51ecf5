"""``events``: what happened, and what happens."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, NamedTuple

from trainauto_tui.cli.following import Patience, pulses
from trainauto_tui.cli.quantities import clock
from trainauto_tui.cli.session import Session
from trainauto_tui.drawing.sayings import saying
from trainauto_tui.errors import Usage

if TYPE_CHECKING:
    from trainauto_tui.client import Client
    from trainauto_tui.documents import Event

RECENT = 20  # events shown when no number is given
PAGE = 1000
NEWEST = (1 << 63) - 1  # above the number of every event


class Wanted(NamedTuple):
    """Which events: of one run, of one pipeline, of some kinds (between commas)."""

    run_id: str | None
    pipeline: str | None
    kind: str | None


def configure_events(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``events``."""
    parser.add_argument(
        "-f",
        "--follow",
        action="store_true",
        help="go on as things happen; with --json one event per line (JSON Lines)",
    )
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--after", type=int, metavar="N", help="all events above number N")
    start.add_argument(
        "--tail", type=int, metavar="N", help=f"the last N events ({RECENT}; all of a --run)"
    )
    parser.add_argument("--run", metavar="RUN", help="only events of this run")
    parser.add_argument("--pipeline", metavar="NAME", help="only events of this pipeline")
    parser.add_argument(
        "--kind", metavar="KIND[,KIND]", help="only these, such as run_submitted,slot_fired"
    )


def execute_events(arguments: argparse.Namespace, session: Session) -> int:
    """Print events, oldest first."""
    if arguments.tail is not None and arguments.tail < 0:
        raise Usage(f"--tail {arguments.tail}: it is a number of events, 0 or more")
    client = session.client()
    run_id = client.run(arguments.run)["run_id"] if arguments.run else None
    wanted = Wanted(run_id, arguments.pipeline, arguments.kind)
    after, tail = arguments.after, arguments.tail
    if after is None and tail is None:
        after, tail = (0, None) if run_id else (None, RECENT)
    if arguments.follow:
        if tail is not None:
            found, after = _tail(client, tail, wanted)
            for event in found:
                _tell(event, session)
        _follow(client, after, wanted, session)
    found, last = _all(client, after, wanted) if tail is None else _tail(client, tail, wanted)
    if session.json:
        session.document({"events": found, "last": last})
    else:
        for event in found:
            session.out.line(_line(event, session))
    return 0


def _follow(client: Client, after: int, wanted: Wanted, session: Session) -> None:
    """Print events until interrupted."""
    for event in pulses(client, after, Patience(session.say), *wanted):
        if event is None:
            if session.out.abandoned():
                raise BrokenPipeError
            continue
        _tell(event, session)


def _tell(event: Event, session: Session) -> None:
    """Print one of many events that follow."""
    session.out.line(
        json.dumps(event, ensure_ascii=False) if session.json else _line(event, session)
    )


def _all(client: Client, after: int, wanted: Wanted) -> tuple[list[Event], int]:
    """Return all events above a number, page by page, and the number of the newest."""
    found: list[Event] = []
    while True:
        page = client.event_page(after, PAGE, **wanted._asdict())
        found += page["events"]
        if len(page["events"]) < PAGE:
            return found, page["last"]
        after = page["events"][-1]["seq"]


def _tail(client: Client, count: int, wanted: Wanted) -> tuple[list[Event], int]:
    """Return the last ``count`` events and the number of the newest one there was then."""
    page = client.event_page(0, max(1, min(PAGE, count)), before=NEWEST, **wanted._asdict())
    last, found = page["last"], page["events"][-count:] if count else []
    while len(page["events"]) == PAGE and len(found) < count:
        limit = min(PAGE, count - len(found))
        page = client.event_page(0, limit, before=found[0]["seq"], **wanted._asdict())
        found = page["events"] + found
    return found, last


def _line(event: Event, session: Session) -> str:
    out = session.out
    about = [event["pipeline"], event["run_id"], event["step"]]
    changes = event["changes"]
    news = [f"{step} {status}" for step, status in changes["steps"].items()]
    if changes["run"]:
        news.append(f"run {changes['run']}")
    told = "; ".join(filter(None, (", ".join(news), out.clean(saying(event)))))
    parts = [
        out.style(f"{event['seq']:>6} {clock(event['at'])}", "dim"),
        out.style(f"{event['kind']:<16}", "cyan"),
        " ".join(part for part in about if part),
        f"→ {told}" if told else "",
    ]
    return " ".join(filter(None, parts))
