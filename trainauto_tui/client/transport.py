"""How a client reaches a daemon: a function that returns a connected socket.

The Unix socket of a home is the ordinary one. Anything else that yields a connected stream
socket will do, for example one end of a ``socketpair`` whose other end is an ``ssh`` process.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from trainauto_tui.errors import NoDaemon, Refused, Unavailable

Connect = Callable[[], socket.socket]

CONNECT_TIMEOUT_S = 5.0  # a daemon that accepts nothing for this long is stuck


def unix(path: Path) -> Connect:
    """Return a function that connects to the Unix socket at ``path``.

    The function raises:
        NoDaemon: nothing listens there.
        Refused: the socket belongs to another user.
        Unavailable: the daemon does not accept connections.
    """

    def connect() -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECT_TIMEOUT_S)
        try:
            connection.connect(str(path))
        except PermissionError as error:
            connection.close()
            raise Refused(f"the daemon's socket {path} belongs to another user") from error
        except (BlockingIOError, TimeoutError) as error:
            connection.close()
            raise Unavailable(f"the daemon at {path} accepts no connection: it is busy") from error
        except OSError as error:
            connection.close()
            raise NoDaemon(
                f"no daemon answers at {path}", hint="start one with: trainauto daemon start"
            ) from error
        return connection

    return connect
