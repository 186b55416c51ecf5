"""Many connections over one pair of streams: order, ends, credit and a dead link."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.waiting import wait_until
from trainauto_tui.client import frames, trunk
from trainauto_tui.client.frames import Frame
from trainauto_tui.client.trunk import WINDOW, Trunk
from trainauto_tui.errors import LinkLost, TrainautoError, Unexpected

PATIENCE_S = 20.0
Serve = Callable[[socket.socket], None]


class Pair:
    """Two ends over one socket pair; ``serve`` handles what is connected at the far end."""

    def __init__(self, serve: Serve, silence_s: float | None = None) -> None:
        self.wires = socket.socketpair()
        near, far = (wire.fileno() for wire in self.wires)
        self.far_sockets: list[socket.socket] = []
        self.ended: list[TrainautoError | None] = []
        self._serve = serve
        self.near = Trunk(near, near, silence_s=silence_s)
        self.far = Trunk(far, far, accept=self._accepted)
        self.threads = [self._thread(self._carry, one) for one in (self.near, self.far)]

    def _accepted(self) -> socket.socket:
        one, other = socket.socketpair()
        other.settimeout(PATIENCE_S)
        self.far_sockets.append(other)
        self._thread(self._serve, other)
        return one

    def _carry(self, end: Trunk) -> None:
        try:
            end.run()
        except TrainautoError as error:
            self.ended.append(error)
        else:
            self.ended.append(None)

    def _thread(self, call: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=call, args=arguments, daemon=True)
        thread.start()
        return thread

    def open(self) -> socket.socket:
        """Return a connection to the far end."""
        connection = self.near.open()
        connection.settimeout(PATIENCE_S)
        return connection

    def close(self) -> None:
        """End both and wait for it."""
        self.near.close()
        self.far.close()
        for thread in self.threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
        for wire in [*self.wires, *self.far_sockets]:
            wire.close()


@contextlib.contextmanager
def paired(serve: Serve, silence_s: float | None = None) -> Iterator[Pair]:
    pair = Pair(serve, silence_s)
    try:
        yield pair
    finally:
        pair.close()


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def echo(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(read_all(connection))
        connection.shutdown(socket.SHUT_WR)


def pour(connection: socket.socket, data: bytes) -> None:
    """Send as much as anyone takes."""
    with contextlib.suppress(OSError):
        connection.sendall(data)


def idle(connection: socket.socket) -> None:
    """Do nothing with a connection."""


def test_bytes_and_the_end_of_a_stream_come_through_and_the_answer_comes_back() -> None:
    with paired(echo) as pair, pair.open() as connection:
        connection.sendall(b"question")
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == b"question"


def test_channels_do_not_mix() -> None:
    with paired(echo) as pair:
        connections = [pair.open() for _ in range(20)]
        for number, connection in enumerate(connections):
            connection.sendall(b"%d" % number)
        for connection in reversed(connections):
            connection.shutdown(socket.SHUT_WR)
        assert [read_all(one) for one in connections] == [b"%d" % n for n in range(20)]
        for connection in connections:
            connection.close()


def test_big_transfers_both_ways_at_once_do_not_block_one_another() -> None:
    size = 5 * WINDOW
    big = os.urandom(4096) * (size // 4096)

    def answer_at_once(connection: socket.socket) -> None:
        sender = threading.Thread(target=connection.sendall, args=(big,))
        sender.start()
        received.append(read_all(connection))
        sender.join()
        connection.shutdown(socket.SHUT_WR)

    received: list[bytes] = []
    with paired(answer_at_once) as pair, pair.open() as connection:
        sender = threading.Thread(target=connection.sendall, args=(big,))
        sender.start()
        got = b""
        while len(got) < size:
            got += connection.recv(65536)
        sender.join()
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == b""
        assert got == big
        wait_until(lambda: received, "the far end to have read everything")
        assert received == [big]


def test_a_reader_that_does_not_read_holds_up_nobody_else_and_fills_no_memory() -> None:
    def pour_or_echo(connection: socket.socket) -> None:
        if connection.recv(1) == b"p":
            with contextlib.suppress(OSError):
                while True:
                    connection.sendall(bytes(65536))
                    poured.append(65536)
        else:
            echo(connection)

    poured: list[int] = []
    with paired(pour_or_echo) as pair, pair.open() as stuck:
        stuck.sendall(b"p")
        wait_until(lambda: sum(poured) >= WINDOW, "the far end to have sent what it may")
        with pair.open() as other:
            other.sendall(b"e" + b"x" * 100_000)
            other.shutdown(socket.SHUT_WR)
            assert read_all(other) == b"x" * 100_000
        assert sum(poured) < 3 * WINDOW  # what may be on its way, and what sockets hold


def test_a_connection_that_is_closed_here_ends_over_there() -> None:
    ended: list[bool] = []

    def pour(connection: socket.socket) -> None:
        try:
            while True:
                connection.sendall(bytes(1000))
        except OSError:
            ended.append(True)

    with paired(pour) as pair:
        connection = pair.open()
        assert connection.recv(10)
        connection.close()
        wait_until(lambda: ended, "the far end to notice")


def test_an_answer_that_comes_before_the_question_has_ended_is_not_lost() -> None:
    def refuse(connection: socket.socket) -> None:
        with connection:
            connection.recv(1)
            connection.sendall(b"no" * 50_000)

    with paired(refuse) as pair, pair.open() as connection:
        connection.sendall(b"x")
        assert read_all(connection) == b"no" * 50_000


def test_when_one_end_goes_every_connection_ends_and_none_can_be_opened() -> None:
    with paired(idle) as pair, pair.open() as connection:
        pair.wires[1].shutdown(socket.SHUT_RDWR)
        assert connection.recv(1) == b""
        wait_until(lambda: len(pair.ended) == 2 or None, "both ends to have ended")
        assert pair.ended == [None, None]
        with pytest.raises(LinkLost):
            pair.open()


def test_an_end_that_says_nothing_counts_as_gone() -> None:
    near, far = socket.socketpair()
    with near, far:
        end = Trunk(near.fileno(), near.fileno(), silence_s=0.3)
        connection = end.open()
        with connection, pytest.raises(LinkLost, match="silent"):
            end.run()
        sent = bytearray(far.recv(65536))
        kinds = [frame.kind for frame in frames.taken(sent)]
        assert kinds == [frames.OPEN, frames.PING]


def test_an_end_that_has_nothing_to_say_answers_when_asked() -> None:
    with paired(echo, silence_s=0.3) as pair:
        until = time.monotonic() + 1.0
        wait_until(lambda: time.monotonic() > until or pair.ended, "three silences")
        assert pair.ended == []
        with pair.open() as connection:
            connection.sendall(b"still here")
            connection.shutdown(socket.SHUT_WR)
            assert read_all(connection) == b"still here"


@pytest.mark.parametrize(
    "said",
    [
        b"Last login: yesterday\n\n",
        Frame(frames.OPEN, 1).packed(),
        bytes([frames.DATA]) + b"\xff" * 8,
        Frame(frames.CREDIT, 1, b"no").packed(),
        b"".join(Frame(frames.DATA, 1, bytes(frames.LARGEST)).packed() for _ in range(150)),
    ],
    ids=["text", "open", "too long", "no amount", "more than it may"],
)
def test_an_end_that_speaks_another_language_is_left(said: bytes) -> None:
    near, far = socket.socketpair()
    with near, far:
        end = Trunk(near.fileno(), near.fileno())
        connection = end.open()
        sender = threading.Thread(target=pour, args=(far, said))
        sender.start()
        with connection, pytest.raises(Unexpected):
            end.run()
        near.close()
        sender.join(PATIENCE_S)


def test_more_channels_than_are_sensible_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunk, "MOST_CHANNELS", 2)
    with paired(echo) as pair:
        connections = [pair.open() for _ in range(3)]
        with contextlib.suppress(BrokenPipeError):
            connections[2].sendall(b"x")
        assert connections[2].recv(1) == b""
        for connection in connections:
            connection.close()


@given(
    st.lists(
        st.builds(
            Frame,
            st.integers(frames.OPEN, frames.PONG),
            st.integers(0, 2**32 - 1),
            st.binary(max_size=50),
        )
    ),
    st.integers(1, 20),
)
def test_frames_cut_anywhere_are_taken_whole(sent: list[Frame], size: int) -> None:
    stream = b"".join(frame.packed() for frame in sent)
    buffer, taken = bytearray(), list[Frame]()
    for start in range(0, len(stream), size):
        buffer += stream[start : start + size]
        taken += frames.taken(buffer)
    assert taken == sent
    assert not buffer
