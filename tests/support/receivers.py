"""Those who are told of things: a real SMTP server and a real HTTP server, which die and come back.

Each keeps its port, so that a sender finds it again; what it received outlives it.
"""

import email
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LOCAL = "127.0.0.1"


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Mail:
    """A mail that was taken: for whom, and what it says."""

    recipients: tuple[str, ...]
    message: Message

    @property
    def key(self) -> str:
        """Its Message-ID; a mail has exactly one."""
        (found,) = self.message.get_all("Message-ID", [])
        return str(found)

    @property
    def text(self) -> str:
        """Its body, with the lines of a mail ended as those of a text."""
        payload = self.message.get_payload(decode=True)
        assert isinstance(payload, bytes)
        return payload.decode().replace("\r\n", "\n")


class MailSink:
    """An SMTP server; it refuses addresses that begin with ``nobody``."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[Mail] = []
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        """What Apprise sends mail here by."""
        return f"mailto://{LOCAL}:{self.port}/ops@example.org?from=trainauto@example.org"

    @property
    def keys(self) -> list[str]:
        """The Message-ID of each mail, in the order in which they came."""
        return [mail.key for mail in self.mails]

    def start(self) -> None:
        """Listen."""
        self._controller = Controller(self, hostname=LOCAL, port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Die."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """Take an address, or refuse it."""
        if address.startswith("nobody"):
            return "550 there is no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content)
        self.mails.append(Mail(tuple(envelope.rcpt_tos), message))
        return "250 OK"


@dataclass(frozen=True)
class Post:
    """A message that came over HTTP."""

    key: str
    title: str
    text: str


class HttpSink:
    """An HTTP server that Apprise's ``json://`` posts to.

    Attributes:
        status: what it answers; a message counts as received with 200 only.
        hold: when set, what a request waits for before it is answered.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.posts: list[Post] = []
        self.status = 200
        self.hold: Callable[[], Any] | None = None
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """What Apprise posts here by."""
        return f"json://{LOCAL}:{self.port}/hook/s3cret-token"

    @property
    def keys(self) -> list[str]:
        """The idempotency key of each message, in the order in which they came."""
        return [post.key for post in self.posts]

    def start(self) -> None:
        """Listen."""
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                sink.receive(self.headers["Idempotency-Key"], json.loads(self.rfile.read(length)))
                self.send_response(sink.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
                """Keep quiet."""

        self._server = _Server((LOCAL, self.port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        """Die."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None

    def receive(self, key: str, document: Any) -> None:
        """Take a message, unless it is to be refused."""
        if self.status == 200:
            self.posts.append(Post(key, document["title"], document["message"]))
        if self.hold is not None:
            self.hold()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that is killed is part of the tests."""


@contextmanager
def receiving() -> Iterator[tuple[HttpSink, MailSink]]:
    """Have both receive for the length of a block."""
    hook, mail = HttpSink(), MailSink()
    hook.start()
    mail.start()
    try:
        yield hook, mail
    finally:
        hook.stop()
        mail.stop()
