"""Just enough HTTP/1.1 to talk with the daemon over a socket that is already connected.

The standard library's ``http.client`` brings the e-mail parser and TLS with it, which is a third
of the time that ``trainauto status`` may take; the daemon needs neither. One request per
connection: the daemon is on the same machine, where connecting costs microseconds.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress

from trainauto_tui.errors import LinkLost, Unexpected

PIECE = 65536  # bytes read at once where the answer does not say how long a part is
LONGEST_LINE = 65536  # bytes of a header or chunk-size line; longer means it is not HTTP


class Answer:
    """The head of an answer and its body, still to be read from the connection.

    Attributes:
        status: HTTP status code.
        headers: header values by lower-case name.
    """

    __slots__ = ("_connection", "_stream", "headers", "status")

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._stream = connection.makefile("rb")
        self.status = _status(self._line())
        self.headers = self._read_headers()

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it arrives.

        Raises:
            LinkLost: the connection ended, or went silent, before the body did.
        """
        try:
            if self.headers.get("transfer-encoding", "").lower() == "chunked":
                yield from self._chunks()
            elif "content-length" in self.headers:
                yield from self._counted(int(self.headers["content-length"]))
            else:
                yield from iter(lambda: self._stream.read1(PIECE), b"")
        except (OSError, ValueError) as error:
            raise LinkLost(f"the link to the daemon broke: {error}") from error

    def body(self) -> bytes:
        """Return the whole body; raises LinkLost as ``pieces`` does."""
        return b"".join(self.pieces())

    def close(self) -> None:
        """Drop the connection; what was not read is lost."""
        self._stream.close()
        self._connection.close()

    def _read_headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while line := self._line():
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        return headers

    def _line(self) -> str:
        try:
            line = self._stream.readline(LONGEST_LINE)
        except OSError as error:
            raise LinkLost(f"the daemon did not answer: {error}") from error
        if not line.endswith(b"\n"):
            raise LinkLost
        return line.decode("latin-1").rstrip("\r\n")

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._line().partition(";")[0], 16):
            yield from self._counted(size)
            self._line()
        while self._line():
            pass

    def _counted(self, size: int) -> Iterator[bytes]:
        while size:
            piece = self._stream.read1(min(size, PIECE))
            if not piece:
                raise LinkLost
            size -= len(piece)
            yield piece


def ask(
    connection: socket.socket,
    method: str,
    target: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request and return its answer; the caller closes the answer.

    Args:
        connection: connected, used for nothing else, with the caller's timeout set.
        method: HTTP method.
        target: path and query, already quoted.
        body: JSON bytes, or None for a request without one.
        headers: more headers, such as ``Accept``.

    Raises:
        LinkLost: the daemon hung up or stayed silent longer than the connection's timeout.
        Unexpected: what answered does not speak HTTP.
    """
    lines = [f"{method} {target} HTTP/1.1", "Host: trainauto", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    elif method != "GET":
        lines.append("Content-Length: 0")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    try:
        connection.sendall(head + (body or b""))
    except (BrokenPipeError, ConnectionResetError) as error:
        with suppress(LinkLost):  # it may have answered before it was asked, as for an absent one
            return Answer(connection)
        raise LinkLost(f"the daemon hung up: {error}") from error
    except OSError as error:
        raise LinkLost(f"the daemon hung up: {error}") from error
    return Answer(connection)


def _status(line: str) -> int:
    """Return the code of a status line such as ``HTTP/1.1 200 OK``."""
    parts = line.split(" ", 2)
    if not parts[0].startswith("HTTP/1.") or len(parts) < 2 or not parts[1].isdigit():
        raise Unexpected(f"what answers on the daemon's socket does not speak HTTP: {line[:60]!r}")
    return int(parts[1])
