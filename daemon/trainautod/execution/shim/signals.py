"""What other processes tell the fork server and a shim."""

import os
import signal


class Signals:
    """Signals of this process and, until they part, of what it forks.

    SIGCHLD: a child has ended. SIGTERM: end. SIGUSR1: see whether your attempt has a stop file;
    unlike SIGTERM it does no harm when it reaches a shim that has gone on to another attempt.
    SIGINT and SIGHUP are ignored.

    Attributes:
        wake: a descriptor that becomes readable when one was caught.
        stop: SIGTERM was caught.
        look: SIGUSR1 was caught; whoever looks resets it.
    """

    __slots__ = ("_idle", "_writing", "look", "stop", "wake")

    def __init__(self) -> None:
        self.stop = self.look = self._idle = False
        self._open()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._note_stop)
        signal.signal(signal.SIGUSR1, self._note_look)
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

    def idle(self, value: bool) -> None:
        """Say whether there is nothing to wind up: then SIGTERM ends this process at once."""
        self._idle = value
        self._leave_if_stopped()

    def _note_stop(self, *_: object) -> None:
        self.stop = True
        self._leave_if_stopped()

    def _leave_if_stopped(self) -> None:
        if self._idle and self.stop:
            os._exit(1)  # not 0, or nobody would ask again for what it may just have read

    def _note_look(self, *_: object) -> None:
        self.look = True
