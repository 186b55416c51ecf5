import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.screens import CONTROLLED
from tests.tui.stage import LIVE, Stage
from trainauto_tui.app import parser

PATIENCE_S = 30


class Terminal:
    """``trainauto-tui`` in a terminal of 80×24, with all that it writes.

    Args:
        arguments: Those of the command line.
        controls: Ctrl-C interrupts whoever is in the foreground, as in a person's terminal.
    """

    def __init__(self, *arguments: str, controls: bool = False) -> None:
        self.written = b""
        self._terminal, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment.pop("SSH_CONNECTION", None)
        self._process = subprocess.Popen(
            [
                *(CONTROLLED if controls else ()),
                *(sys.executable, "-m", "trainauto_tui.app", *arguments),
            ],
            stdin=end,
            stdout=end,
            stderr=end,
            env=environment,
            start_new_session=True,
        )
        os.close(end)

    def press(self, keys: bytes) -> None:
        """Type ``keys``."""
        os.write(self._terminal, keys)

    def read_until(self, condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
        """Read what is written until ``condition`` holds; say whether it came to that."""
        deadline = time.monotonic() + patience_s
        while not condition():
            if time.monotonic() > deadline:
                return False
            if select.select([self._terminal], [], [], 0.02)[0]:
                try:
                    self.written += os.read(self._terminal, 65536)
                except OSError:  # the other end was closed
                    return condition()
        return True

    def hang_up(self) -> int:
        """Take the terminal away; return the exit code."""
        os.close(self._terminal)
        return self._process.wait(PATIENCE_S)

    def exit_code(self) -> int:
        """Read to the end and wait for it."""
        self.read_until(lambda: self._process.poll() is not None)
        self.read_until(lambda: False, patience_s=0.1)
        os.close(self._terminal)
        return self._process.wait(PATIENCE_S)


def test_it_draws_rests_and_leaves(stage: Stage) -> None:
    for run in stage.runs.values():
        run["status"] = "succeeded"
    home = str(stage.socket.parent)
    terminal = Terminal("--home", home, "--no-start", "--run", LIVE)
    assert terminal.read_until(lambda: b"drift_check" in terminal.written)
    while _writes(terminal, within_s=1.0):
        pass
    before = len(terminal.written)
    for _ in range(10):
        stage.ping()
        terminal.read_until(lambda: False, patience_s=0.1)
    assert len(terminal.written) == before  # an idle screen costs nothing on the wire
    terminal.press(b"q")
    assert terminal.exit_code() == 0
    assert b"\x1b[?1049l" in terminal.written  # the reader's own screen is back


def _writes(terminal: Terminal, within_s: float) -> bool:
    before = len(terminal.written)
    return terminal.read_until(lambda: len(terminal.written) > before, within_s)


def test_it_ends_with_its_terminal(stage: Stage) -> None:
    terminal = Terminal("--home", str(stage.socket.parent), "--no-start", "--run", LIVE)
    assert terminal.read_until(lambda: b"drift_check" in terminal.written)
    assert terminal.hang_up() == -signal.SIGHUP


def test_every_option_has_a_use() -> None:
    options = ["--home", "/h", "--run", "r", "--pipeline", "p", "--theme", "light"]
    options += ["--host", "gpu-box"]
    given = parser().parse_args([*options, "--no-start", "--ascii", "--slow"])
    assert (given.home, given.run, given.pipeline, given.theme) == ("/h", "r", "p", "light")
    assert given.host == "gpu-box"
    assert given.no_start
    assert given.ascii
    assert given.slow


def test_a_mistake_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["--frobnicate"])
    assert ended.value.code == 2
    assert "unrecognized arguments" in capsys.readouterr().err


def test_without_a_terminal_it_says_so_and_ends(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trainauto_tui.app", "--home", str(tmp_path), "--no-start"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert done.stdout == ""
