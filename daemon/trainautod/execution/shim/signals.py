"""What other processes tell the fork server and a shim: a child has ended, a stop is asked for."""

import os
import signal


class Signals:
    """Catches SIGCHLD and SIGTERM, ignores SIGINT and SIGHUP, for this process and what it forks.

    Attributes:
        wake: a descriptor that becomes readable when one was caught.
        stop: SIGTERM was caught.
    """

    __slots__ = ("_writing", "stop", "wake")

    def __init__(self) -> None:
        self.stop = False
        self._open()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._note_stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def renew(self) -> None:
        """Part from the process that this one was forked from."""
        inherited = (self.wake, self._writing)
        self._open()
        for descriptor in inherited:
            os.close(descriptor)

    def drain(self) -> None:
        """Make ``wake`` quiet again."""
        try:
            os.read(self.wake, 4096)
        except BlockingIOError:
            return

    def _open(self) -> None:
        self.wake, self._writing = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(self._writing, False)
        signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)

    def _note_stop(self, *_: object) -> None:
        self.stop = True
