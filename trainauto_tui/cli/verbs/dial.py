"""``dial-stdio``: the far end of ``--host``, which ``ssh`` runs."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from trainauto_tui.cli.session import Session

if TYPE_CHECKING:
    from trainauto_tui.client import Connect


def configure_dial_stdio(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``dial-stdio``."""
    parser.add_argument(
        "--read-only",
        action="store_true",
        help="reach the daemon by the socket on which it changes nothing",
    )


def execute_dial_stdio(arguments: argparse.Namespace, session: Session) -> int:
    """Carry standard input to the daemon and its answers to standard output."""
    from trainauto_tui.client import far_end

    connect = _connect(session, arguments.read_only)
    far_end.serve(connect, sys.stdin.fileno(), sys.stdout.fileno())
    return 0


def _connect(session: Session, read_only: bool) -> Connect:
    """Return the way to the daemon, which is started now when it has to be.

    A daemon that goes away later is not started behind the back of whoever stopped it.
    """
    from trainauto_tui.cli.starting import on_first_need
    from trainauto_tui.client import unix
    from trainautod.home import read_only_socket_path, socket_path

    connect = unix(socket_path(session.home))
    if session.may_start:
        on_first_need(connect, session.home, lambda _: None)().close()
    return unix(read_only_socket_path(session.home)) if read_only else connect
