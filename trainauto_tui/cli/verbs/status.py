"""``status``: how the daemon is doing."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trainauto_tui.cli.quantities import duration, since, size
from trainauto_tui.cli.session import Session

if TYPE_CHECKING:
    from trainauto_tui.documents import Slots, Status

STATE_STYLES = {"running": "green", "stopping": "yellow", "degraded": "red"}


def configure_status(parser: argparse.ArgumentParser) -> None:
    """``status`` takes no arguments of its own."""


def execute_status(arguments: argparse.Namespace, session: Session) -> int:
    """Print the daemon's state."""
    print_status(session.client().status(), session)
    return 0


def print_status(status: Status, session: Session) -> None:
    """Print a status document."""
    if session.json:
        session.document(status)
        return
    out = session.out
    state = out.style(status["state"], STATE_STYLES.get(status["state"], ""))
    detail = f": {status['detail']}" if status["detail"] else ""
    runs = ", ".join(f"{count} {name}" for name, count in status["runs"].items())
    facts = {
        "daemon": f"{state}{detail}  pid {status['pid']}, version {status['version']}, "
        f"up {duration(since(status['started_at']))}",
        "home": status["home"],
        "pipelines": str(status["pipelines"]),
        "runs": runs or "none",
        "slots": _slots(status["slots"]),
        "store": f"{size(status['store']['size_bytes'])}, {status['store']['events']} events, "
        f"SQLite {status['store']['sqlite_version']}",
    }
    for name, value in facts.items():
        out.line(f"{out.style(f'{name:<9}', 'dim')}  {value}")
    for task in status["tasks"]:
        if task["state"] != "running":
            error = f": {task['error']}" if task["error"] else ""
            session.say(f"task {task['name']} {task['state']}{error}")


def _slots(slots: Slots) -> str:
    cpus, memory, gpus = slots["cpus"], slots["memory_bytes"], slots["gpus"]
    parts = [
        f"{cpus['used']:g} of {cpus['total']:g} CPUs",
        f"{size(memory['used'])} of {size(memory['total'])} memory",
    ]
    if gpus["total"]:
        parts.append(f"{len(gpus['used'])} of {len(gpus['total'])} GPUs")
    return ", ".join(parts)
