"""What is known of one step, as lines to read."""

from collections.abc import Iterable

from trainauto_tui.documents import AttemptDocument, Explanation, StepDocument
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.gauge import Gauge
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import look

Line = tuple[Span, ...]

SHORT = 12  # characters of a digest that tell it from others
BAR = 12  # cells
NAME = 10  # cells of the names on the left
ERROR_LINES = 3


def facts(
    step: StepDocument, attempt: AttemptDocument | None, now: float, plain: bool
) -> list[Line]:
    """Return status, time and attempts in one line, then the command, then what went wrong."""
    earlier = attempt is not None and attempt is not step["attempts"][-1]
    status = attempt["status"] if attempt is not None and earlier else step["status"]
    spans = [*look(status, step["cached"]).spans(plain)]
    if took := _took(step, attempt, now):
        spans.append(Span(f" {took}"))
    if attempt is not None and len(step["attempts"]) > 1:
        spans += [Span("  attempt "), Span(f"{attempt['attempt']}", "title")]
        spans.append(Span(f" of {len(step['attempts'])}"))
    if step["source"] is not None:
        spans += [Span("  result of run ", "muted"), Span(step["source"]["run_id"])]
    lines = [tuple(spans)]
    if command := step["command"] or step["template"]:
        lines.append((Span(f"$ {command}", "muted"),))
    error = (attempt["error"] if attempt is not None else None) or (
        None if earlier else step.get("error")
    )
    lines += [(Span(line, "bad"),) for line in (error or "").strip().splitlines()[:ERROR_LINES]]
    return lines


def _took(step: StepDocument, attempt: AttemptDocument | None, now: float) -> str:
    if attempt is None:
        return "" if step["cached"] else amounts.duration(step["duration_s"])
    if attempt["status"] == "running":
        return amounts.running_for(attempt["started_at"], now)
    return amounts.duration(attempt["duration_s"])


def explanation(found: Explanation | None, step: StepDocument) -> list[Line]:
    """Return why the step ran or was reused, and compared with what."""
    if found is None or found["reason"] is None:
        return [(Span("It was not decided yet.", "muted"),)]
    verb = "reused" if found["cached"] else "ran"
    lines: list[Line] = [(Span(f"{verb}: ", "muted"), Span(found["reason"]))]
    lines += [
        (Span("  "), Span(change)) for change in found["changes"] if change != found["reason"]
    ]
    if (other := found["compared_with"]) is not None:
        lines.append(_named("compared", f"with run {other['run_id']}, attempt {other['attempt']}"))
    if step["source"] is not None:
        source = step["source"]
        lines.append(_named("result", f"of run {source['run_id']}, attempt {source['attempt']}"))
    if found["cache_key"]:
        lines.append(_named("key", found["cache_key"][:SHORT]))
    return lines


def resources(
    step: StepDocument, attempt: AttemptDocument | None, now: float, plain: bool
) -> list[Line]:
    """Return what an attempt took of the machine, against what the step asks for."""
    used = attempt if attempt is not None else step
    asked = step["resources"]
    lines: list[Line] = []
    if took := _took(step, attempt, now):
        limit = f" of at most {amounts.duration(step['timeout_s'])}" if step["timeout_s"] else ""
        lines.append(_named("time", took + limit))
    if (cpu_s := used.get("cpu_s")) is not None:
        lines.append(
            _named("cpu", f"{amounts.duration(cpu_s)}{_busy(used.get('duration_s'), cpu_s)}")
        )
    if peak := used.get("peak_memory_bytes"):
        lines.append(_memory(peak, asked["memory_bytes"] if asked else None, plain))
    if asked is not None:
        cpus = asked["cpus"]
        words = [f"{amounts.number(cpus)} cpu" + ("" if cpus == 1 else "s")]
        words += [f"{asked['gpus']} gpus"] if asked["gpus"] else []
        words += [f"{amounts.size(asked['memory_bytes'])} memory"] if asked["memory_bytes"] else []
        lines.append(_named("asks for", ", ".join(words)))
    if step["retries"] is not None:
        lines.append(_named("retries", f"at most {step['retries']}"))
    return lines or [(Span("It has taken nothing yet.", "muted"),)]


def _busy(duration_s: object, cpu_s: float) -> str:
    if not isinstance(duration_s, float) or duration_s < 1:
        return ""
    return f", {amounts.number(round(cpu_s / duration_s, 1))} cpus busy on average"


def _memory(peak: int, asked: int | None, plain: bool) -> Line:
    """Return the peak, and where a limit is set how near it came."""
    name = Span(f"{'memory':<{NAME}}", "muted")
    if not asked:
        return (name, Span(f"{amounts.size(peak)} at its peak"))
    text = f" {amounts.size(peak)} of {amounts.size(asked)} at its peak"
    return (name, *Gauge(peak, asked, scarce=True).bar(BAR, plain), Span(text))


def environment(step: StepDocument) -> list[Line]:
    """Return what an attempt ran in and what it could see."""
    found = step["environment"]
    lines: list[Line] = []
    if found is not None:
        for name, value in (("python", found["python"]), ("platform", found["platform"])):
            lines += [_named(name, value)] if value else []
        if found["lock"]:
            lines.append(_named("lock", found["lock"][:SHORT]))
        if found["git"] is not None:
            changed = ", with changes" if found["git"]["dirty"] else ""
            lines.append(_named("commit", found["git"]["commit"][:SHORT] + changed))
    lines += [
        _named(use["role"], f"{use['path']}  {use['digest'][:SHORT]}") for use in step["inputs"]
    ]
    if found is not None and found["packages"]:
        lines += [(), (Span(f"{len(found['packages'])} packages", "muted"),)]
        lines += _columns(
            f"{name} {version}" for name, version in sorted(found["packages"].items())
        )
    return lines or [(Span("It has not run yet.", "muted"),)]


def _columns(texts: Iterable[str]) -> list[Line]:
    return [(Span(f"  {text}"),) for text in texts]


def _named(name: str, value: str) -> Line:
    return (Span(f"{name:<{NAME}}", "muted"), Span(value))
