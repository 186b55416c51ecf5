"""``daemon``: start it, stop it, install it, look at it."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from trainauto_tui.cli.session import Session
from trainauto_tui.client.address import login
from trainauto_tui.errors import NoDaemon, NotFound, TrainautoError, Usage
from trainautod.home import daemon_log, unit_text

if TYPE_CHECKING:
    from trainauto_tui.client import Client
    from trainauto_tui.documents import Status

STOPS_WITHIN_S = 30.0
POLL_S = 0.02
LOG_POLL_S = 0.25
OF_THIS_MACHINE = ("install", "logs")
ACTIONS = {
    "start": "start the daemon and return once it answers",
    "stop": "stop it; steps that run go on and are taken up again at the next start",
    "restart": "stop it and start it",
    "status": "print pid, version, home and state; 3 when it does not run",
    "install": "let systemd start it with your session",
    "logs": "print its own log",
}


def configure_daemon(parser: argparse.ArgumentParser) -> None:
    """Add the actions of ``daemon``."""
    from trainauto_tui.cli.arguments import common

    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    made = {
        name: actions.add_parser(name, parents=[common()], help=text, description=text)
        for name, text in ACTIONS.items()
    }
    made["install"].add_argument(
        "--print", action="store_true", dest="only_print", help="print the unit, write nothing"
    )
    made["logs"].add_argument("-f", "--follow", action="store_true", help="go on as it grows")
    made["logs"].add_argument(
        "--tail", type=int, default=100, metavar="N", help="start with the last N lines (100)"
    )


def execute_daemon(arguments: argparse.Namespace, session: Session) -> int:
    """Carry out one action."""
    if session.link is not None and arguments.action in OF_THIS_MACHINE:
        raise Usage(
            f"daemon {arguments.action} works on this machine alone: it takes no --host",
            hint=f"over there: {login(session.link.where)} trainauto daemon {arguments.action}",
        )
    if arguments.action == "install":
        return _install(session, arguments.only_print)
    if arguments.action == "logs":
        return _logs(session, arguments.tail, arguments.follow)
    plain = {"start": _start, "stop": _stop, "restart": _restart, "status": _status}
    observer = session.observer()  # one for all that is asked: each logs in over there by itself
    return plain[arguments.action](session, observer)


def _start(session: Session, observer: Client) -> int:
    running = _running(observer)
    if running is None:
        running = _started(session, observer)
        said = "started"
    else:
        said = "runs already"
    if session.json:
        session.document(running)
    else:
        session.out.line(f"the daemon {said}: pid {running['pid']}, home {running['home']}")
    return 0


def _started(session: Session, observer: Client) -> Status:
    """Start the daemon and return how it is."""
    if session.link is not None:
        return session._replace(may_start=True).client().status()
    from trainauto_tui.cli.starting import start

    start(session.home)
    return observer.status()


def _stop(session: Session, observer: Client) -> int:
    running = _running(observer)
    if running is not None:
        _end(session, observer, running["pid"])
    if session.json:
        session.document({"stopped": running is not None, "pid": running and running["pid"]})
    elif running is None:
        session.out.line("no daemon runs")
    else:
        session.out.line(f"the daemon stopped (pid {running['pid']}); steps that run go on")
    return 0


def _restart(session: Session, observer: Client) -> int:
    running = _running(observer)
    if running is not None:
        _end(session, observer, running["pid"])
    return _start(session, observer)


def _status(session: Session, observer: Client) -> int:
    from trainauto_tui.cli.verbs.status import print_status

    print_status(observer.status(), session)
    return 0


def _running(observer: Client) -> Status | None:
    try:
        return observer.status()
    except NoDaemon:
        return None


def _end(session: Session, observer: Client, pid: int) -> None:
    """Stop the daemon and return once its process has gone."""
    observer.stop_daemon()
    deadline = time.monotonic() + STOPS_WITHIN_S
    while time.monotonic() < deadline:
        if not (_answers(observer, pid) if session.far else _alive(pid)):
            return
        time.sleep(POLL_S)
    raise TrainautoError(
        f"the daemon (pid {pid}) did not stop within {STOPS_WITHIN_S:.0f} s",
        hint="" if session.far else f"its log: {daemon_log(session.home)}",
    )


def _answers(observer: Client, pid: int) -> bool:
    """Tell whether the far daemon still answers: its process cannot be seen from here."""
    try:
        return observer.status()["pid"] == pid
    except NoDaemon:
        return False


def _alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return status.rpartition(")")[2].split()[0] != "Z"


def _install(session: Session, only_print: bool) -> int:
    text = unit_text(session.home)
    if only_print:
        session.out.write(text)
        return 0
    from trainauto_tui.configuration import base_directory

    unit = base_directory() / "systemd" / "user" / "trainautod.service"
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text(text)
    if session.json:
        session.document({"unit": str(unit)})
    else:
        session.out.line(f"wrote {unit}")
    session.say("now:")
    session.say("  systemctl --user daemon-reload")
    session.say("  systemctl --user enable --now trainautod.service")
    session.say("to keep it running after you log out: loginctl enable-linger")
    return 0


def _logs(session: Session, tail: int, follow: bool) -> int:
    path = daemon_log(session.home)
    try:
        log = path.open("rb")
    except FileNotFoundError:
        raise NotFound(f"there is no log at {path}: no daemon has run here yet") from None
    with log:
        for line in deque(log, maxlen=max(0, tail)):
            _write(line)
        position = log.tell()
    while follow:
        time.sleep(LOG_POLL_S)
        position = _write_new(path, position)
    return 0


def _write_new(path: Path, position: int) -> int:
    """Write what a log has grown by and return where it ends; a rotated log starts again at 0."""
    try:
        with path.open("rb") as log:
            if os.fstat(log.fileno()).st_size < position:
                position = 0
            log.seek(position)
            _write(log.read())
            return log.tell()
    except FileNotFoundError:
        return 0


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
