"""The fork server: a small process whose children become shims.

It reads ``{"id": 7, "directory": "/…"}`` lines from a socket, forks for each, and lets the child
answer on the same socket: ``{"id": 7, "claim": {…}}``, ``{"id": 7, "taken": true}`` when another
shim has that directory, or ``{"id": 7, "error": "…"}``. When a shim was killed, the server says
``{"id": 7, "died": true}``, which is news only to a daemon that still waits for 7. It ends
when the daemon's end is closed; its shims do not notice.
"""

import ctypes
import gc
import json
import os
import select
import sys

from trainautod.execution.shim import identity
from trainautod.execution.shim.shim import attend
from trainautod.execution.shim.signals import Signals

READ_BYTES = 65536
_PR_SET_NAME = 15  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36


def main(control: int) -> None:
    """Serve the socket ``control`` until the daemon closes its end, or SIGTERM comes."""
    os.umask(0o022)  # for the commands; our own files name their modes
    os.set_inheritable(control, False)
    _name_process(b"trainauto-forks")
    signals = Signals()
    identity.boot_id()  # remembered, for every shim
    _answer(control, {"ready": os.getpid()})
    _leave_standard_streams()
    gc.freeze()  # or each child's first collection copies every page
    _Server(control, signals).serve()


class _Server:
    def __init__(self, control: int, signals: Signals) -> None:
        self._control = control
        self._signals = signals
        self._requests: dict[int, int] = {}  # of the shims that run, by pid
        self._rest = b""

    def serve(self) -> None:
        poller = select.poll()
        poller.register(self._control, select.POLLIN)
        poller.register(self._signals.wake, select.POLLIN)
        while not self._signals.stop:
            for descriptor, _ in poller.poll():
                if descriptor == self._signals.wake:
                    self._signals.drain()
                    self._collect()
                elif not self._take_requests():
                    return

    def _take_requests(self) -> bool:
        """Fork for each request that has come; return False when the daemon has gone."""
        received = os.read(self._control, READ_BYTES)
        *lines, self._rest = (self._rest + received).split(b"\n")
        for line in lines:
            request = json.loads(line)
            self._fork(request["id"], request["directory"])
        return received != b""

    def _fork(self, request: int, directory: str) -> None:
        try:
            child = os.fork()
        except OSError as error:
            _answer(self._control, {"id": request, "error": f"fork: {error.strerror}"})
            return
        if child:
            self._requests[child] = request
            return
        status = 1
        try:
            _become_shim(self._control, self._signals, request, directory)
            status = 0
        finally:
            os._exit(status)

    def _collect(self) -> None:
        """Reap shims; one that was killed may have left its request unanswered."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                request = self._requests.pop(pid)
                if status:
                    _answer(self._control, {"id": request, "died": True})
        except ChildProcessError:
            return


def _become_shim(control: int, signals: Signals, request: int, directory: str) -> None:
    os.setsid()
    signals.renew()
    _name_process(b"trainauto-shim")
    subreaper = _prctl(_PR_SET_CHILD_SUBREAPER, 1)

    def answer(message: dict[str, object]) -> None:
        _answer(control, {"id": request, **message})
        os.close(control)

    attend(directory, signals, answer, subreaper=subreaper)


def _leave_standard_streams() -> None:
    """Let go of the daemon's terminal or log: shims must not keep it open."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)


def _answer(control: int, message: dict[str, object]) -> None:
    try:
        os.write(control, json.dumps(message).encode() + b"\n")
    except (BrokenPipeError, ConnectionError):
        return  # the daemon is gone; it will find the claim when it is back


def _name_process(name: bytes) -> None:
    """Show ``name`` (15 bytes at most) in ps and top."""
    _prctl(_PR_SET_NAME, name)


def _prctl(option: int, value: int | bytes) -> bool:
    if sys.platform != "linux":
        return False
    return bool(_LIBC.prctl(option, value, 0, 0, 0) == 0)


_LIBC = ctypes.CDLL(None)
