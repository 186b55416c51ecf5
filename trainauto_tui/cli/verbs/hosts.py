"""``hosts``: the machines that a person keeps by name."""

from __future__ import annotations

import argparse

from trainauto_tui.cli.session import Session
from trainauto_tui.cli.tables import Column, show
from trainauto_tui.client import hosts

COLUMNS = (Column("host"), Column("address", flexible=True))


def configure_hosts(parser: argparse.ArgumentParser) -> None:
    """Add the actions of ``hosts``; without one it lists them."""
    from trainauto_tui.cli.arguments import common

    actions = parser.add_subparsers(metavar="ACTION", dest="action")
    text = "keep an address under a name, in the place of what was kept so"
    add = actions.add_parser("add", parents=[common()], help=text, description=text)
    add.add_argument("name", metavar="NAME", help="what to call it")
    add.add_argument("url", metavar="URL", help="ssh://user@box[:port][/home]")
    text = "keep a name no longer"
    remove = actions.add_parser("remove", parents=[common()], help=text, description=text)
    remove.add_argument("name", metavar="NAME", help="what it is called")
    parser.set_defaults(action=None)


def execute_hosts(arguments: argparse.Namespace, session: Session) -> int:
    """Carry out one action, or list what is kept."""
    if arguments.action == "add":
        where = hosts.keep(arguments.name, arguments.url)
        said = f"kept {arguments.name}: trainauto --host {arguments.name} status"
        _answer(session, {"name": arguments.name, "url": str(where)}, said)
    elif arguments.action == "remove":
        hosts.forget(arguments.name)
        _answer(session, {"removed": arguments.name}, f"removed {arguments.name}")
    else:
        _list(session)
    return 0


def _answer(session: Session, document: dict[str, str], said: str) -> None:
    if session.json:
        session.document(document)
    else:
        session.out.line(said)


def _list(session: Session) -> None:
    kept = hosts.kept()
    if session.json:
        session.document(
            {"hosts": [{"name": name, "url": str(where)} for name, where in kept.items()]}
        )
    elif kept:
        show(session.out, COLUMNS, [[name, str(where)] for name, where in kept.items()])
    else:
        session.say("no host is kept; keep one with: trainauto hosts add NAME ssh://user@box")
