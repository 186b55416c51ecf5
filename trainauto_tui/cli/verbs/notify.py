"""``notify``: whether people can be told of things, and what they were told."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trainauto_tui.cli.quantities import clock, moment
from trainauto_tui.cli.session import Session
from trainauto_tui.cli.tables import Cell, Column, Row, show

if TYPE_CHECKING:
    from trainauto_tui.documents import Notification, Target

STATES = ("pending", "sent", "failed", "merged")
STYLES = {"sent": "green", "failed": "red", "pending": "yellow", "merged": "dim"}
MESSAGES = (
    Column("id", right=True, optional=True),
    Column("target"),
    Column("state"),
    Column("title", flexible=True),
    Column("tries", right=True, optional=True),
    Column("why", flexible=True, optional=True),
    Column("at", optional=True),
)


def configure_notify(parser: argparse.ArgumentParser) -> None:
    """Add the actions of ``notify``."""
    from trainauto_tui.cli.arguments import common

    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    text = "send a test message to targets and wait until each has arrived or failed"
    test = actions.add_parser("test", parents=[common()], help=text, description=text)
    help_text = "secret that holds an Apprise URL; all that pipelines and config.toml name"
    test.add_argument("targets", metavar="TARGET", nargs="*", help=help_text)
    text = "list the messages to people, newest first"
    listed = actions.add_parser("list", parents=[common()], help=text, description=text)
    listed.add_argument("--state", choices=STATES, help="only messages in this state")
    listed.add_argument("--limit", type=int, default=20, metavar="N", help="at most N messages")


def execute_notify(arguments: argparse.Namespace, session: Session) -> int:
    """Carry out one action; ``test`` is 1 when a message did not arrive."""
    if arguments.action == "test":
        return _test(arguments, session)
    client = session.client()
    found = client.notifications(arguments.state, arguments.limit)
    if session.json:
        session.document({"notifications": found})
        return 0
    if found:
        show(session.out, MESSAGES, [_row(each) for each in found])
    else:
        session.say("nobody was told of anything yet")
    warn(client.targets(), session)
    return 0


def warn(targets: list[Target], session: Session) -> None:
    """Say which targets cannot be told of anything."""
    for each in targets:
        if each["problem"] is not None:
            session.say(f"warning: {each['target']} cannot be told: {each['problem']}")


def _test(arguments: argparse.Namespace, session: Session) -> int:
    found = session.client().test_notifications(arguments.targets)
    if session.json:
        session.document({"notifications": found})
    else:
        for each in found:
            session.out.line(_answer(each, session))
    return 0 if all(each["state"] == "sent" for each in found) else 1


def _answer(told: Notification, session: Session) -> str:
    out, target = session.out, told["target"]
    if told["state"] == "sent":
        return f"{out.style('arrived', 'green')}  {target}"
    return f"{out.style('failed', 'red')}   {target}: {out.clean(told['error'] or '')}"


def _row(told: Notification) -> Row:
    return [
        str(told["id"]),
        told["target"],
        Cell(told["state"], STYLES.get(told["state"], "")),
        told["title"],
        str(told["tries"]),
        _why(told),
        moment(told["created_at"]),
    ]


def _why(told: Notification) -> str:
    """Return why a message did not arrive, what holds it, and until when."""
    error, reason = told["error"], told.get("reason")
    if told["state"] != "pending" or not (error or reason):
        return error or ""
    held = f"until {clock(told['due_at'])}: {reason}"
    return f"again at {clock(told['due_at'])}: {error}" if error else held
