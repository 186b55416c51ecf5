"""Going on in the background, and telling whoever started the daemon how the start went."""

import json
import os
import sys
from contextlib import suppress

_EXIT_FAILED = 1


class Starter:
    """Whoever started the daemon: it waits until a detached one serves, or hears why not."""

    def __init__(self) -> None:
        self._told = -1

    def detach(self) -> None:
        """Go on as a process of its own session, without a terminal; the caller's process waits."""
        told, self._told = os.pipe()
        if os.fork() > 0:
            os.close(self._told)
            os._exit(_relay(told))
        os.close(told)
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)

    def ready(self) -> None:
        """Tell that the daemon can be connected to."""
        self._tell({"status": 0})

    def failed(self, message: str, status: int) -> None:
        """Tell why the daemon ends; nobody listens any more once it was ready."""
        print(f"trainautod: {message}", file=sys.stderr)
        self._tell({"status": status, "message": message})

    def _tell(self, document: dict[str, object]) -> None:
        if self._told >= 0:
            with suppress(OSError):  # whoever waited was killed
                os.write(self._told, json.dumps(document).encode())
            os.close(self._told)
            self._told = -1


def _relay(told: int) -> int:
    """Wait for the daemon's word; print why it failed, if it did, and return the exit status."""
    text = b""
    while piece := os.read(told, 65536):
        text += piece
    document = json.loads(text) if text else {}
    if "message" in document or not document:
        message = document.get("message", "the daemon died before it served")
        os.write(2, f"trainautod: {message}\n".encode("utf-8", "backslashreplace"))
    return int(document.get("status", _EXIT_FAILED))
