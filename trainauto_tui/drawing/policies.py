"""Policies: whether one may start a run now, and what it said last."""

from trainauto_tui.documents import PolicyDocument
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import Look, look

Line = tuple[Span, ...]

LABEL = 9  # cells of a fact's name
DRIFT = "drift_alert"  # the event of most policies: it goes without saying
_ARMED = Look("●", "*", "armed", "good")
_DISARMED = Look("○", "o", "disarmed", "warn")


def standing(policy: PolicyDocument) -> Look:
    """Return whether a policy is armed, disarmed until its value has cleared, or broken."""
    if policy["state"] != "ok":
        return look(policy["state"])
    return _ARMED if policy["armed"] else _DISARMED


def streak(policy: PolicyDocument) -> str:
    """Return how far it is: ``1 of 3``; empty where one event is enough."""
    return f"{policy['streak']} of {policy['for']}" if policy["for"] > 1 else ""


def cooldown(policy: PolicyDocument, now: float) -> str:
    """Return what is left of the cooldown, in minutes at the finest: ``5h left``."""
    ends = amounts.seconds_of(policy["cooldown_until"])
    if ends is None or ends <= now:
        return ""
    return f"{amounts.until(ends - now).removeprefix('in ')} left"


def ago(iso: str | None, now: float) -> str:
    """Return how long ago something was: ``5m ago``, ``now``; empty for what never was."""
    at = amounts.seconds_of(iso)
    age = amounts.age(now - at) if at is not None else ""
    return age if age in ("", "now") else f"{age} ago"


def facts(policy: PolicyDocument, now: float) -> list[Line]:
    """Return what a policy does, and what it did last, a fact per line."""
    lines: list[Line] = [(Span(problem, "bad"),) for problem in policy["problems"]]
    if policy["pipeline"]:
        lines.append((_label("does"), *_rule(policy)))
    verdict = [Span(policy["last_verdict"] or "it has seen no event yet")]
    if when := ago(policy["last_event_at"], now):
        verdict.append(Span(f"  {when}", "muted"))
    lines.append((_label("last"), *verdict))
    if policy["fired_run_id"]:
        fired = ago(policy["fired_at"], now)
        lines.append(
            (_label("last run"), Span(policy["fired_run_id"]), Span(f"  {fired}", "muted"))
        )
    return lines


def _rule(policy: PolicyDocument) -> Line:
    """Return a policy as one line: ``on latency_alert  if p99_ms > 250  run retrain``."""
    spans = [Span("on ", "muted"), Span(f"{policy['on']}  ")] if policy["on"] != DRIFT else []
    if policy["if"]:
        spans += [Span("if ", "muted"), Span(f"{policy['if']}  ")]
    spans += [Span("run ", "muted"), Span(policy["pipeline"])]
    if (target := policy.get("target", "ok")) != "ok":  # an older daemon does not say
        spans.append(Span(f" ({target})", "bad"))
    if policy["for"] > 1:
        spans += [Span("  for ", "muted"), Span(f"{policy['for']} in a row")]
    if policy["clear_below"] is not None:
        spans += [Span("  clear < ", "muted"), Span(f"{policy['clear_below']:g}")]
    if policy["cooldown_s"]:
        spans += [Span("  cooldown ", "muted"), Span(amounts.period(policy["cooldown_s"]))]
    return tuple(spans)


def _label(name: str) -> Span:
    return Span(name.ljust(LABEL), "muted")
