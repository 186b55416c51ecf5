"""What a verb works with: the home, the daemon behind it, and where its output goes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trainauto_tui.cli.catalogue import VERBS
from trainauto_tui.errors import Usage
from trainautod.home import home_directory, socket_path

if TYPE_CHECKING:
    import argparse

    from trainauto_tui.cli.terminal import Terminal
    from trainauto_tui.client import Client
    from trainauto_tui.client.address import Address
    from trainauto_tui.client.ssh import Link


class Session(NamedTuple):
    """One command's surroundings.

    Attributes:
        home: home directory of the daemon, absolute; of no use where there is a link.
        json: standard output gets one JSON document and nothing else.
        may_start: the daemon may be started when it does not answer.
        out: standard output.
        err: standard error.
        link: the way to the daemon of another machine; None for this one.
    """

    home: Path
    json: bool
    may_start: bool
    out: Terminal
    err: Terminal
    link: Link | None = None

    @classmethod
    def of(cls, arguments: argparse.Namespace, out: Terminal, err: Terminal) -> Session:
        """Return the session that the common options ask for.

        Raises:
            Usage: the options contradict one another, or the host is not the address of one.
            NotFound: no host is kept under that name.
        """
        home, may_start = home_directory(arguments.home), not arguments.no_start
        session = cls(home, arguments.json, may_start, out, err)
        where = _where(arguments)
        return session if where is None else session._replace(link=session._link(where, may_start))

    @property
    def far(self) -> bool:
        """Whether the daemon is on another machine, and with it every file that it reads."""
        return self.link is not None

    def client(self) -> Client:
        """Return a client; its first call starts the daemon when that is needed and allowed."""
        from trainauto_tui.cli.starting import on_first_need
        from trainauto_tui.client import Client, unix

        if self.link is not None:
            return Client(self.link.connect)
        connect = unix(socket_path(self.home))
        if self.may_start:
            connect = on_first_need(connect, self.home, self.say)
        return Client(connect)

    def observer(self) -> Client:
        """Return a client that never starts the daemon."""
        link = self.link and self._link(self.link.where, may_start=False)
        return self._replace(may_start=False, link=link).client()

    def line(self, *words: str) -> str:
        """Return the command line of another command on the same daemon."""
        host = ("--host", str(self.link.where)) if self.link is not None else ()
        return " ".join(("trainauto", *host, *words))

    def document(self, document: object) -> None:
        """Print one JSON document on standard output."""
        self.out.line(json.dumps(document, indent=2, ensure_ascii=False))

    def say(self, message: str) -> None:
        """Print a message for the person on standard error."""
        self.err.line(self.err.clean(message))

    def _link(self, where: Address, may_start: bool) -> Link:
        from trainauto_tui.client.ssh import Link

        return Link(where, may_start=may_start, tell=self.say)


def _where(arguments: argparse.Namespace) -> Address | None:
    """Return the other machine that is meant; None, without an import, for this one."""
    if VERBS[arguments.verb].local:
        if arguments.host is not None:
            raise Usage(f"{arguments.verb} works on this machine alone: it takes no --host")
        return None
    if arguments.host is None and not os.environ.get("TRAINAUTO_HOST"):
        return None
    from trainauto_tui.client.hosts import chosen

    return chosen(arguments.host, arguments.home)
