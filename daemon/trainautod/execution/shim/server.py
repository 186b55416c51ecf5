"""The fork server: a small process whose children become shims.

It reads ``{"id": 7, "directory": "/…"}`` lines from its control socket and forks for each. The
child answers on the work socket, which all shims share. The server itself tells the daemon
``{"ready": pid}``, ``{"id": 7, "error": "…"}`` when it cannot fork, and ``{"died": pid}`` when a
shim was killed. It ends when the daemon's end of the control socket is closed; busy shims go on.
"""

import ctypes
import gc
import json
import os
import select
import sys

from trainautod.execution.shim import identity
from trainautod.execution.shim.link import Request
from trainautod.execution.shim.shim import serve
from trainautod.execution.shim.signals import Signals

READ_BYTES = 65536
_PR_SET_NAME = 15  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36


def main(control: int, work: int) -> None:
    """Serve the socket ``control`` until the daemon closes its end, or SIGTERM comes."""
    os.umask(0o022)  # for the commands; our own files name their modes
    os.set_inheritable(control, False)
    os.set_inheritable(work, False)
    _name_process(b"trainauto-forks")
    signals = Signals()
    identity.boot_id()  # remembered, for every shim
    _tell(control, {"ready": os.getpid()})
    _leave_standard_streams()
    gc.freeze()  # or each child's first collection copies every page
    _Server(control, work, signals).serve()


class _Server:
    def __init__(self, control: int, work: int, signals: Signals) -> None:
        self._control = control
        self._work = work
        self._signals = signals
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
            self._fork(json.loads(line))
        return received != b""

    def _fork(self, request: Request) -> None:
        try:
            child = os.fork()
        except OSError as error:
            _tell(self._control, {"id": request["id"], "error": f"fork: {error.strerror}"})
            return
        if child:
            return
        status = 1
        try:
            self._become_shim(request)
            status = 0
        finally:
            os._exit(status)

    def _become_shim(self, request: Request) -> None:
        os.setsid()
        os.close(self._control)
        self._signals.renew()
        _name_process(b"trainauto-shim")
        subreaper = _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        serve(request, self._signals, self._work, subreaper=subreaper)

    def _collect(self) -> None:
        """Reap shims; one that was killed may have left a request unanswered."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if status:
                    _tell(self._control, {"died": pid})
        except ChildProcessError:
            return


def _leave_standard_streams() -> None:
    """Let go of the daemon's terminal or log: shims must not keep it open."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)


def _tell(control: int, message: dict[str, object]) -> None:
    try:
        os.write(control, json.dumps(message).encode() + b"\n")
    except ConnectionError:
        return  # the daemon is gone, and this process will see that next


def _name_process(name: bytes) -> None:
    """Show ``name`` (15 bytes at most) in ps and top."""
    _prctl(_PR_SET_NAME, name)


def _prctl(option: int, value: int | bytes) -> bool:
    if sys.platform != "linux":
        return False
    return bool(_LIBC.prctl(option, value, 0, 0, 0) == 0)


_LIBC = ctypes.CDLL(None)
