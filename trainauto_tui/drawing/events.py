"""What an event of the daemon says: a mark by its meaning, and what changed in words."""

from collections.abc import Callable, Mapping
from typing import Any

from trainauto_tui.documents import FINAL_RUN_STATUSES, Event
from trainauto_tui.drawing.spans import Role, Span
from trainauto_tui.drawing.status import Look, look

FEATURES = 3  # named in a line
GPUS = 4  # indexes named in a line; of more only the number matters there
_PLAIN: tuple[str, str, Role] = ("·", ".", "plain")
_MARKS: Mapping[str, tuple[str, str, Role]] = {
    "run_submitted": ("◌", "o", "live"),
    "run_retried": ("↻", "r", "live"),
    "run_given_up": ("✘", "x", "bad"),
    "slots_granted": ("▶", ">", "live"),
    "slots_refused": ("✘", "x", "bad"),
    "retry_due": ("↻", "r", "warn"),
    "cancel_requested": ("■", "#", "warn"),
    "model_registered": ("◆", "+", "accent"),
    "slot_fired": ("◷", "@", "live"),
    "slot_skipped": ("⊘", "-", "warn"),
    "slot_queued": ("◌", "o", "muted"),
    "slot_refused": ("✘", "x", "bad"),
    "data_arrived": ("◆", "+", "live"),
    "data_refused": ("✘", "x", "bad"),
    "data_unreadable": ("✘", "x", "bad"),
    "drift_alert": ("≈", "~", "accent"),
    "drift_unknown": ("?", "?", "warn"),
    "drift_stale": ("?", "?", "bad"),
    "policy_fired": ("◷", "@", "live"),
    "policy_held": ("⊘", "-", "muted"),
    "policy_failed": ("✘", "x", "bad"),
    "signal": ("◆", "+", "live"),
    "backfill_started": ("◷", "@", "live"),
    "backfill_stopped": ("■", "#", "warn"),
    "backfill_resumed": ("↻", "r", "live"),
    "backfill_ended": ("●", "*", "accent"),
    "model_stale": ("?", "?", "warn"),
    "notification_failed": ("✘", "x", "bad"),
    "pipeline_added": ("◆", "+", "good"),
    "pipeline_updated": ("◆", "~", "accent"),
    "pipeline_removed": ("◇", "-", "warn"),
    "pipeline_broken": ("✘", "x", "bad"),
    "daemon_started": ("●", "*", "good"),
    "daemon_stopping": ("○", "o", "warn"),
    "store_recovered": ("●", "*", "warn"),
    "task_died": ("✘", "x", "bad"),
}
_OUTCOMES = {"succeeded": "succeeded", "failed": "failed", "stopped": "cancelled", "lost": "failed"}
_VERDICTS: Mapping[str, tuple[str, str, Role]] = {
    "execute": ("○", "o", "muted"),
    "reuse": ("✔", "=", "accent"),
    "skip": ("⊘", "-", "muted"),
    "refuse": ("✘", "x", "bad"),
    "expand": ("○", "o", "muted"),
}


def kind_look(event: Event) -> Look:
    """Return how the kind of ``event`` looks; its word is the kind itself, for it can be typed.

    A kind that this version does not know has a neutral mark.
    """
    kind = event["kind"]
    if kind == "attempt_finished":
        shown = look(_OUTCOMES.get(str(event["data"].get("outcome")), "failed"))
        role: Role = "warn" if _is_tried_again(event) else shown.role
        return Look(shown.glyph, shown.ascii, kind, role)
    if kind == "step_resolved":
        glyph, ascii_mark, role = _VERDICTS.get(_verdict(event).get("verdict", ""), _PLAIN)
    else:
        glyph, ascii_mark, role = _MARKS.get(kind, _PLAIN)
    return Look(glyph, ascii_mark, kind, role)


def words(event: Event) -> tuple[Span, ...]:
    """Return what changed: what happened, other steps that it changed, and the run's new status.

    The end of a run comes first: it is what a reader looks for. The daemon's own text stays as it
    is, up to its first line's end.
    """
    said = _SAYINGS.get(event["kind"], _unknown)(event)
    run, rest = _run(event), [*([Span(said)] if said else []), *_others(event)]
    ended = event["changes"]["run"] in FINAL_RUN_STATUSES
    pieces: list[Span] = []
    for span in [*run, *rest] if ended else [*rest, *run]:
        pieces += [Span("; ", "muted"), span] if pieces else [span]
    return tuple(pieces)


