"""The HTTP that the client speaks, byte by byte."""

import socket
import threading
from collections.abc import Iterator

import pytest

from trainauto_tui.client import wire
from trainauto_tui.errors import LinkLost, Unexpected


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    near.settimeout(5)
    far.settimeout(5)
    with near, far:
        yield near, far


def answer_to(ends: tuple[socket.socket, socket.socket], *said: bytes) -> wire.Answer:
    """Ask, with the other end saying these bytes and hanging up."""
    near, far = ends

    def speak() -> None:
        far.recv(65536)
        for piece in said:
            far.sendall(piece)
        far.shutdown(socket.SHUT_WR)

    speaker = threading.Thread(target=speak)
    speaker.start()
    try:
        return wire.ask(near, "GET", "/status")
    finally:
        speaker.join()


def test_a_request_names_its_method_target_and_body(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    near, far = ends
    far.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    far.shutdown(socket.SHUT_WR)
    wire.ask(near, "POST", "/runs", b'{"a": 1}', {"Accept": "x/y"}).close()
    head, _, body = far.recv(65536).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /runs HTTP/1.1"
    assert {b"Accept: x/y", b"Content-Length: 8", b"Content-Type: application/json"} <= set(lines)
    assert body == b'{"a": 1}'


def test_an_answer_that_came_before_the_request_is_heard(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    near, far = ends
    far.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nnone")
    far.close()
    answer = wire.ask(near, "GET", "/status")
    assert (answer.status, answer.body()) == (503, b"none")


def test_a_request_to_one_that_hung_up_without_a_word_is_lost(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    near, far = ends
    far.close()
    with pytest.raises(LinkLost, match="the daemon hung up"):
        wire.ask(near, "GET", "/status")


def test_a_request_without_a_body_says_so_where_one_is_expected(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    near, far = ends
    far.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    wire.ask(near, "POST", "/daemon/stop").close()
    assert b"Content-Length: 0\r\n" in far.recv(65536)


def test_a_counted_body_is_read_to_its_length(ends: tuple[socket.socket, socket.socket]) -> None:
    answer = answer_to(ends, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Log-End: 9\r\n\r\nhello")
    assert (answer.status, answer.headers["x-log-end"]) == (200, "9")
    assert answer.body() == b"hello"
    answer.close()


def test_a_chunked_body_is_put_together_however_it_arrives(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    answer = answer_to(
        ends,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        b"c\r\n4;x=y\r\ndefg\r\n0\r\n\r\n",
    )
    assert answer.body() == b"abcdefg"
    answer.close()


def test_a_body_of_unsaid_length_ends_with_the_connection(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    answer = answer_to(ends, b"HTTP/1.1 200 OK\r\n\r\nab", b"cd")
    assert answer.body() == b"abcd"
    answer.close()


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_a_body_that_breaks_off_is_a_lost_link_never_a_short_answer(
    ends: tuple[socket.socket, socket.socket], said: bytes
) -> None:
    answer = answer_to(ends, said)
    with pytest.raises(LinkLost):
        answer.body()
    answer.close()


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"])
def test_a_head_that_breaks_off_is_a_lost_link(
    ends: tuple[socket.socket, socket.socket], said: bytes
) -> None:
    with pytest.raises(LinkLost):
        answer_to(ends, said)


def test_something_else_on_the_socket_is_named(ends: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(Unexpected, match="does not speak HTTP: '220 mail ready'"):
        answer_to(ends, b"220 mail ready\r\n")


def test_silence_is_a_lost_link(ends: tuple[socket.socket, socket.socket]) -> None:
    near, _far = ends
    near.settimeout(0.05)
    with pytest.raises(LinkLost, match="did not answer"):
        wire.ask(near, "GET", "/status")


def test_silence_within_a_body_is_a_lost_link(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
    answer = wire.ask(near, "GET", "/status")
    near.settimeout(0.05)
    with pytest.raises(LinkLost, match="broke"):
        answer.body()
    answer.close()
