"""The daemon's end of the fork server: a process that is started, asked, and closed."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import trainautod
from trainautod.execution.errors import ForkServerFailed

START_TIMEOUT_S = 20.0  # a fresh interpreter takes 0.05 s; a machine that swaps takes longer
_LOOK_S = 0.002  # between looks for its end; it ends as soon as it has read the end of its input
# The package's folder goes last, unlike PYTHONPATH: nothing installed beside it can stand in for a
# module of the standard library. `-c` also spares the modules that `-m` needs.
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from trainautod.execution.shim.server import main; main(int(sys.argv[2]), int(sys.argv[3]))"
)
_PACKAGES = str(Path(trainautod.__file__).parent.parent)
_INHERITED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PATH", "TRAINAUTO_FAILPOINTS")

Message = Mapping[str, Any]
Listener = Callable[[Message], None]


class ForkServer:
    """One process that forks shims.

    Args:
        listener: called with each message of the server, and with ``{"gone": True}`` at its end.
    """

    def __init__(self, listener: Listener) -> None:
        self._channel = _Channel(listener)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The pid of the process; None when it has not been started."""
        return self._process.pid if self._process else None

    @property
    def serves(self) -> bool:
        """Whether it takes requests."""
        return self._channel.ready.done() and not self._channel.lost

    async def start(self, work: socket.socket) -> None:
        """Start the process, with the socket that its shims will share; wait until it serves.

        Raises:
            ForkServerFailed: it ended at once, or did not serve in time.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = _spawn(theirs.fileno(), work.fileno())
            except OSError as error:
                ours.close()
                raise ForkServerFailed(f"the fork server does not start: {error}") from error
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self._channel, sock=ours)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._channel.ready
        except (ConnectionError, TimeoutError) as error:
            self.discard()
            raise ForkServerFailed from error

    def fork(self, number: int, directory: str) -> None:
        """Have a shim forked for ``directory``; it, or the server, answers request ``number``."""
        self._channel.send({"id": number, "directory": directory})

    async def close(self) -> None:
        """Let it end by itself, and wait for that."""
        self._channel.close()
        if self._process is None:
            return
        # Not on a thread: all may be busy for long, or the machine may have none left.
        while self._process.poll() is None:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_S)

    def discard(self) -> None:
        """Make sure that it is gone."""
        self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _spawn(control: int, work: int) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return subprocess.Popen(
        (sys.executable, "-I", "-S", "-c", _PROGRAM, _PACKAGES, str(control), str(work)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # stderr is ours until it serves, so that a failure is seen
        pass_fds=(control, work),
        env=environment,
        cwd="/",
        start_new_session=True,  # an interrupt at the daemon's terminal is not for the attempts
    )


class _Channel(asyncio.Protocol):
    """One connection: JSON lines out, JSON lines in."""

    def __init__(self, listener: Listener) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False
        self._listener = listener
        self._transport: asyncio.WriteTransport | None = None
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def send(self, message: Message) -> None:
        if self._transport is not None:
            self._transport.write(json.dumps(message).encode() + b"\n")

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "ready" in message:
                self.ready.set_result(None)
            else:
                self._listener(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self.ready.done():
            self._listener({"gone": True})
        else:
            self.ready.set_exception(ConnectionResetError("the fork server ended"))

    def close(self) -> None:
        """Close our end; the fork server ends at that."""
        self.lost = True
        if self._transport is not None:
            self._transport.close()
