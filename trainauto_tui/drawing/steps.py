"""What a step's row says beside its status, and what a run's says above its steps."""

from collections.abc import Sequence

from trainauto_tui.documents import RunSummary, StepRun
from trainauto_tui.drawing import amounts, causes
from trainauto_tui.drawing.gauge import Gauge
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import look
from trainauto_tui.drawing.values import written

METRICS = 4  # of one step; more do not fit beside its name
BAR = 8  # cells of a bar of progress


def note(step: StepRun, lacking: Sequence[str], plain: bool = False) -> tuple[Span, ...]:
    """Return the one thing worth reading about a step now.

    A failed step has its error, a reused one the reason, a running one how far it is, a finished
    one its metrics or else why it ran, a waiting one the needs that it is ``lacking``, or that
    only a slot is.
    """
    match step["status"]:
        case "failed" | "cancelled":
            return (Span(_first_line(step.get("error")) or _exit(step), "bad"),)
        case "pending":
            return (
                Span("after " + ", ".join(lacking) if lacking else "waits for a slot", "muted"),
            )
        case "skipped":
            return (Span(_first_line(step.get("error") or step["reason"]), "muted"),)
    if step["status"] == "running":
        told = (*progress(step, plain), *metrics(step))
        return told or (Span(_first_line(step["reason"]), "muted"),)
    if step["cached"] or not step["metrics"]:
        return (Span(_first_line(step["reason"]), "muted"),)
    return metrics(step)


def progress(step: StepRun, plain: bool) -> tuple[Span, ...]:
    """Return how far a step says it is, as a bar and in its own words: ``epoch 14/40``."""
    told = step.get("progress")
    if not told:
        return ()
    done, total = amounts.number(told["done"]), amounts.number(told["total"])
    text = f"{told['unit']} {done}/{total}".strip()
    return (*Gauge(told["done"], told["total"]).bar(BAR, plain), Span(f" {text}  "))


def why(step: StepRun) -> tuple[Span, ...]:
    """Return which attempt it is, and why the step ran or was reused; nothing while it waits."""
    if step["status"] in ("pending", "skipped"):
        return ()
    tried = (Span(f"attempt {step['attempt']}  ", "warn"),) if step["attempt"] > 1 else ()
    reason = _first_line(step["reason"])
    verb = "reused" if step["cached"] else "ran"
    return (*tried, *((Span(f"{verb}: {reason}", "muted"),) if reason else ()))


def metrics(step: StepRun) -> tuple[Span, ...]:
    """Return the last values that a step logged: ``roc_auc 0.8834  rows 5021``."""
    spans: list[Span] = []
    for name, value in list(step["metrics"].items())[:METRICS]:
        spans += [Span(f"{name} ", "muted"), Span(f"{amounts.number(value)}  ")]
    return tuple(spans)


def run_line(run: RunSummary, now: float, plain: bool) -> tuple[Span, ...]:
    """Return a run in one line: status, time taken, for when, by what, with which params."""
    shown = look(run["status"])
    took = (
        amounts.running_for(run["started_at"], now)
        if run["status"] == "running"
        else amounts.duration(run.get("duration_s"))
    )
    spans = [*shown.spans(plain), Span(f" {took}" if took else "")]
    spans += [Span("  for ", "muted"), Span(amounts.scheduled(run["scheduled_time"]))]
    spans += [Span("  by ", "muted"), Span(causes.kind(run["trigger"]))]
    for name, value in run["params"].items():
        spans += [Span(f"  {name}=", "muted"), Span(written(value))]
    return tuple(spans)


def _exit(step: StepRun) -> str:
    code = step["exit_code"]
    return "" if code is None else f"exit code {code}"


def _first_line(text: str | None) -> str:
    return text.strip().split("\n", 1)[0] if text else ""
