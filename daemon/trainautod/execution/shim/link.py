"""The shim's line to the daemon: what it is asked to do, what it tells."""

import json
import os
import sys

from trainautod.execution.shim.signals import Signals

MESSAGE_BYTES = 65536
# Waiting for another attempt takes a socket whose messages go to one reader each and which ends
# with the daemon (SOCK_SEQPACKET); elsewhere each attempt gets a fresh shim.
STAYS = sys.platform == "linux"

Request = dict[str, "int | str"]


class Link:
    """A socket that all shims of one daemon share; each message is read by one of them."""

    __slots__ = ("_signals", "_work")

    def __init__(self, work: int, signals: Signals) -> None:
        self._work = work
        self._signals = signals

    def tell(self, message: dict[str, object]) -> None:
        """Send a message; nothing when the daemon is gone: it will look when it is back."""
        try:
            os.write(self._work, json.dumps({"pid": os.getpid(), **message}).encode())
        except ConnectionError:
            return

    def next_request(self) -> Request | None:
        """Wait for another attempt; None when the daemon is gone or has none for this shim."""
        if not STAYS:
            return None
        os.chdir("/")  # the last sandbox may be removed
        self._signals.idle(True)
        try:
            message = os.read(self._work, MESSAGE_BYTES)
        except ConnectionError:
            message = b""
        self._signals.idle(False)
        if not message:
            return None
        request: Request = json.loads(message)
        if "directory" in request:
            return request
        self.tell({"id": request["id"], "left": True})
        return None
