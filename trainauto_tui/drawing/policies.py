"""Policies: whether one may start a run now, and what it said last."""

import re
from datetime import tzinfo

from trainauto_tui.documents import PolicyDocument
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import Look, look

Line = tuple[Span, ...]

LABEL = 9  # cells of a fact's name
DRIFT = "drift_alert"  # the event of most policies: it goes without saying
_ARMED = Look("●", "*", "armed", "good")
_DISARMED = Look("○", "o", "disarmed", "warn")
_COOLING = Look("◐", "%", "cooldown", "warn")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:[+-]\d\d:\d\d|Z)")
_SCORES = re.compile(r"(?<![\w.])(drift_score|features\.\w+)\s*>=?\s*(\d*\.?\d+)")


def standing(policy: PolicyDocument, now: float) -> Look:
    """Return whether a policy is armed, cools down, waits until its value cleared, or is broken."""
    if policy["state"] != "ok":
        return look(policy["state"])
    if not policy["armed"]:
        return _DISARMED
    return _COOLING if cooldown(policy, now) else _ARMED


def thresholds(policy: PolicyDocument, score: str) -> list[float]:
    """Return what a policy holds a score against: 0.1 of ``drift_score > 0.1``.

    Args:
        policy: Any policy; one on something else has none.
        score: ``drift_score``, or the name of a feature.
    """
    found = _SCORES.findall(policy["if"] or "") if policy["on"] == DRIFT else []
    return [float(value) for name, value in found if name.removeprefix("features.") == score]


def streak(policy: PolicyDocument) -> str:
    """Return how far it is: ``1 of 3``; empty where one event is enough."""
    return f"{policy['streak']} of {policy['for']}" if policy["for"] > 1 else ""


def cooldown(policy: PolicyDocument, now: float) -> str:
    """Return what is left of the cooldown, in minutes at the finest: ``5h left``."""
    ends = amounts.seconds_of(policy["cooldown_until"])
    if ends is None or ends <= now:
        return ""
    return f"{amounts.until(ends - now).removeprefix('in ')} left"


def verdict(policy: PolicyDocument, now: float, zone: tzinfo) -> str:
    """Return what a policy made of its last event, times in the reader's words; may be empty."""
    said = policy["last_verdict"] or ""
    return _TIME.sub(lambda found: amounts.moment(found[0], now, zone), said)


def facts(policy: PolicyDocument, now: float, zone: tzinfo) -> list[Line]:
    """Return what a policy does, and what it did last, a fact per line."""
    lines: list[Line] = [(Span(problem, "bad"),) for problem in policy["problems"]]
    if policy["pipeline"]:
        lines.append((_label("does"), *_rule(policy)))
    last = [Span(verdict(policy, now, zone) or "it has seen no event yet")]
    if when := amounts.fresh_ago(policy["last_event_at"], now):
        last.append(Span(f"  {when}", "muted"))
    lines.append((_label("last"), *last))
    if policy["fired_run_id"]:
        fired = amounts.fresh_ago(policy["fired_at"], now)
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