def _attempt(event: Event) -> str:
    data = event["data"]
    again = ", will be tried again" if _is_tried_again(event) else ""
    match data.get("outcome"):
        case "succeeded":
            return f"attempt {data.get('attempt')} succeeded"
        case "stopped":
            return f"attempt {data.get('attempt')} was stopped"
    message = _first_line(data.get("message")) or f"attempt {data.get('attempt')} failed"
    return message + again


def _resolved(event: Event) -> str:
    verdict = _verdict(event)
    reason = _first_line(verdict.get("reason"))
    match verdict.get("verdict"):
        case "execute":
            return f"must run: {reason}"
        case "reuse":
            return f"reused: {reason}"
        case "skip":
            return f"skipped: {reason}"
        case "refuse":
            return f"cannot run: {_first_line(verdict.get('message'))}"
        case "expand":
            return f"becomes {_count(len(verdict.get('instances', ())), 'step')}"
    return reason


def _granted(event: Event) -> str:
    gpus = event["data"].get("gpus") or []
    if len(gpus) > GPUS:
        return f"starts, {len(gpus)} GPUs"
    return f"starts, GPU {', '.join(str(gpu) for gpu in gpus)}" if gpus else "starts"


def _submitted(event: Event) -> str:
    return _count(int(event["data"].get("steps", 0)), "step")


def _registered(event: Event) -> str:
    data = event["data"]
    stage = data.get("stage")
    staged = f" in {stage}" if stage and stage != "none" else ""
    return f"{data.get('model')} version {data.get('version')}{staged}"


def _fired(event: Event) -> str:
    slot = str(event["data"].get("slot", ""))[:16].replace("T", " ")
    return f"{event['data'].get('cron')} for {slot}"


def _slot_refused(event: Event) -> str:
    return f"{_fired(event)} has no run: {_first_line(event['data'].get('reason'))}"


def _skipped(event: Event) -> str:
    data = event["data"]
    count = int(data.get("count", 1))
    told = f"{data.get('cron')}, {_count(count, 'slot')}" if count > 1 else _fired(event)
    return f"{told}: {_first_line(data.get('reason'))}"


def _queued(event: Event) -> str:
    return f"{_fired(event)} waits: {_first_line(event['data'].get('reason'))}"


def _arrived(event: Event) -> str:
    files = event["data"].get("files") or []
    count = int(event["data"].get("count", len(files)))  # an event names no more than some of many
    more = f" and {count - 1} more" if count > 1 else ""
    return f"{files[0]}{more}" if files else _unknown(event)


def _data_refused(event: Event) -> str:
    count = int(event["data"].get("count", 1))
    reason = _first_line(event["data"].get("reason"))
    return f"{_count(count, 'file')} wait for a run: {reason}"


def _unreadable(event: Event) -> str:
    return f"{event['data'].get('path')}: {_first_line(event['data'].get('reason'))}"


def _drift(event: Event) -> str:
    data = event["data"]
    affected = ", ".join(str(name) for name in (data.get("affected") or [])[:FEATURES])
    score = data.get("drift_score")
    shown = f"{score:.3g}" if isinstance(score, int | float) else str(score)
    return f"drift {shown}" + (f", most of {affected}" if affected else "")


def _policy(event: Event) -> str:
    data = event["data"]
    reason = _first_line(data.get("reason") or data.get("cause"))
    return f"{data.get('policy')}: {reason}" if reason else str(data.get("policy"))


def _signal(event: Event) -> str:
    values = event["data"].get("values") or {}
    shown = " ".join(f"{name}={value}" for name, value in values.items() if _is_short(value))
    return f"{event['data'].get('name')} {shown}".rstrip()


def _backfill(event: Event) -> str:
    data = event["data"]
    counts = ", ".join(f"{n} {state}" for state, n in (data.get("counts") or {}).items() if n)
    told = filter(None, (_first_line(data.get("reason")), counts))
    return f"{data.get('backfill')}: {'; '.join(told)}".removesuffix(": ")


def _stale(event: Event) -> str:
    return f"{event['data'].get('model')}: {_first_line(event['data'].get('reason'))}"


