"""``status``: how the daemon is doing."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trainauto_tui.cli.quantities import duration, since, size
from trainauto_tui.cli.session import Session

if TYPE_CHECKING:
    from trainauto_tui.documents import SlotLease, Slots, Status

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
    for name, value in _facts(status, session).items():
        out.line(f"{out.style(f'{name:<9}', 'dim')}  {value}")
    for lease in status.get("leases", ()):
        out.line(f"{'':<9}  {out.clean(_lease(lease))}")
    for number, told in enumerate(_messages(status)):
        name = "" if number else "messages"
        out.line(f"{out.style(f'{name:<9}', 'dim')}  {out.clean(told)}")
    for task in status["tasks"]:
        if task["state"] != "running":
            error = f": {task['error']}" if task["error"] else ""
            session.say(f"task {task['name']} {task['state']}{error}")


def _facts(status: Status, session: Session) -> dict[str, str]:
    """Return what is told by name; a daemon of an earlier version tells less."""
    state = session.out.style(status["state"], STATE_STYLES.get(status["state"], ""))
    detail = f": {status['detail']}" if status["detail"] else ""
    access = ", read-only link" if status.get("access") == "read-only" else ""
    store, disk = status["store"], status.get("disk")
    facts = {
        "daemon": f"{state}{detail}  pid {status['pid']}, version {status['version']}, "
        f"up {duration(since(status['started_at']))}{access}",
        "host": status.get("host", ""),
        "home": status["home"],
        "process": _process(status),
        "disk": f"{size(disk['free_bytes'])} free of {size(disk['total_bytes'])}" if disk else "",
        "pipelines": str(status["pipelines"]),
        "runs": ", ".join(f"{count} {name}" for name, count in status["runs"].items()) or "none",
        "store": f"{size(store['size_bytes'])}, {store['events']} events, "
        f"SQLite {store['sqlite_version']}",
        "slots": _slots(status["slots"]),
    }
    return {name: value for name, value in facts.items() if value}


def _messages(status: Status) -> list[str]:
    """Return, in the words of the Daemon screen, whom messages do not reach."""
    undelivered = status.get("undelivered")
    if not undelivered:
        return []
    from time import time

    from trainauto_tui.drawing.messages import fate, reason

    return [fate(each, time()) + reason(each) for each in undelivered]


def _process(status: Status) -> str:
    if "cpu_s" not in status or "memory_bytes" not in status:
        return ""
    return f"{size(status['memory_bytes'])} memory, {duration(status['cpu_s'])} CPU time"


def _lease(lease: SlotLease) -> str:
    """Return what one attempt holds, in words."""
    cpus = lease["cpus"]
    parts = ["1 CPU" if cpus == 1 else f"{cpus:g} CPUs"]
    if lease["memory_bytes"]:
        parts.append(f"{size(lease['memory_bytes'])} memory")
    if lease["gpus"]:
        parts.append("GPU " + ", ".join(str(gpu) for gpu in lease["gpus"]))
    return f"{', '.join(parts)}: {lease['step']} of {lease['run_id']}, attempt {lease['attempt']}"


def _slots(slots: Slots) -> str:
    cpus, memory, gpus = slots["cpus"], slots["memory_bytes"], slots["gpus"]
    parts = [
        f"{cpus['used']:g} of {cpus['total']:g} CPUs",
        f"{size(memory['used'])} of {size(memory['total'])} memory",
    ]
    if gpus["total"]:
        parts.append(f"{len(gpus['used'])} of {len(gpus['total'])} GPUs")
    return ", ".join(parts)
