"""Start the daemon of a home and wait until it answers."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from trainauto_tui.errors import NoDaemon
from trainautod.home import daemon_log, socket_path, start_command

if TYPE_CHECKING:
    import socket
    import subprocess

    from trainauto_tui.client import Connect

ANSWERS_WITHIN_S = 30.0  # a busy machine; one that fails is told at once
POLL_S = 0.02
GRACE_AFTER_EXIT_S = 1.0
ALREADY_HELD = 5  # the daemon's status when another one holds the home, which is then coming up
LAST_RECORD = 65_536  # bytes; a record with a traceback stays below this
SHOWN = 800  # bytes of what a daemon that did not come up said last


def on_first_need(connect: Connect, home: Path, say: Callable[[str], None]) -> Connect:
    """Return ``connect`` so that its first call starts the daemon when none answers.

    Later calls only connect: a daemon that goes away in the middle of a command is waited for,
    not replaced behind the back of whoever stopped it.
    """
    waiting = [home]

    def first() -> socket.socket:
        home = waiting.pop() if waiting else None
        try:
            return connect()
        except NoDaemon:
            if home is None:
                raise
        start(home, connect)
        say(f"started the daemon for {home}")
        return connect()

    return first


def start(home: Path, connect: Connect | None = None) -> None:
    """Start the daemon of ``home``, detached, and return once it accepts connections.

    Raises:
        NoDaemon: it does not within 30 s; the message says where its log is.
    """
    import subprocess
    import tempfile

    reach = connect or _connection_to(home)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            start_command(home),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd="/",  # a module of the caller's folder must not shadow one of the daemon's
            start_new_session=True,
        )
        if not _answers(process, reach):
            raise NoDaemon(
                f"the daemon did not come up{_last_words(said) or _last_failure(home)}",
                hint=f"its log: {daemon_log(home)}",
            )
        with suppress(subprocess.TimeoutExpired):  # it goes as soon as the daemon serves
            process.wait(GRACE_AFTER_EXIT_S)


def _connection_to(home: Path) -> Connect:
    from trainauto_tui.client import unix

    return unix(socket_path(home))


def _answers(process: subprocess.Popen[bytes], connect: Connect) -> bool:
    """Wait for a first connection; give up early when the daemon has plainly failed."""
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    failed = False
    while time.monotonic() < deadline:
        try:
            connect().close()
        except NoDaemon:
            time.sleep(POLL_S)
        else:
            return True
        if not failed and process.poll() not in (None, 0, ALREADY_HELD):
            failed = True
            deadline = min(deadline, time.monotonic() + GRACE_AFTER_EXIT_S)
    return False


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    text = said.read()[-SHOWN:].decode("utf-8", "replace").strip()
    return f":\n{text}" if text else ""


def _last_failure(home: Path) -> str:
    """Return what the daemon logged last, if that was a failure: once detached it cannot speak."""
    try:
        with daemon_log(home).open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - LAST_RECORD))
            record = json.loads(log.read().splitlines()[-1])
        failed = record["level"] in ("error", "critical")
        return f": {record['message']}" if failed else ""
    except (OSError, ValueError, IndexError, KeyError, TypeError):
        return ""