def _untold(event: Event) -> str:
    return f"{event['data'].get('target')}: {_first_line(event['data'].get('error'))}"


def _problems(event: Event) -> str:
    problems = event["data"].get("problems") or []
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return _first_line(problems[0]) + more if problems else "its file is broken"


def _started(event: Event) -> str:
    adopted = event["data"].get("adopted_runs")
    went_on = f", {_count(adopted, 'run')} went on" if isinstance(adopted, int) and adopted else ""
    return f"pid {event['data'].get('pid')}{went_on}"


def _stopping(event: Event) -> str:
    live = event["data"].get("live_runs") or []
    return f"{_count(len(live), 'run')} left to go on" if live else "nothing was running"


def _died(event: Event) -> str:
    return f"{event['data'].get('task')}: {_first_line(event['data'].get('error'))}"


def _unknown(event: Event) -> str:
    shown = (f"{name}={value}" for name, value in event["data"].items() if _is_short(value))
    return " ".join(shown)


_SAYINGS: Mapping[str, Callable[[Event], str]] = {
    "attempt_finished": _attempt,
    "step_resolved": _resolved,
    "slots_granted": _granted,
    "slots_refused": lambda event: _first_line(event["data"].get("message")),
    "run_submitted": _submitted,
    "run_retried": lambda event: _by("goes on", event),
    "cancel_requested": lambda event: _by("asked to end", event),
    "retry_due": lambda _: "its wait is over",
    "run_given_up": lambda event: _first_line(event["data"].get("message")),
    "model_registered": _registered,
    "slot_fired": _fired,
    "slot_skipped": _skipped,
    "slot_queued": _queued,
    "slot_refused": _slot_refused,
    "data_arrived": _arrived,
    "data_refused": _data_refused,
    "data_unreadable": _unreadable,
    "drift_alert": _drift,
    "drift_unknown": _unreadable,
    "drift_stale": _unreadable,
    "policy_fired": _policy,
    "policy_held": _policy,
    "policy_failed": _policy,
    "signal": _signal,
    "backfill_started": _backfill,
    "backfill_stopped": _backfill,
    "backfill_resumed": _backfill,
    "backfill_ended": _backfill,
    "model_stale": _stale,
    "notification_failed": _untold,
    "pipeline_added": lambda event: str(event["data"].get("path", "")),
    "pipeline_updated": lambda event: str(event["data"].get("path", "")),
    "pipeline_removed": lambda _: "its runs and results stay",
    "pipeline_broken": _problems,
    "daemon_started": _started,
    "daemon_stopping": _stopping,
    "store_recovered": lambda event: f"there is room again; it was: {event['data'].get('was')}",
    "task_died": _died,
}
KINDS = tuple(_SAYINGS)


def _by(what: str, event: Event) -> str:
    actor = event["data"].get("actor")
    return f"{what} by {actor}" if actor else what


def _is_tried_again(event: Event) -> bool:
    """Return whether a failed attempt has a successor: its step goes on."""
    ended = event["data"].get("outcome") in ("failed", "lost")
    return ended and event["changes"]["steps"].get(event["step"] or "") in ("running", "pending")


def _others(event: Event) -> list[Span]:
    """Return what became of other steps that will not run; what waits anew is no news."""
    lost = [
        (name, status)
        for name, status in event["changes"]["steps"].items()
        if name != event["step"] and status in ("skipped", "cancelled", "failed")
    ]
    spans = []
    for status in dict.fromkeys(status for _, status in lost):
        names = [name for name, its in lost if its == status]
        told = names[0] if len(names) == 1 else _count(len(names), "step")
        spans.append(Span(f"{told} {look(status).word}", look(status).role))
    return spans


def _run(event: Event) -> list[Span]:
    status = event["changes"]["run"]
    return [Span(f"run {look(status).word}", look(status).role)] if status else []


def _verdict(event: Event) -> Mapping[str, Any]:
    verdict = event["data"].get("verdict")
    return verdict if isinstance(verdict, Mapping) else {}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _is_short(value: object) -> bool:
    return isinstance(value, str | int | float) and "\n" not in str(value)


def _first_line(text: object) -> str:
    return str(text).strip().split("\n", 1)[0] if text else ""
