"""How the daemon is, in lines: who it is, what it takes, and what is left of the machine."""

from collections.abc import Sequence
from typing import NamedTuple

from trainauto_tui.documents import SlotLease, Status, Task, Undelivered
from trainauto_tui.drawing import amounts, messages
from trainauto_tui.drawing.columns import Cell, Row
from trainauto_tui.drawing.gauge import Gauge, marks
from trainauto_tui.drawing.spans import Role, Span
from trainauto_tui.drawing.status import Look

Line = tuple[Span, ...]

LABEL = 9  # cells of a gauge's name
NARROW_BAR, WIDE_BAR = 24, 36  # cells
WIDE = 100
MEBI = 2**20
_STATES = {
    "running": Look("●", "*", "running", "good"),
    "degraded": Look("◐", "!", "degraded", "warn"),
    "stopping": Look("○", "o", "stopping", "warn"),
}
_TASKS = {
    "running": Look("●", "*", "running", "good"),
    "restarting": Look("↻", "r", "restarting", "warn"),
    "stopped": Look("○", "o", "stopped", "muted"),
}


class LinkFacts(NamedTuple):
    """What the UI knows of its link.

    Attributes:
        latency_ms: How long a small answer takes; None while the link is not live.
        reconnects: How often the link was opened again.
    """

    latency_ms: int | None
    reconnects: int


def facts(
    status: Status, link: LinkFacts, cpu_part: float | None, now: float, plain: bool
) -> list[Line]:
    """Return who the daemon is and how it does.

    Args:
        status: What it says of itself.
        link: What is known of the link.
        cpu_part: How much of one CPU it took lately, 1.0 is all; None when that is not known yet.
        now: Unix time in seconds.
        plain: Whether to draw in ASCII.
    """
    shown = _STATES.get(status["state"]) or Look("?", "?", status["state"], "warn")
    began = amounts.seconds_of(status["started_at"]) or now
    lines: list[Line] = [
        (
            *shown.spans(plain),
            *_fact("up", amounts.age(now - began).replace("now", "<1m")),
            *_fact("pid", str(status["pid"])),
            *_fact("version", status["version"]),
            *_fact("access", status.get("access", "read-write")),
        )
    ]
    if status["detail"]:
        lines.append((Span(status["detail"], shown.role if shown.role != "good" else "warn"),))
    lines.append(_line(("host", status.get("host", "")), ("home", status["home"])))
    counts = status["runs"]
    runs = f"{counts.get('running', 0)} running, {counts.get('queued', 0)} queued"
    lines.append(
        _line(
            ("runs", runs),
            ("pipelines", str(status["pipelines"])),
            ("cpu", _cpu(status.get("cpu_s"), cpu_part)),
            ("memory", _memory(status.get("memory_bytes"))),
        )
    )
    latency = "" if link.latency_ms is None else f"{link.latency_ms or '<1'}ms"
    lines.append(
        _line(
            ("link", latency or "not live"),
            ("last event", str(status["last_event"])),
            ("reconnects", str(link.reconnects)),
        )
    )
    return lines + [_messages(one, now) for one in status.get("undelivered", ())]


def _messages(undelivered: Undelivered, now: float) -> Line:
    """Return whom messages did not reach, and why."""
    role: Role = "bad" if undelivered["state"] == "failed" else "warn"
    what = Span(messages.fate(undelivered, now), role)
    return (Span("messages ", "muted"), what, Span(messages.reason(undelivered)))


def gauges(status: Status, width: int, plain: bool) -> list[Line]:
    """Return bars of the disk, the store, and the slots of the machine, one per line."""
    bar = WIDE_BAR if width >= WIDE else NARROW_BAR
    slots, size, lines = status["slots"], status["store"]["size_bytes"], []
    cpus, memory, gpus = slots["cpus"], slots["memory_bytes"], slots["gpus"]
    disk = status.get("disk")
    if disk:
        total, free = disk["total_bytes"], disk["free_bytes"]
        said = f"{amounts.size(free)} free of {amounts.size(total)}"
        lines.append(_gauge("disk", Gauge(total - free, total, scarce=True), said, bar, plain))
    room = size + (disk["free_bytes"] if disk else 0)
    count = status["store"]["events"]
    said = f"{amounts.size(size)}, {count} event" + ("" if count == 1 else "s")
    lines.append(_gauge("store", Gauge(size, room), said, bar, plain))
    said = f"{cpus['used']:g} of {cpus['total']:g} taken"
    lines.append(_gauge("cpus", Gauge(cpus["used"], cpus["total"]), said, bar, plain))
    said = f"{amounts.size(memory['used'])} of {amounts.size(memory['total'])} taken"
    lines.append(_gauge("memory", Gauge(memory["used"], memory["total"]), said, bar, plain))
    if gpus["total"]:
        taken = f"  {len(gpus['used'])} of {len(gpus['total'])} taken"
        lines.append((_label("gpus"), *marks(gpus["total"], gpus["used"], plain), Span(taken)))
    else:
        lines.append((_label("gpus"), Span("none", "muted")))
    return lines


def lease_row(lease: SlotLease) -> Row:
    """Return what one attempt holds."""
    gpus = ",".join(str(one) for one in lease["gpus"])
    memory = amounts.size(lease["memory_bytes"]) if lease["memory_bytes"] else ""
    cells: Sequence[Cell] = (
        (Span(lease["run_id"]),),
        (Span(lease["step"], "title"),),
        (Span(str(lease["attempt"]), "muted"),),
        (Span(f"{lease['cpus']:g}"),),
        (Span(memory),),
        (Span(gpus),),
    )
    return Row(f"{lease['run_id']}/{lease['step']}", tuple(cells))


def task_row(task: Task, plain: bool) -> Row:
    """Return how one background task does."""
    shown = _TASKS.get(task["state"]) or Look("?", "?", task["state"], "warn")
    restarts = Span(str(task["restarts"]), "warn" if task["restarts"] else "muted")
    error = (task["error"] or "").strip().split("\n", 1)[0]
    cells = ((Span(task["name"]),), shown.spans(plain), (restarts,), (Span(error, "bad"),))
    return Row(task["name"], cells)


def _gauge(name: str, gauge: Gauge, said: str, bar: int, plain: bool) -> Line:
    return (_label(name), *gauge.bar(bar, plain), Span(f"  {said}"))


def _label(name: str) -> Span:
    return Span(name.ljust(LABEL), "muted")


def _line(*pairs: tuple[str, str]) -> Line:
    spans = [span for name, value in pairs if value for span in _fact(name, value)]
    first = spans[0]
    return (Span(first.text.lstrip(), first.role), *spans[1:])


def _fact(name: str, value: str) -> Line:
    return (Span(f"   {name} ", "muted"), Span(value))


def _cpu(seconds: float | None, part: float | None) -> str:
    """Return CPU time in whole units: it must not change while nothing happens."""
    if seconds is None:
        return ""
    lately = "" if part is None else f" ({'<1' if part < 0.01 else round(part * 100)}%)"
    return amounts.duration_whole(seconds) + lately


def _memory(count: int | None) -> str:
    """Return an amount in whole mebibytes: smaller changes are no news."""
    return "" if count is None else f"{count / MEBI:.0f} MiB"
