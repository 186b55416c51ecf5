"""What a verb works with: the home, the daemon behind it, and where its output goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trainautod.home import home_directory, socket_path

if TYPE_CHECKING:
    import argparse

    from trainauto_tui.cli.terminal import Terminal
    from trainauto_tui.client import Client


class Session(NamedTuple):
    """One command's surroundings.

    Attributes:
        home: home directory of the daemon, absolute.
        json: standard output gets one JSON document and nothing else.
        may_start: the daemon may be started when it does not answer.
        out: standard output.
        err: standard error.
    """

    home: Path
    json: bool
    may_start: bool
    out: Terminal
    err: Terminal

    @classmethod
    def of(cls, arguments: argparse.Namespace, out: Terminal, err: Terminal) -> Session:
        """Return the session that the common options ask for."""
        home = home_directory(arguments.home)
        return cls(home, arguments.json, not arguments.no_start, out, err)

    def client(self) -> Client:
        """Return a client; its first call starts the daemon when that is needed and allowed."""
        from trainauto_tui.cli.starting import on_first_need
        from trainauto_tui.client import Client, unix

        connect = unix(socket_path(self.home))
        if self.may_start:
            connect = on_first_need(connect, self.home, self.say)
        return Client(connect)

    def observer(self) -> Client:
        """Return a client that never starts the daemon."""
        return self._replace(may_start=False).client()

    def document(self, document: object) -> None:
        """Print one JSON document on standard output."""
        self.out.line(json.dumps(document, indent=2, ensure_ascii=False))

    def say(self, message: str) -> None:
        """Print a message for the person on standard error."""
        self.err.line(self.err.clean(message))
