"""A run's progress: lines redrawn in place on a terminal, one line per change in a pipe."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, Protocol

from trainauto_tui.cli.quantities import between, clock, duration, key_metric, since
from trainauto_tui.cli.terminal import fit, width_of

if TYPE_CHECKING:
    from trainauto_tui.cli.terminal import Terminal
    from trainauto_tui.documents import Run, RunSummary, StepRun


class Look(NamedTuple):
    """How a status looks: glyph, word, style."""

    glyph: str
    word: str
    style: str


LOOKS = {
    "pending": Look("○", "pending", "dim"),
    "queued": Look("○", "queued", "dim"),
    "running": Look("▶", "running", "cyan"),
    "succeeded": Look("✔", "succeeded", "green"),
    "reused": Look("↻", "reused", "green"),
    "failed": Look("✗", "failed", "red"),
    "cancelled": Look("✗", "cancelled", "yellow"),
    "skipped": Look("○", "skipped", "dim"),
}
# What is left out first when the terminal is too low for all steps.
WEIGHT = {"running": 0, "failed": 1, "cancelled": 2, "succeeded": 3, "pending": 4, "skipped": 5}
LONGEST_NAME = 32  # columns of a step's name
MANY = 200  # steps; a view of more than these stays cut after the end too


def look_of(step: StepRun) -> Look:
    """Return how a step looks."""
    status = "reused" if step["cached"] and step["status"] == "succeeded" else step["status"]
    return LOOKS.get(status, Look("?", status, ""))


def run_look(run: RunSummary) -> Look:
    """Return how a run looks."""
    return LOOKS.get(run["status"], Look("?", run["status"], ""))


def elapsed(step: StepRun) -> str:
    """Return how long a step took, or has been running; nothing for a reused one."""
    if step["cached"]:
        return ""
    if step["status"] == "running":
        return duration(since(step.get("started_at")))
    return duration(step["duration_s"])


def summary(run: Run) -> str:
    """Return one line that says how a run ended: ``5 steps: 2 succeeded, 3 reused``."""
    took = between(run["started_at"], run["ended_at"])
    span = "" if took is None else f" in {duration(took)}"
    counts = Counter(look_of(step).word for step in run["steps"])
    parts = ", ".join(f"{count} {word}" for word, count in counts.items())
    steps = f"{len(run['steps'])} step" + ("" if len(run["steps"]) == 1 else "s")
    return f"{run['pipeline']} {run['run_id']} {run['status']}{span} ({steps}: {parts})"


class Progress(Protocol):
    """Shows a run again and again until it has ended."""

    def show(self, run: Run) -> None:
        """Show the run as it is now."""

    def finish(self, run: Run) -> None:
        """Show the run as it ended, and its summary."""


def progress_on(out: Terminal) -> Progress:
    """Return what suits this output."""
    return LiveProgress(out) if out.interactive else PlainProgress(out)


class Silence:
    """Shows nothing: standard output belongs to a JSON document."""

    def show(self, run: Run) -> None:
        """Do nothing."""

    def finish(self, run: Run) -> None:
        """Do nothing."""


class PlainProgress:
    """One line per change: ``12:00:01 fetch succeeded 1.2s``."""

    def __init__(self, out: Terminal) -> None:
        self._out = out
        self._seen: dict[str, tuple[str, int]] = {}

    def show(self, run: Run) -> None:
        """Write a line for every step that changed, in the order of the changes."""
        changed = [step for step in run["steps"] if self._is_news(step)]
        for step in sorted(changed, key=_moment):
            self._seen[step["id"]] = (step["status"], step["attempt"])
            self._out.line(plain_line(step, run["started_at"]))

    def finish(self, run: Run) -> None:
        """Write what is left and the summary."""
        self.show(run)
        self._out.line(f"{clock(run['ended_at'])} {summary(run)}")

    def _is_news(self, step: StepRun) -> bool:
        before = self._seen.get(step["id"], ("pending", 0))
        if step["status"] == "pending":
            return False
        return before != (step["status"], step["attempt"])


def why(step: StepRun) -> str:
    """Return why a step is as it is: how it failed and its last words, else why it ran or not."""
    error = (step.get("error") or "").strip().splitlines()
    told = ": ".join(dict.fromkeys((error[0], error[-1]))) if error else step["reason"] or ""
    return " ".join(told.split())


def plain_line(step: StepRun, begun: str | None = None) -> str:
    """Return the line that tells a change of a step in a pipe.

    Args:
        step: as the daemon tells it.
        begun: when the run started, for a step that has no time of its own: a reused one.
    """
    look = look_of(step)
    parts = [clock(_moment(step) or begun), step["id"], look.word]
    if step["status"] != "running":
        parts.append(elapsed(step))
    if step["attempt"] > 1 and not step["cached"]:
        parts.append(f"attempt {step['attempt']}")
    if step["status"] == "failed" and step["exit_code"] is not None:
        parts.append(f"exit code {step['exit_code']}")
    if step["cached"] or step["status"] != "succeeded":
        parts.append(f"({told})" if (told := why(step)) else "")
    parts.append(key_metric(step["metrics"]) if step["status"] == "succeeded" else "")
    return " ".join(filter(None, parts))


class LiveProgress:
    """All steps, redrawn in place with cursor moves; nothing else of the screen is touched."""

    def __init__(self, out: Terminal) -> None:
        self._out = out
        self._drawn: list[str] = []

    def show(self, run: Run) -> None:
        """Redraw when something looks different."""
        self._draw(self._lines(run, self._out.rows - 2))

    def finish(self, run: Run) -> None:
        """Draw all steps and the summary."""
        self._draw(self._lines(run, MANY))
        look = run_look(run)
        self._out.line(self._out.style(f"{look.glyph} {summary(run)}", look.style))

    def _draw(self, lines: list[str]) -> None:
        if lines == self._drawn:
            return
        back = f"\x1b[{len(self._drawn)}A\r" if self._drawn else ""
        self._out.write(back + "\x1b[J" + "".join(f"{line}\n" for line in lines))
        self._drawn = lines

    def _lines(self, run: Run, rows: int) -> list[str]:
        steps = _most_telling(run["steps"], max(1, rows))
        longest = max([width_of(step["id"]) for step in steps], default=0)
        names = min(longest, LONGEST_NAME, max(4, self._room() - 16))
        lines = [self._line(step, names) for step in steps]
        hidden = len(run["steps"]) - len(steps)
        if hidden:
            counts = Counter(look_of(step).word for step in run["steps"])
            parts = ", ".join(f"{count} {word}" for word, count in counts.items())
            lines.append(fit(f"  … {hidden} more; in all {parts}", self._room()))
        return lines

    def _line(self, step: StepRun, names: int) -> str:
        look = look_of(step)
        name = fit(self._out.clean(step["id"]), names)
        head = f"{look.glyph} {name}{' ' * (names - width_of(name))}  "
        facts = [f"{look.word:<9}", f"{elapsed(step):>7}", key_metric(step["metrics"])]
        facts.append(self._out.clean(why(step)))
        rest = fit("  ".join(filter(None, facts)).rstrip(), max(0, self._room() - width_of(head)))
        return self._out.style(head[0], look.style) + head[1:] + self._styled(rest, look)

    def _styled(self, rest: str, look: Look) -> str:
        word = rest[: len(look.word)]
        return self._out.style(word, look.style) + rest[len(look.word) :]

    def _room(self) -> int:
        return (self._out.columns or 80) - 1  # a full last column wraps on some terminals


def _most_telling(steps: list[StepRun], rows: int) -> list[StepRun]:
    """Return at most ``rows`` steps in their order: what runs and what failed before the rest."""
    if len(steps) <= rows:
        return steps
    order = sorted(range(len(steps)), key=lambda at: WEIGHT.get(steps[at]["status"], 0))
    kept = set(order[: max(1, rows - 1)])
    return [step for at, step in enumerate(steps) if at in kept]


def _moment(step: StepRun) -> str:
    return step.get("ended_at") or step.get("started_at") or ""
