"""A terminal for tests: commands run on a real pseudo-terminal, and what a person would see."""

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence

PATIENCE_S = 60.0
# A session's first process gets the terminal that it opens as its own: then Ctrl-C interrupts.
CONTROLLED = ("sh", "-c", 'exec 3<>"$(tty)" 3>&-; exec "$@"', "sh")
_TOKEN = re.compile(r"\x1b\[(\d*)([A-Za-z])|\x1b\[[0-9;]*m|[\r\n]|[^\x1b\r\n]+")


def on_terminal(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    columns: int = 80,
    rows: int = 24,
    interrupt_when: str | None = None,
    meanwhile: Sequence[tuple[str, Callable[[], object]]] = (),
) -> tuple[int, str]:
    """Run a command on a terminal; return its exit code and everything it wrote.

    Args:
        command: what to run.
        environment: added to this process's.
        columns: width of the terminal.
        rows: its height.
        interrupt_when: press Ctrl-C once this text was written.
        meanwhile: texts, each with what is done once it was written, one after the other.
    """
    near, far = os.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    inherited = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
    process = subprocess.Popen(
        [*CONTROLLED, *command],
        stdin=far,
        stdout=far,
        stderr=far,
        env={**inherited, "TERM": "xterm-256color", **(environment or {})},
        start_new_session=True,
    )
    os.close(far)
    written, ahead = b"", list(meanwhile)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if select.select([near], [], [], 0.05)[0]:
            try:
                written += os.read(near, 65536)
            except OSError:
                break
        seen = written.decode("utf-8", "replace")
        if interrupt_when and interrupt_when in seen:
            interrupt_when = None
            os.write(near, b"\x03")
        if ahead and ahead[0][0] in seen:
            ahead.pop(0)[1]()
    os.close(near)
    return process.wait(10), written.decode("utf-8", "replace")


def screen_of(written: str) -> list[str]:
    """Return the lines that a terminal shows after this was written to it."""
    lines, row, column = [""], 0, 0
    for token in _TOKEN.finditer(written):
        text = token[0]
        if text == "\r":
            column = 0
        elif text == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif token[2] == "A":
            row -= int(token[1] or 1)
        elif token[2] == "J":
            lines[row:] = [lines[row][:column]]
        elif not text.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + text + lines[row][column + len(text) :]
            column += len(text)
    return lines
