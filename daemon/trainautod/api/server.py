"""Serving the application on Unix sockets that only this user can use."""

import asyncio
import os
import select
import socket
import struct
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from trainautod.api.access import Access
from trainautod.home import PRIVATE_DIRECTORY, read_only_socket_path, socket_path
from trainautod.runtime.errors import HomeUnsafe

_UCRED = struct.Struct("3i")  # struct ucred: pid, uid, gid
_MACOS_LOCAL_PEERCRED = 0x001
_BACKLOG = 128


@contextmanager
def listening(home: Path) -> Iterator[Mapping[Access, socket.socket]]:
    """Listen on both sockets of a home for the length of a block: to work, and only to look.

    The caller holds the home's lock, so that a socket file found there is a dead daemon's.

    Raises:
        HomeUnsafe: a directory of them belongs to another user.
        OSError: a socket cannot be bound.
    """
    # Whoever finds the daemon by the second socket will find the first one there.
    places: dict[Access, Path] = {
        "read-only": read_only_socket_path(home),
        "read-write": socket_path(home),
    }
    listeners: dict[Access, socket.socket] = {}
    try:
        for access, path in places.items():
            listeners[access] = _bind(path)
        yield listeners
    finally:
        for access, listener in listeners.items():
            places[access].unlink(missing_ok=True)
            listener.close()


def _bind(path: Path) -> socket.socket:
    """Return a listening socket at ``path``: directory 0700, socket 0600."""
    fallback = path.parent.parent
    if fallback.name == f"trainauto-{os.getuid()}":  # of homes with long paths; whoever owns it
        _own(fallback)  # could move what is in it
    _own(path.parent.resolve())
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listener.bind(os.fspath(path))
    finally:
        os.umask(mask)
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener


def _own(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY)
    if directory.lstat().st_uid != os.getuid():
        raise HomeUnsafe(f"{directory} belongs to another user; use another --home")
    directory.chmod(PRIVATE_DIRECTORY)


def peer_uid(connection: socket.socket) -> int:
    """Return the uid of the process at the other end, as the kernel tells it."""
    peer_credentials: int | None = getattr(socket, "SO_PEERCRED", None)  # Linux
    if peer_credentials is not None:
        raw = connection.getsockopt(socket.SOL_SOCKET, peer_credentials, _UCRED.size)
        return int(_UCRED.unpack(raw)[1])
    raw = connection.getsockopt(0, _MACOS_LOCAL_PEERCRED, 128)
    return int(struct.unpack_from("2I", raw)[1])


class OwnerOnly(H11Protocol):
    """Hangs up on every other user, whatever the file modes say."""

    config: "_Config"

    def connection_made(self, transport: Any) -> None:
        """Check who connects before reading a byte, and note which socket they came to."""
        connection = transport.get_extra_info("socket")
        if peer_uid(connection) != os.getuid():
            transport.abort()
            return
        self.app_state = {"access": self.config.access[connection.getsockname()]}
        super().connection_made(transport)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer whoever only asks nothing more; return whether the connection stays for that."""
        poller = select.poll()
        poller.register(self.transport.get_extra_info("socket").fileno(), 0)
        gone = any(events & select.POLLHUP for _, events in poller.poll(0))
        return not gone and self.cycle is not None and not self.cycle.response_complete

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection; one that was refused was never known."""
        if getattr(self, "transport", None) is not None:
            super().connection_lost(exc)


async def serve(
    app: ASGIApp,
    listeners: Mapping[Access, socket.socket],
    until: Coroutine[Any, Any, None],
) -> None:
    """Serve until ``until`` has returned; each request's state tells the access of its socket."""
    config = _Config(app, listeners)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[*listeners.values()]), name="api")
    stop = asyncio.create_task(until, name="stop")
    await asyncio.wait((serving, stop), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stop.cancel()
    await serving


class _Config(uvicorn.Config):
    """What the server goes by, and the access of each socket by its address."""

    def __init__(self, app: ASGIApp, listeners: Mapping[Access, socket.socket]) -> None:
        super().__init__(
            app,
            http=OwnerOnly,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=2,
        )
        self.access = {bound.getsockname(): access for access, bound in listeners.items()}


class _Server(uvicorn.Server):
    """Leaves signals to ``main``."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Do nothing with signals."""
        return nullcontext()
