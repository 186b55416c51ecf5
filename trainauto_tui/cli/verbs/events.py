"""``events``: what happened, and what happens."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from trainauto_tui.cli.following import Patience, pulses
from trainauto_tui.cli.quantities import clock
from trainauto_tui.cli.session import Session

if TYPE_CHECKING:
    from trainauto_tui.client import Client
    from trainauto_tui.documents import Event

RECENT = 20  # events shown when no number is given
PAGE = 1000


def configure_events(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``events``."""
    parser.add_argument(
        "-f",
        "--follow",
        action="store_true",
        help="go on as things happen; with --json one event per line (JSON Lines)",
    )
    parser.add_argument(
        "--after", type=int, metavar="N", help=f"events above number N (else the last {RECENT})"
    )
    parser.add_argument("--run", metavar="RUN", help="only events of this run")


def execute_events(arguments: argparse.Namespace, session: Session) -> int:
    """Print events, oldest first."""
    client = session.client()
    run_id = client.run(arguments.run)["run_id"] if arguments.run else None
    after = arguments.after
    if after is None:
        after = 0 if run_id else max(0, client.status()["last_event"] - RECENT)
    if arguments.follow:
        _follow(client, after, run_id, session)
    found, last = _all(client, after, run_id)
    if session.json:
        session.document({"events": found, "last": last})
    else:
        for event in found:
            session.out.line(_line(event, session))
    return 0


def _follow(client: Client, after: int, run_id: str | None, session: Session) -> None:
    """Print events until interrupted."""
    for event in pulses(client, after, Patience(session.say), run_id):
        if event is None:
            if session.out.abandoned():
                raise BrokenPipeError
            continue
        if session.json:
            session.out.line(json.dumps(event, ensure_ascii=False))
        else:
            session.out.line(_line(event, session))


def _all(client: Client, after: int, run_id: str | None) -> tuple[list[Event], int]:
    """Return all events above a number, page by page, and the number of the newest."""
    found: list[Event] = []
    while True:
        page = client.event_page(after, PAGE, run_id)
        found += page["events"]
        if len(page["events"]) < PAGE:
            return found, page["last"]
        after = page["events"][-1]["seq"]


def _line(event: Event, session: Session) -> str:
    out = session.out
    about = [event["pipeline"], event["run_id"], event["step"]]
    changes = event["changes"]
    news = [f"{step} {status}" for step, status in changes["steps"].items()]
    if changes["run"]:
        news.append(f"run {changes['run']}")
    parts = [
        out.style(f"{event['seq']:>6} {clock(event['at'])}", "dim"),
        out.style(f"{event['kind']:<16}", "cyan"),
        " ".join(part for part in about if part),
        "→ " + ", ".join(news) if news else "",
    ]
    return " ".join(filter(None, parts))
