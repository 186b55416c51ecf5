"""What an event of the daemon says: a mark by its meaning, and what changed in words."""

from collections.abc import Mapping

from trainauto_tui.documents import FINAL_RUN_STATUSES, Event
from trainauto_tui.drawing.sayings import counted, is_tried_again, saying, verdict_of
from trainauto_tui.drawing.spans import Role, Span
from trainauto_tui.drawing.status import Look, look

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
    "data_unwatched": ("?", "?", "warn"),
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
        role: Role = "warn" if is_tried_again(event) else shown.role
        return Look(shown.glyph, shown.ascii, kind, role)
    if kind == "step_resolved":
        glyph, ascii_mark, role = _VERDICTS.get(verdict_of(event).get("verdict", ""), _PLAIN)
    else:
        glyph, ascii_mark, role = _MARKS.get(kind, _PLAIN)
    return Look(glyph, ascii_mark, kind, role)


def words(event: Event) -> tuple[Span, ...]:
    """Return what changed: what happened, other steps that it changed, and the run's new status.

    The end of a run comes first: it is what a reader looks for. The daemon's own text stays as it
    is, up to its first line's end.
    """
    said = saying(event)
    run, rest = _run(event), [*([Span(said)] if said else []), *_others(event)]
    ended = event["changes"]["run"] in FINAL_RUN_STATUSES
    pieces: list[Span] = []
    for span in [*run, *rest] if ended else [*rest, *run]:
        pieces += [Span("; ", "muted"), span] if pieces else [span]
    return tuple(pieces)


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
        told = names[0] if len(names) == 1 else counted(len(names), "step")
        spans.append(Span(f"{told} {look(status).word}", look(status).role))
    return spans


def _run(event: Event) -> list[Span]:
    status = event["changes"]["run"]
    return [Span(f"run {look(status).word}", look(status).role)] if status else []
