"""Many connections over one pair of byte streams, such as the standard streams of ``ssh``.

A channel is a connected socket here, tied to a connected socket at the other end; bytes and ends
of streams pass in both directions. Each direction of a channel has its own credit, so that a
channel whose reader is slow neither holds up the others nor fills the memory, and neither end ever
waits for the other before it goes on reading: two big transfers in opposite directions cannot block
one another.
"""

from __future__ import annotations

import os
import select
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from trainauto_tui.client import frames
from trainauto_tui.client.frames import Frame
from trainauto_tui.errors import LinkLost, Unexpected

WINDOW = 1 << 20  # bytes on their way per channel and direction: 20 MB/s at 50 ms
BACKLOG = 65_536  # bytes that wait for the stream; more would only make small answers wait longer
PIECE = 65_536
MOST_CHANNELS = 256

READABLE = select.POLLIN | select.POLLHUP | select.POLLERR
WRITABLE = select.POLLOUT | select.POLLHUP | select.POLLERR

Accept = Callable[[], socket.socket]


class Channel:
    """One connection.

    Attributes:
        number: what both ends call it.
        socket: the connection at this end, not blocking.
        waiting: bytes from the other end that the socket has not taken yet.
        credit: bytes that may still be sent to the other end.
        owed: bytes taken from the other end for which no credit was given back yet.
        sending: the socket's own stream has not ended.
        receiving: the other end's stream has not ended, or not all of it was passed on.
        last: the other end has said that nothing more comes.
        refused: the socket takes nothing more.
    """

    __slots__ = (
        "credit",
        "last",
        "number",
        "owed",
        "receiving",
        "refused",
        "sending",
        "socket",
        "waiting",
    )

    def __init__(self, number: int, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.number = number
        self.socket = connection
        self.waiting = bytearray()
        self.credit = WINDOW
        self.owed = 0
        self.sending = self.receiving = True
        self.last = self.refused = False


class Trunk:
    """One end of a trunk; ``run`` carries it until one of the ends goes away.

    Args:
        source: file descriptor that the other end's bytes come from.
        sink: file descriptor that bytes for the other end go to; may be the same.
        accept: connects a channel that the other end opens, and raises nothing; None where the
            other end may open none.
        silence_s: after this long without a byte the other end counts as gone; it is asked for a
            sign of life before. None leaves that to the other end.
    """

    def __init__(
        self,
        source: int,
        sink: int,
        accept: Accept | None = None,
        silence_s: float | None = None,
    ) -> None:
        os.set_blocking(source, False)
        os.set_blocking(sink, False)
        self._source, self._sink = source, sink
        self._accept = accept
        self._silence_s = silence_s
        self._channels: dict[int, Channel] = {}
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._heard = time.monotonic()
        self._pinged = False
        self._numbers = 0
        self._opened: deque[socket.socket | None] = deque()
        self._bell, self._ear = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)
        self._over = False

    def open(self) -> socket.socket:
        """Return a connection that the other end will connect; it can be used at once.

        May be called from any thread.

        Raises:
            LinkLost: the trunk has ended.
        """
        near, far = socket.socketpair()
        self._opened.append(far)
        self._ring()
        if self._over:
            far.close()
            near.close()
            raise LinkLost
        return near

    def close(self) -> None:
        """End it; may be called from any thread."""
        self._opened.append(None)
        self._ring()

    def run(self) -> None:
        """Carry bytes until an end goes away; then every connection is closed.

        Raises:
            LinkLost: the other end was silent for too long.
            Unexpected: it does not speak this language.
        """
        try:
            while not self._over:
                self._turn()
        except OSError:
            return  # the other end has gone
        finally:
            self._over = True
            self._drop_all()

    def feed(self, data: bytes) -> None:
        """Take in bytes of the other end that were read before ``run``."""
        self._incoming += data

    # One turn of the loop.

    def _turn(self) -> None:
        for frame in frames.taken(self._incoming):
            self._take(frame)
        self._take_opened()
        if self._over:
            return
        poller, by_descriptor = select.poll(), dict[int, Channel]()
        for descriptor, events in self._interests(by_descriptor).items():
            poller.register(descriptor, events)
        for descriptor, events in poller.poll(self._patience_ms()):
            if descriptor == self._ear.fileno():
                self._ear.recv(PIECE)
            elif descriptor in by_descriptor:
                self._serve(by_descriptor[descriptor], events)
            else:
                self._serve_stream(descriptor, events)
        self._watch()

    def _interests(self, by_descriptor: dict[int, Channel]) -> dict[int, int]:
        """Return what to wait for; a channel that can do nothing now is not listed."""
        wanted = {self._ear.fileno(): select.POLLIN, self._source: select.POLLIN}
        if self._outgoing:
            wanted[self._sink] = wanted.get(self._sink, 0) | select.POLLOUT
        room = len(self._outgoing) < BACKLOG
        for channel in self._channels.values():
            events = select.POLLIN if channel.sending and channel.credit and room else 0
            if channel.waiting:
                events |= select.POLLOUT
            if events:
                wanted[channel.socket.fileno()] = events
                by_descriptor[channel.socket.fileno()] = channel
        return wanted

    def _serve_stream(self, descriptor: int, events: int) -> None:
        if descriptor == self._source and events & READABLE:
            self._read_stream()
        if descriptor == self._sink and events & WRITABLE and self._outgoing:
            written = os.write(self._sink, memoryview(self._outgoing)[:PIECE])
            del self._outgoing[:written]

    def _read_stream(self) -> None:
        try:
            data = os.read(self._source, PIECE)
        except BlockingIOError:
            return
        if not data:
            self._over = True
        self._incoming += data
        self._heard, self._pinged = time.monotonic(), False

    def _serve(self, channel: Channel, events: int) -> None:
        """Move bytes between a channel's socket and its buffers."""
        if channel.waiting and events & WRITABLE:
            self._pass_on(channel)
        room = len(self._outgoing) < BACKLOG
        if channel.sending and channel.credit and room and events & READABLE:
            self._send_from(channel)
        self._settle(channel)

    def _pass_on(self, channel: Channel) -> None:
        try:
            sent = channel.socket.send(memoryview(channel.waiting)[:PIECE])
        except BlockingIOError:
            return
        except OSError:  # whoever had the connection has closed it
            self._refuse(channel)
            return
        del channel.waiting[:sent]
        channel.owed += sent
        if channel.owed >= WINDOW // 2:
            self._send(frames.credit(channel.number, channel.owed))
            channel.owed = 0

    def _send_from(self, channel: Channel) -> None:
        try:
            data = channel.socket.recv(min(frames.LARGEST, channel.credit))
        except BlockingIOError:
            return
        except OSError:
            data = b""
        channel.credit -= len(data)
        self._send(Frame(frames.DATA if data else frames.END, channel.number, data))
        if not data:
            channel.sending = False
            if _closed(channel.socket):
                self._refuse(channel)

    def _refuse(self, channel: Channel) -> None:
        """Take nothing more for a connection that nobody reads."""
        channel.refused, channel.receiving = True, False
        channel.waiting.clear()

    def _settle(self, channel: Channel) -> None:
        """Pass on the end of the other end's stream, and forget what ended both ways."""
        if channel.receiving and channel.last and not channel.waiting:
            channel.receiving = False
            with suppress(OSError):
                channel.socket.shutdown(socket.SHUT_WR)
        if channel.sending or channel.receiving:
            return
        if channel.refused:
            self._send(Frame(frames.RESET, channel.number))
        self._drop(channel)

    # What comes from the other end.

    def _take(self, frame: Frame) -> None:
        channel = self._channels.get(frame.channel)
        if frame.kind == frames.OPEN:
            self._take_open(frame.channel)
        elif frame.kind == frames.PING:
            self._send(Frame(frames.PONG, 0))
        elif channel is None:
            return  # it has just ended here, which the other end could not know
        elif frame.kind == frames.DATA:
            self._take_data(channel, frame.payload)
        elif frame.kind == frames.CREDIT:
            channel.credit += frames.amount(frame)
        else:
            self._take_end(channel, reset=frame.kind == frames.RESET)

    def _take_data(self, channel: Channel, data: bytes) -> None:
        if channel.receiving:
            channel.waiting += data
        if len(channel.waiting) > WINDOW:
            raise Unexpected("the other end of the link sends more than it may")

    def _take_end(self, channel: Channel, reset: bool) -> None:
        """Note that nothing more comes; after a reset nothing more is wanted there either."""
        if reset:
            channel.sending = False
            channel.receiving = channel.receiving and channel.last
        channel.last = True
        self._settle(channel)

    def _take_open(self, number: int) -> None:
        """Connect what the other end opens."""
        if self._accept is None or number in self._channels:
            raise Unexpected("the other end of the link does not speak this language")
        if len(self._channels) >= MOST_CHANNELS:
            self._send(Frame(frames.RESET, number))
            return
        self._channels[number] = Channel(number, self._accept())

    # What is said to the other end.

    def _take_opened(self) -> None:
        while self._opened:
            connection = self._opened.popleft()
            if connection is None:
                self._over = True
                return
            self._numbers += 1
            self._channels[self._numbers] = Channel(self._numbers, connection)
            self._send(Frame(frames.OPEN, self._numbers))

    def _send(self, frame: Frame) -> None:
        self._outgoing += frame.packed()

    def _patience_ms(self) -> int | None:
        return None if self._silence_s is None else int(self._silence_s * 1000 / 4)

    def _watch(self) -> None:
        """Ask for a sign of life after a third of the time that may pass without one."""
        if self._silence_s is None:
            return
        silent = time.monotonic() - self._heard
        if silent > self._silence_s:
            raise LinkLost(f"the other end of the link was silent for {self._silence_s:.0f} s")
        if silent > self._silence_s / 3 and not self._pinged:
            self._pinged = True
            self._send(Frame(frames.PING, 0))

    # The end.

    def _ring(self) -> None:
        with suppress(OSError):  # it rings already, or there is nobody to hear it
            self._bell.send(b"!")

    def _drop(self, channel: Channel) -> None:
        self._channels.pop(channel.number, None)
        channel.socket.close()

    def _drop_all(self) -> None:
        for channel in list(self._channels.values()):
            self._drop(channel)
        while self._opened:
            if connection := self._opened.popleft():
                connection.close()
        self._bell.close()
        self._ear.close()


def _closed(connection: socket.socket) -> bool:
    """Tell whether the other side has closed altogether, and not only its own stream."""
    poller = select.poll()
    poller.register(connection.fileno(), 0)
    return any(events & select.POLLHUP for _, events in poller.poll(0))
