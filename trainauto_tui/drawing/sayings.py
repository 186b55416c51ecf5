"""What an event of the daemon says in words, for screens and for the command line alike."""

from collections.abc import Callable, Mapping
from typing import Any

from trainauto_tui.documents.events import Event
from trainauto_tui.drawing.values import pairs

FEATURES = 3  # named in a line
GPUS = 4  # indexes named in a line; of more only the number matters there


def saying(event: Event) -> str:
    """Return what happened, in one line; the daemon's own text is told up to its line's end."""
    return _SAYINGS.get(event["kind"], _unknown)(event)


def is_tried_again(event: Event) -> bool:
    """Return whether a failed attempt has a successor: its step goes on."""
    ended = event["data"].get("outcome") in ("failed", "lost")
    return ended and event["changes"]["steps"].get(event["step"] or "") in ("running", "pending")


def verdict_of(event: Event) -> Mapping[str, Any]:
    """Return what was resolved of a step; empty where the event does not tell."""
    verdict = event["data"].get("verdict")
    return verdict if isinstance(verdict, Mapping) else {}


def counted(number: int, noun: str) -> str:
    """Return ``1 step``, ``2 steps``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _attempt(event: Event) -> str:
    data = event["data"]
    again = ", will be tried again" if is_tried_again(event) else ""
    match data.get("outcome"):
        case "succeeded":
            return f"attempt {data.get('attempt')} succeeded"
        case "stopped":
            return f"attempt {data.get('attempt')} was stopped"
    message = _first_line(data.get("message")) or f"attempt {data.get('attempt')} failed"
    return message + again


def _resolved(event: Event) -> str:
    verdict = verdict_of(event)
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
            return f"becomes {counted(len(verdict.get('instances', ())), 'step')}"
    return reason


def _granted(event: Event) -> str:
    gpus = event["data"].get("gpus") or []
    if len(gpus) > GPUS:
        return f"starts, {len(gpus)} GPUs"
    return f"starts, GPU {', '.join(str(gpu) for gpu in gpus)}" if gpus else "starts"


def _submitted(event: Event) -> str:
    return counted(int(event["data"].get("steps", 0)), "step")


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
    told = f"{data.get('cron')}, {counted(count, 'slot')}" if count > 1 else _fired(event)
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
    return f"{counted(count, 'file')} wait for a run: {reason}"


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
    shown = pairs({name: value for name, value in values.items() if _is_short(value)}, " ")
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
    went_on = f", {counted(adopted, 'run')} went on" if isinstance(adopted, int) and adopted else ""
    return f"pid {event['data'].get('pid')}{went_on}"


def _stopping(event: Event) -> str:
    live = event["data"].get("live_runs") or []
    return f"{counted(len(live), 'run')} left to go on" if live else "nothing was running"


def _died(event: Event) -> str:
    return f"{event['data'].get('task')}: {_first_line(event['data'].get('error'))}"


def _unknown(event: Event) -> str:
    data = event["data"]
    return pairs({name: value for name, value in data.items() if _is_short(value)}, " ")


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
    "data_unwatched": lambda event: _first_line(event["data"].get("reason")),
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


def _is_short(value: object) -> bool:
    return isinstance(value, str | int | float) and "\n" not in str(value)


def _first_line(text: object) -> str:
    return str(text).strip().split("\n", 1)[0] if text else ""
