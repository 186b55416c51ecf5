"""The shims of this daemon: forked when one is needed, used again when one is free.

A fork costs more than all else that an attempt needs (some 400 pages are copied at its first
touches), so a shim that has left its record waits a while for another attempt. It attends one
attempt at a time, and one that outlives its daemon ends with the attempt.
"""

import asyncio
import itertools
import json
import os
import socket
import sys
from collections.abc import Callable

from trainautod.execution.attempt import ExitRecord
from trainautod.execution.errors import LaunchFailed
from trainautod.execution.forkserver import ForkServer, Message

FREE_MOST = max(2, min(os.cpu_count() or 1, 8))  # about 3 MB each; queues hold 10 messages
FREE_FOR_S = 5.0  # without a new attempt, before free shims are dismissed
_MESSAGE_BYTES = 65536
# Each message goes to one reader, and the end of the daemon is seen. Where that does not exist
# shims only write.
_KIND = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM

OnEnd = Callable[[str, ExitRecord], None]


class NoAnswer(Exception):
    """The fork server or the shim died first; the attempt's directory shows how far it came."""


class Shims:
    """Assigns attempts to shims.

    Args:
        on_end: called with the directory and the record of each attempt that has ended, once the
            record is durable.
    """

    def __init__(self, on_end: OnEnd) -> None:
        self._on_end = on_end
        self._numbers = itertools.count(1)
        self._starting = asyncio.Lock()
        self._server: ForkServer | None = None
        self._work: tuple[socket.socket, socket.socket] | None = None
        self._free: set[int] = set()
        self._sent: set[int] = set()  # requests that some free shim takes, or has just taken
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._dismissal: asyncio.TimerHandle | None = None
        self._asked_at = 0.0

    @property
    def fork_server_pid(self) -> int | None:
        """The pid of the fork server; None while there is none."""
        return self._server.pid if self._server else None

    async def start(self) -> None:
        """Start the fork server unless one serves.

        Raises:
            ForkServerFailed: it does not start.
        """
        async with self._starting:
            if self._server is not None and self._server.serves:
                return
            if self._server is not None:
                self._server.discard()
            self._server = ForkServer(self._heard)
            await self._server.start(self._work_socket())

    async def attend(self, directory: str) -> Message:
        """Have a shim attend the attempt in ``directory``; return what it answers.

        That is ``{"claim": …}``, ``{"taken": True}`` or ``{"error": "…"}``.

        Raises:
            NoAnswer: it, or the fork server, died before it answered.
            ForkServerFailed: the fork server cannot be started.
        """
        number = next(self._numbers)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._asked_at = asyncio.get_running_loop().time()
        try:
            if not self._send(number, directory):
                await self.start()
                assert self._server is not None
                self._server.fork(number, directory)
            return await answer
        finally:
            del self._waiting[number]

    async def close(self) -> None:
        """Let go of the fork server and of the shims; those that are busy live on.

        Whoever waits for an answer gets LaunchFailed.
        """
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(LaunchFailed("the executor was closed"))
        if self._dismissal is not None:
            self._dismissal.cancel()
        if self._work is not None:
            asyncio.get_running_loop().remove_reader(self._work[0])
            for end in self._work:
                end.close()
            self._work = None
        if self._server is not None:
            await self._server.close()
            self._server = None

    def _work_socket(self) -> socket.socket:
        if self._work is None:
            self._work = socket.socketpair(socket.AF_UNIX, _KIND)
            self._work[0].setblocking(False)
            asyncio.get_running_loop().add_reader(self._work[0], self._receive)
        return self._work[1]

    def _send(self, number: int, directory: str | None) -> bool:
        """Give a request to a free shim, or, without directory, a dismissal; False if none is."""
        if self._work is None or len(self._free) <= len(self._sent):
            return False
        request: dict[str, object] = {"id": number}
        if directory is not None:
            request["directory"] = directory
        try:
            self._work[0].send(json.dumps(request).encode())
        except BlockingIOError:
            return False
        self._sent.add(number)
        return True

    def _receive(self) -> None:
        while self._work is not None:
            try:
                data = self._work[0].recv(_MESSAGE_BYTES)
            except BlockingIOError:
                return
            self._heard(json.loads(data))

    def _heard(self, message: Message) -> None:
        """Take in what a shim or the fork server tells."""
        number = message.get("id")
        if number is not None:
            self._sent.discard(number)
            self._answer(number, message)
        if message.get("stays"):
            self._keep(message["pid"])
        elif "pid" in message:
            self._free.discard(message["pid"])
        if "record" in message:
            self._on_end(message["directory"], ExitRecord.from_mapping(message["record"]))
        if "died" in message or "gone" in message:
            self._forget(message.get("died"))

    def _answer(self, number: int, message: Message) -> None:
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    def _forget(self, pid: int | None) -> None:
        """Have everything asked again that the dead process may have been about to answer."""
        if pid is not None:
            self._free.discard(pid)
        self._sent.clear()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(NoAnswer())

    def _keep(self, pid: int) -> None:
        """Keep a shim that is free now, or dismiss one when there are enough."""
        self._free.add(pid)
        if len(self._free) - len(self._sent) > FREE_MOST:
            self._send(next(self._numbers), None)
        if self._dismissal is None:
            loop = asyncio.get_running_loop()
            self._dismissal = loop.call_later(FREE_FOR_S, self._dismiss)

    def _dismiss(self) -> None:
        """Send the free shims home when nothing was asked of them for long."""
        loop = asyncio.get_running_loop()
        self._dismissal = None
        rest = self._asked_at + FREE_FOR_S - loop.time()
        if rest > 0:
            self._dismissal = loop.call_later(rest, self._dismiss)
            return
        while self._send(next(self._numbers), None):
            continue
