"""The far end: what comes first decides, and each end of a stream is passed on."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from trainauto_tui.client import far_end, frames
from trainauto_tui.client.trunk import Trunk
from trainauto_tui.errors import NoDaemon

PATIENCE_S = 20.0


class FarEnd:
    """A far end on pipes, whose daemon is ``daemon``."""

    def __init__(self, daemon: Callable[[socket.socket], None]) -> None:
        self._daemon = daemon
        source, self.stdin = os.pipe()
        self.stdout, sink = os.pipe()
        self._fds = (source, sink)
        self.failed: list[Exception] = []
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _connect(self) -> socket.socket:
        near, far = socket.socketpair()
        far.settimeout(PATIENCE_S)
        threading.Thread(target=self._daemon, args=(far,), daemon=True).start()
        return near

    def _serve(self) -> None:
        try:
            far_end.serve(self._connect, *self._fds)
        except Exception as error:
            self.failed.append(error)
        finally:
            for descriptor in self._fds:
                os.close(descriptor)

    def read_all(self) -> bytes:
        """Return what comes out until the end."""
        return b"".join(iter(lambda: os.read(self.stdout, 65536), b""))

    def close_input(self) -> None:
        """Let the asking side end its stream."""
        os.close(self.stdin)
        self.stdin = -1


@contextlib.contextmanager
def running(daemon: Callable[[socket.socket], None]) -> Iterator[FarEnd]:
    end = FarEnd(daemon)
    try:
        yield end
    finally:
        if end.stdin >= 0:
            os.close(end.stdin)
        os.close(end.stdout)
        end.thread.join(PATIENCE_S)
        assert not end.thread.is_alive()


def echo(connection: socket.socket) -> None:
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)


def say_and_close(connection: socket.socket) -> None:
    with connection:
        connection.recv(10)
        connection.sendall(b"answer")


def test_what_is_no_greeting_is_passed_on_as_it_is_and_the_answer_comes_back() -> None:
    with running(echo) as end:
        os.write(end.stdin, b"GET / HTTP/1.1\r\n")
        assert os.read(end.stdout, 100) == b"GET / HTTP/1.1\r\n"
        os.write(end.stdin, b"more")
        assert os.read(end.stdout, 100) == b"more"
        end.close_input()
        assert end.read_all() == b""


def test_half_a_greeting_is_no_greeting() -> None:
    with running(echo) as end:
        os.write(end.stdin, frames.GREETING[:5])
        end.close_input()
        assert end.read_all() == frames.GREETING[:5]


def test_it_ends_when_the_daemon_closes_though_nobody_closed_the_input() -> None:
    with running(say_and_close) as end:
        os.write(end.stdin, b"question")
        assert end.read_all() == b"answer"
        end.thread.join(PATIENCE_S)
        assert not end.thread.is_alive()


def test_an_end_without_a_question_ends_both() -> None:
    with running(echo) as end:
        end.close_input()
        assert end.read_all() == b""


def test_big_transfers_both_ways_at_once_do_not_block_one_another() -> None:
    big = os.urandom(4096) * 1024

    def read_late(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(PATIENCE_S)
            sender = threading.Thread(target=connection.sendall, args=(big,))
            sender.start()
            while len(got) < len(big):
                got.extend(connection.recv(65536))
            sender.join()

    got = bytearray()
    with running(read_late) as end:
        writer = threading.Thread(target=_write_all, args=(end.stdin, big))
        writer.start()
        assert end.read_all() == big
        writer.join()
    assert got == big


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view[:65536]) :]


def test_a_reader_that_goes_away_ends_it() -> None:
    poured: list[int] = []

    def pour(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while True:
                connection.sendall(bytes(65536))
                poured.append(1)

    end = FarEnd(pour)
    os.write(end.stdin, b"x")
    os.read(end.stdout, 10)
    os.close(end.stdout)
    end.thread.join(PATIENCE_S)
    assert not end.thread.is_alive()
    assert end.failed == []
    os.close(end.stdin)


def test_a_greeting_opens_a_trunk() -> None:
    with running(echo) as end:
        os.write(end.stdin, frames.GREETING)
        assert os.read(end.stdout, len(frames.GREETING)) == frames.GREETING
        trunk = Trunk(end.stdout, end.stdin)
        carrier = threading.Thread(target=trunk.run, daemon=True)
        carrier.start()
        with trunk.open() as one, trunk.open() as other:
            for number, connection in enumerate((one, other)):
                connection.settimeout(PATIENCE_S)
                connection.sendall(b"%d" % number)
            assert (one.recv(10), other.recv(10)) == (b"0", b"1")
        trunk.close()
        carrier.join(PATIENCE_S)


def test_a_daemon_that_cannot_be_reached_is_an_answer_on_a_trunk_and_an_error_without() -> None:
    def absent() -> socket.socket:
        raise NoDaemon("no daemon answers", hint="start one")

    near, far = socket.socketpair()
    with near, far:
        near.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(NoDaemon, match="no daemon answers"):
            far_end.serve(absent, far.fileno(), far.fileno())
    near, far = socket.socketpair()
    with near, far:
        near.sendall(frames.GREETING + frames.Frame(frames.OPEN, 1).packed())
        thread = threading.Thread(target=far_end.serve, args=(absent, far.fileno(), far.fileno()))
        thread.start()
        near.settimeout(PATIENCE_S)
        answer = b""
        while b"start one" not in answer:
            answer += near.recv(65536)
        assert b"HTTP/1.1 503" in answer
        assert b"no daemon answers" in answer
        near.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE_S)
