"""The far end of a link: standard streams on one side, the daemon's socket on the other.

Whoever begins with the greeting of a trunk gets one, with a connection to the daemon for every
channel. Anything else, such as an HTTP request, is passed to one connection as it is.
"""

from __future__ import annotations

import json
import os
import select
import socket
from contextlib import suppress

from trainauto_tui.client import frames
from trainauto_tui.client.transport import Connect
from trainauto_tui.client.trunk import Trunk
from trainauto_tui.errors import TrainautoError

PIECE = 65_536


def serve(connect: Connect, source: int, sink: int) -> None:
    """Carry what comes in at ``source`` to the daemon, and its answers out at ``sink``.

    It returns once either side has closed: the one that asks, or the daemon.

    Args:
        connect: reaches the daemon.
        source: file descriptor, such as 0.
        sink: file descriptor, such as 1.

    Raises:
        NoDaemon: there is no daemon for a connection that is passed on as it is.
    """
    begun = _beginning(source)
    if begun.startswith(frames.GREETING):
        trunk = Trunk(source, sink, lambda: _connected(connect))
        os.write(sink, frames.GREETING)
        trunk.feed(begun[len(frames.GREETING) :])
        trunk.run()
        return
    with connect() as connection:
        pass_on(connection, source, sink, begun)


def pass_on(connection: socket.socket, source: int, sink: int, begun: bytes = b"") -> None:
    """Carry bytes both ways until both streams have ended, or nobody takes them any more.

    The end of ``source`` is passed on to the connection, whose answer may still follow. Reading
    never waits for writing: each direction has a buffer of its own.
    """
    connection.setblocking(False)
    os.set_blocking(source, False)
    os.set_blocking(sink, False)
    there = _Way(source, connection.fileno(), begun)
    back = _Way(connection.fileno(), sink)
    while not back.done:
        _turn(there, back)
        if there.done and not there.told:
            there.told = True
            with suppress(OSError):  # the connection has gone altogether
                connection.shutdown(socket.SHUT_WR)


class _Way:
    """One direction: what was read and is still to be written.

    Attributes:
        told: whoever is written to knows it.
    """

    def __init__(self, source: int, sink: int, begun: bytes = b"") -> None:
        self.source, self.sink = source, sink
        self.waiting = bytearray(begun)
        self.ended = False
        self.told = False

    @property
    def done(self) -> bool:
        """Whether all that will ever come has been written."""
        return self.ended and not self.waiting

    def interests(self) -> dict[int, int]:
        """Return what this direction waits for."""
        wanted: dict[int, int] = {}
        if not self.ended and len(self.waiting) < PIECE:
            wanted[self.source] = select.POLLIN
        if self.waiting:
            wanted[self.sink] = select.POLLOUT
        return wanted

    def move(self) -> None:
        """Read and write what can be without waiting; whoever has gone neither gives nor takes."""
        with suppress(BlockingIOError):
            self._write()
        with suppress(BlockingIOError):
            self._read()

    def _write(self) -> None:
        if not self.waiting:
            return
        try:
            del self.waiting[: os.write(self.sink, self.waiting)]
        except (BrokenPipeError, ConnectionResetError):
            self.ended = True
            self.waiting.clear()

    def _read(self) -> None:
        if self.ended or len(self.waiting) >= PIECE:
            return
        try:
            data = os.read(self.source, PIECE)
        except ConnectionResetError:
            data = b""
        self.ended = not data
        self.waiting += data


def _turn(there: _Way, back: _Way) -> None:
    """Wait until something can be moved, and move it."""
    wanted: dict[int, int] = {}
    for way in (there, back):
        for descriptor, events in way.interests().items():
            wanted[descriptor] = wanted.get(descriptor, 0) | events
    poller = select.poll()
    for descriptor, events in wanted.items():
        poller.register(descriptor, events)
    poller.poll()
    there.move()
    back.move()


def _beginning(source: int) -> bytes:
    """Return what comes first: a whole greeting, or what is plainly none."""
    begun = b""
    while frames.GREETING.startswith(begun) and len(begun) < len(frames.GREETING):
        data = os.read(source, PIECE)
        if not data:
            break
        begun += data
    return begun


def _connected(connect: Connect) -> socket.socket:
    """Return a connection to the daemon, or to the answer that says why there is none."""
    try:
        return connect()
    except TrainautoError as error:
        near, far = socket.socketpair()
        with far:
            far.sendall(_unavailable(error))
        return near


def _unavailable(error: TrainautoError) -> bytes:
    """Return the HTTP answer for a daemon that cannot be reached."""
    told = {"code": "unavailable", "message": error.message, "hint": error.hint}
    body = json.dumps({"error": told}).encode()
    head = f"HTTP/1.1 503 Service Unavailable\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
