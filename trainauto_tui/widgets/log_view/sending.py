"""A log on its way out of the pane: to a file, to the pager, to the clipboard."""

import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from textual.app import SuspendNotSupported
from textual.widget import Widget

from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.terminal_text import harmless, plain
from trainauto_tui.live.log_port import Part
from trainauto_tui.widgets.log_view.reader import Reader

COPIED = 8 << 20  # bytes of a log that are copied at once at most
PAGER = "less -R"


def file_name(reader: Reader) -> str:
    """Return what to call a file with this log."""
    return f"{reader.tape.source.name.replace('/', '_')}.log"


def save(pane: Widget, reader: Reader, name: str) -> None:
    """Write the log, or what the filter keeps of it, to a new file."""
    path = Path(os.path.expanduser(name))  # which leaves the ~ of an unknown user as it is
    try:
        sink = path.open("xb")
    except FileExistsError:
        _complain(pane, f"{path} is there already; choose another name")
        return
    except OSError as error:
        _complain(pane, f"{path} cannot be written: {error.strerror}")
        return

    def done(size: int) -> None:
        pane.notify(f"wrote {amounts.size(size)} to {path}", markup=False)

    def failed(error: Exception) -> None:
        _complain(pane, f"{path} is not complete: {error}")

    reader.tape.source.export(_everything(reader), sink, done, failed)


def copy(pane: Widget, reader: Reader, to: Callable[[str, str], None]) -> bool:
    """Hand the marked lines, else the one under the cursor, to the clipboard ``to``."""
    part = reader.selection()
    if part is None:
        return False
    sink = Collected(COPIED)

    def done(size: int) -> None:
        text = plain(bytes(sink.data)).rstrip("\n")
        lines = text.count("\n") + 1
        to(text, "the line" if lines == 1 else f"{lines:,} lines")

    reader.tape.source.export(part, sink, done, lambda error: _complain(pane, str(error)))
    return True


def page(pane: Widget, reader: Reader) -> None:
    """Show the log, or what the filter keeps of it, in ``$PAGER``; return when that has ended."""
    wanted = os.environ.get("PAGER", "").strip() or PAGER
    try:
        command = shlex.split(wanted)
        with pane.app.suspend(), _interrupts_ignored():
            environment = {"LESS": "R", **os.environ}
            process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
            assert process.stdin is not None
            sink = Harmless(process.stdin)
            reader.tape.source.export(
                _everything(reader),
                sink,
                lambda size: None,
                lambda error: _complain(pane, str(error)),
            )
            process.wait()
    except SuspendNotSupported:
        _complain(pane, "this terminal cannot be lent to a pager")
    except ValueError as error:
        _complain(pane, f"PAGER is not understood: {error}: {wanted}")
    except OSError as error:
        _complain(pane, f"{wanted} does not start: {error.strerror}; set PAGER")


class Collected:
    """Keeps what is written to it, up to a limit.

    Raises:
        ValueError: On a write beyond the limit.
    """

    def __init__(self, limit: int) -> None:
        self.data = bytearray()
        self._limit = limit

    def write(self, data: bytes) -> None:
        """Keep ``data``, too."""
        if len(self.data) + len(data) > self._limit:
            raise ValueError(f"more than {amounts.size(self._limit)} to copy; save it with S")
        self.data += data

    def close(self) -> None:
        """Keep what there is."""


class Harmless:
    """Passes lines on to a pager, without what a terminal would do with them."""

    def __init__(self, pager: IO[bytes]) -> None:
        self._pager = pager
        self._rest = b""

    def write(self, data: bytes) -> None:
        """Pass on the lines that are complete; raises BrokenPipeError once the pager has ended."""
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        if newline:
            self._pager.write(harmless(whole) + newline)

    def close(self) -> None:
        """Pass on the last line, and tell the pager that it was that."""
        with suppress(OSError):  # a pager that was left does not want it
            self._pager.write(harmless(self._rest))
            self._pager.close()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Leave Ctrl-C to the pager, which uses it to stop searching."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _everything(reader: Reader) -> Part:
    return Part(pattern=reader.kept.pattern if reader.kept else None)


def _complain(pane: Widget, problem: str) -> None:
    pane.notify(problem, severity="error", markup=False)
