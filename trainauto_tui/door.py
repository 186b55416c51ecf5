"""The way from the terminal UI to one daemon, on this machine or another."""

from collections.abc import Callable
from typing import NamedTuple

from trainauto_tui.client import Connect, hosts, unix
from trainauto_tui.client.address import Address
from trainauto_tui.client.ssh import Link
from trainautod.home import home_directory, read_only_socket_path, socket_path


class Door(NamedTuple):
    """One daemon, before it is asked for anything.

    Attributes:
        host: What the machine is called; empty for this one.
        place: The home or the address as command lines have it; None for the default.
        connect: Reaches the daemon.
        start: Starts the daemon where none answers; None to leave that, as on another machine,
            where the far end does it.
        link: The ``ssh`` in between, if there is one.
    """

    host: str
    place: str | None
    connect: Connect
    start: Callable[[], None] | None
    link: Link | None = None

    def knock(self) -> None:
        """Reach the other machine, for which ``ssh`` may ask on the terminal; later it may not.

        Raises:
            TrainautoError: it cannot be reached, or does not let the reader in.
        """
        if self.link is not None:
            self.link.connect().close()
            self.link.draw()

    def close(self) -> None:
        """Hang up."""
        if self.link is not None:
            self.link.close()


class Doors(NamedTuple):
    """How daemons are reached, whichever it is.

    Attributes:
        home: Home directory on this machine; None for the default.
        read_only: By the socket on which they change nothing.
        may_start: They may be started.
        tell: Shows the reader, before anything is drawn, what ``ssh`` says while it waits.
    """

    home: str | None
    read_only: bool
    may_start: bool
    tell: Callable[[str], None]

    def first(self, host: str | None) -> Door:
        """Return the door that the options ask for; raises as ``hosts.chosen`` does."""
        return self._door(hosts.chosen(host, self.home))

    def to(self, host: str) -> Door:
        """Return the door to a kept host, an address or ``local``; raises as ``hosts.resolve``."""
        return self._door(hosts.resolve(host))

    def _door(self, where: Address | None) -> Door:
        if where is None:
            return self._here()
        link = Link(where, self.read_only, self.may_start, tell=self.tell)
        return Door(hosts.name_of(where), str(where), link.connect, None, link)

    def _here(self) -> Door:
        home = home_directory(self.home)

        def start_daemon() -> None:
            from trainauto_tui.cli.starting import start

            start(home)

        socket = read_only_socket_path(home) if self.read_only else socket_path(home)
        return Door("", self.home, unix(socket), start_daemon if self.may_start else None)
