"""The daemon's end of the fork server: started on demand, replaced when it dies."""

import asyncio
import itertools
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import trainautod
from trainautod.execution.errors import ForkServerFailed

START_TIMEOUT_S = 20.0  # a fresh interpreter takes 0.05 s; a machine that swaps takes longer
# The package's folder goes last, unlike PYTHONPATH: nothing installed beside it can stand in for a
# module of the standard library. `-c` also spares the modules that `-m` needs.
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from trainautod.execution.shim.server import main; main(int(sys.argv[2]))"
)
_PACKAGES = str(Path(trainautod.__file__).parent.parent)
_INHERITED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PATH", "TRAINAUTO_FAILPOINTS")

Answer = Mapping[str, Any]


class NoAnswer(Exception):
    """The fork server or the shim died first; the attempt's directory shows how far it came."""


class ForkServer:
    """A process that forks shims."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._starting = asyncio.Lock()
        self._channel: _Channel | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The pid of the process; None before the first start and after a close."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the process if it does not run, and wait until it serves.

        Raises:
            ForkServerFailed: it ended at once, or did not serve in time.
        """
        async with self._starting:
            if self._channel is None or self._channel.lost:
                self._discard()
                self._channel = await self._open()

    async def fork(self, directory: str) -> Answer:
        """Have a shim forked for ``directory``; return what it, or the server, answers.

        Raises:
            NoAnswer: it, or the shim, died before it answered.
            ForkServerFailed: it cannot be started.
        """
        channel = self._channel
        if channel is None or channel.lost:
            await self.start()
            channel = self._channel
        assert channel is not None
        return await channel.ask(next(self._numbers), directory)

    async def close(self) -> None:
        """End the process; shims live on."""
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            await asyncio.to_thread(self._process.wait)
        self._channel = self._process = None

    async def _open(self) -> "_Channel":
        ours, theirs = socket.socketpair()
        loop = asyncio.get_running_loop()
        with theirs:
            try:
                self._process = _spawn(theirs.fileno())
            except OSError as error:
                ours.close()
                raise ForkServerFailed(f"the fork server does not start: {error}") from error
        _, channel = await loop.create_unix_connection(_Channel, sock=ours)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await channel.ready
        except (NoAnswer, TimeoutError) as error:
            channel.close()
            self._discard()
            raise ForkServerFailed from error
        return channel

    def _discard(self) -> None:
        """Make sure that the process of a lost channel is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _spawn(control: int) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return subprocess.Popen(
        (sys.executable, "-I", "-S", "-c", _PROGRAM, _PACKAGES, str(control)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # stderr is ours until it serves, so that a failure is seen
        pass_fds=(control,),
        env=environment,
        cwd="/",
        start_new_session=True,  # an interrupt at the daemon's terminal is not for the attempts
    )


class _Channel(asyncio.Protocol):
    """One connection: numbered requests out, numbered answers in."""

    def __init__(self) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False
        self._transport: asyncio.WriteTransport | None = None
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    async def ask(self, number: int, directory: str) -> Answer:
        """Send request ``number`` and wait for its answer."""
        if self.lost or self._transport is None:
            raise NoAnswer
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._transport.write(json.dumps({"id": number, "directory": directory}).encode() + b"\n")
        try:
            return await answer
        finally:
            del self._waiting[number]

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "ready" in message:
                self.ready.set_result(None)
                continue
            waiting = self._waiting.get(message["id"])
            if waiting is None or waiting.done():
                continue
            if "died" in message:
                waiting.set_exception(NoAnswer())
            else:
                waiting.set_result(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.ready.done():
            self.ready.set_exception(NoAnswer())
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(NoAnswer())

    def close(self) -> None:
        """Close our end; the fork server ends at that."""
        self.lost = True
        if self._transport is not None:
            self._transport.close()
