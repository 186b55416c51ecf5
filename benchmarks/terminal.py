"""The terminal UI in a pseudo-terminal, timed and counted from its other side."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.errors import Unmeasured
from benchmarks.workspace import environment, own_command

ROWS, COLUMNS = 24, 80
PATIENCE_S = 30.0
END_S = 10.0
_CHUNK = 1 << 16


class Terminal:
    """One ``trainauto-tui`` and all that it has written.

    Attributes:
        written: the bytes so far.
    """

    def __init__(self, home: Path, *arguments: str, settings: Path) -> None:
        self.written = bytearray()
        self._began = time.perf_counter()
        self._master, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        unwanted = ("SSH_CONNECTION", "TEXTUAL_FPS", "NO_COLOR")
        inherited = {name: value for name, value in environment().items() if name not in unwanted}
        self._popen = subprocess.Popen(
            [own_command("trainauto-tui"), "--home", str(home), "--no-start", *arguments],
            stdin=end,
            stdout=end,
            stderr=end,
            env=inherited
            | {
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "XDG_CONFIG_HOME": str(settings),
            },
            start_new_session=True,
        )
        os.close(end)
        self.process = psutil.Process(self._popen.pid)

    def age_s(self) -> float:
        """Return the seconds since the process was started."""
        return time.perf_counter() - self._began

    def press(self, keys: str) -> None:
        """Type ``keys``."""
        os.write(self._master, keys.encode())

    def read_for(self, seconds: float) -> int:
        """Read what is written within ``seconds``; return how many bytes that was."""
        before, end = len(self.written), time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)
        return len(self.written) - before

    def read_until(self, condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        """Read until ``condition`` holds.

        Raises:
            Unmeasured: it did not come to that in time.
        """
        end = time.perf_counter() + patience_s
        while not condition():
            left = end - time.perf_counter()
            if left <= 0 or self._popen.poll() is not None:
                raise Unmeasured(f"the UI did not show what was waited for in {patience_s:g} s")
            self._read(min(left, 0.05))

    def shows(self, text: str, since: int = 0) -> bool:
        """Return whether ``text`` was written in one piece after the first ``since`` bytes."""
        return text.encode() in self.written[since:]

    def rest(self, quiet_s: float = 0.6) -> None:
        """Read until nothing has been written for ``quiet_s``."""
        end = time.perf_counter() + PATIENCE_S
        while self.read_for(quiet_s) and time.perf_counter() < end:
            pass

    def close(self) -> None:
        """Leave the UI."""
        if self._popen.poll() is None:
            self._popen.terminate()
            end = time.perf_counter() + END_S
            while self._popen.poll() is None and time.perf_counter() < end:
                self._read(0.05)  # what it says at its end must be read, or it waits for that
            if self._popen.poll() is None:
                self._popen.kill()
        self._popen.wait()
        os.close(self._master)

    def _read(self, wait_s: float) -> None:
        if select.select([self._master], [], [], wait_s)[0]:
            try:
                self.written += os.read(self._master, _CHUNK)
            except OSError:  # the other end was closed
                time.sleep(0.01)


@contextmanager
def terminal(home: Path, arguments: Sequence[str], settings: Path) -> Iterator[Terminal]:
    """Open the UI on the daemon of ``home`` and leave it in the end."""
    opened = Terminal(home, *arguments, settings=settings)
    try:
        yield opened
    finally:
        opened.close()
