"""Requests as any HTTP client would send them: the standard library's, not our own."""

import http.client
import json
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

PATIENCE_S = 30.0


class Answer(NamedTuple):
    """Status, headers by lower-case name, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the document in the body."""
        return json.loads(self.body)

    def error(self) -> dict[str, Any]:
        """Return what an error document says; it must have that shape."""
        told: dict[str, Any] = self.json()["error"]
        assert set(told) == {"code", "message", "hint", "problems"}
        assert told["message"]
        return told


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("trainauto", timeout=PATIENCE_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(str(self._path))


def ask(
    path: Path,
    method: str,
    target: str,
    body: bytes | Iterable[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request to the socket at ``path``; an iterable body goes out in chunks."""
    connection = _UnixConnection(path)
    try:
        connection.request(method, target, body, dict(headers or {}))
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read())
    finally:
        connection.close()


def post(path: Path, target: str, document: Any) -> Answer:
    """Send a JSON document; ``bytes`` go as they are."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return ask(path, "POST", target, body, {"Content-Type": "application/json"})
