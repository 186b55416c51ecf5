"""What a run, step, file or model version comes from and leads to, as rows and facts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from trainauto_tui.documents import LineageNode
from trainauto_tui.drawing import amounts, causes
from trainauto_tui.drawing.columns import Row
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import Look, look
from trainauto_tui.drawing.values import pairs

Line = tuple[Span, ...]

LABEL = 10  # cells of a fact's name
_STAGES = {
    "none": Look("○", "o", "none", "muted"),
    "staging": Look("◌", ".", "staging", "live"),
    "canary": Look("◐", "c", "canary", "warn"),
    "production": Look("●", "*", "production", "good"),
    "archived": Look("□", "-", "archived", "muted"),
}
_FILE = Look("▤", "f", "", "accent")


def name_of(node: LineageNode) -> str:
    """Return what a node is asked about by."""
    return f"{node['kind']}:{node['id']}"


def node_look(node: LineageNode) -> Look:
    """Return how the status of a run or step looks, the stage of a version, or a file."""
    status = node["status"]
    if status is None:
        return _FILE
    return _STAGES[status] if node["kind"] == "version" and status in _STAGES else look(status)


def node_row(node: LineageNode, now: float, plain: bool) -> Row:
    """Return a node as a row; its key is what it is asked about by."""
    shown = node_look(node)
    began = amounts.seconds_of(node["at"])
    return Row(
        name_of(node),
        (
            (Span(shown.mark(plain), shown.role),),
            (Span(node["kind"], "muted"),),
            (Span(node["label"], "title"),),
            (Span(shown.word, shown.role),),
            (Span(node["detail"], "muted"),),
            (Span(amounts.age(now - began) if began is not None else "", "muted"),),
        ),
    )


def facts(
    node: LineageNode, more: Mapping[str, Any] | None, zone: tzinfo, plain: bool
) -> list[Line]:
    """Return what is known of a node, a fact per line.

    Args:
        node: The node.
        more: The whole document of a run, a step or a version, where it was fetched.
        zone: The reader's time zone.
        plain: Whether to draw in ASCII.
    """
    shown, took = node_look(node), amounts.duration((more or {}).get("duration_s"))
    state = [
        *(shown.spans(plain) if shown.word else ()),
        *(Span(f"  {one}") for one in (took, _moment(node["at"], zone)) if one),
    ]
    lines = [
        _fact("id", node["id"]),
        (_label("status"), *state) if state else (),
        *(_more(node["kind"], more) if more is not None else ()),
        _fact("about", node["detail"]),
    ]
    return [line for line in lines if line]


def _more(kind: str, more: Mapping[str, Any]) -> list[Line]:
    metrics = more.get("metrics") or {}
    shown = [f"{name} {amounts.number(value)}" for name, value in metrics.items()]
    error = more.get("error")
    message = error["message"] if isinstance(error, Mapping) else error or ""
    return [
        (_label("error"), Span(_first_line(message), "bad")) if message else (),
        _fact("cause", causes.cause(more.get("trigger") or {})),
        _fact("metrics", "  ".join(shown)),
        _fact("params", pairs(more.get("params") or {})),
        _fact("steps", _statuses(more.get("steps") or ()) if kind == "run" else ""),
        _fact("reason", _first_line(more.get("reason"))),
        _fact("command", _first_line(more.get("command"))),
        _fact("digest", more.get("digest") or ""),
    ]


def _statuses(steps: Sequence[Mapping[str, Any]]) -> str:
    """Return how many steps are in which status: ``4 succeeded, 1 failed``."""
    words = [look(step["status"], step["cached"]).word for step in steps]
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def _moment(iso: str | None, zone: tzinfo) -> str:
    return f"{datetime.fromisoformat(iso).astimezone(zone):%Y-%m-%d %H:%M:%S}" if iso else ""


def _fact(name: str, value: str) -> Line:
    return (_label(name), Span(value)) if value else ()


def _label(name: str) -> Span:
    return Span(name.ljust(LABEL), "muted")


def _first_line(text: str | None) -> str:
    return text.strip().split("\n", 1)[0] if text else ""
