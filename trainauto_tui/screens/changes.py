"""The questions of the commands that change something."""

import json
import shlex
from collections.abc import Sequence

from trainauto_tui.documents import PipelineDocument, Run, RunRequest, RunSummary, StepRun
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.layers import depths
from trainauto_tui.drawing.status import ACTIVE
from trainauto_tui.screens.confirm import ConfirmScreen


def command_line(home: str | None, *words: str) -> str:
    """Return the command line that does the same, for the home or the address that is open."""
    flag = "--host" if home and "://" in home else "--home"
    place = [flag, home] if home else []
    return shlex.join(["trainauto", *words[:1], *place, *words[1:]])


def remove(pipeline: PipelineDocument, home: str | None) -> ConfirmScreen:
    """Ask for its name before ``pipeline`` is forgotten."""
    name = pipeline["name"]
    schedule = "Its schedule fires no more. " if pipeline["schedules"] else ""
    return ConfirmScreen(
        f"Forget the pipeline {name}?",
        f"{schedule}Its file, its runs and its artifacts stay, and it can be added again.",
        command_line(home, "remove", name),
        "forget it",
        "keep it",
        name=name,
    )


def cancel(run: RunSummary, home: str | None) -> ConfirmScreen:
    """Ask before ``run`` is cancelled."""
    return ConfirmScreen(
        f"Cancel run {run['run_id']} of {run['pipeline']}?",
        (
            "Its running steps get their stop signal, then their grace, then are killed. "
            "Steps that have finished stay recorded and reusable."
        ),
        command_line(home, "cancel", run["run_id"]),
        "cancel the run",
        "let it run",
    )


def retry(run: RunSummary, home: str | None) -> ConfirmScreen:
    """Ask before ``run`` goes on."""
    when = amounts.scheduled(run["scheduled_time"])
    return ConfirmScreen(
        f"Retry run {run['run_id']} of {run['pipeline']}?",
        (
            f"The same run{f', for {when},' if when else ''} goes on from what failed. "
            "Steps that succeeded are not run again."
        ),
        command_line(home, "retry", run["run_id"]),
        "retry the run",
        "leave it",
    )


def rerun_request(run: Run, step: str) -> RunRequest:
    """Return the request for a run like ``run`` that executes ``step`` and all that follow it."""
    request: RunRequest = {
        "name": run["pipeline"],
        "params": run["params"],
        "from_step": declared(step),
    }
    if run["scheduled_time"]:
        request["ds"] = run["scheduled_time"][:10]
    return request


def rerun(run: Run, step: str, home: str | None) -> ConfirmScreen:
    """Ask before a run is started as ``rerun_request`` has it."""
    request, first = rerun_request(run, step), declared(step)
    words = ["--from", first]
    if day := request.get("ds"):
        words += ["--ds", day]
    for name, value in request["params"].items():
        words += ["--param", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    after = len(followers(run["steps"], first))
    more = {0: "", 1: " and the one after it"}.get(after, f" and the {after} after it")
    return ConfirmScreen(
        f"Run {run['pipeline']} again from {first}?",
        (
            f"A new run is queued, for the same day and with the same params. {first}{more} "
            f"{'run' if after else 'runs'} even where nothing changed; of the other steps, those "
            "whose inputs did not change are reused. This run stays as it is."
        ),
        command_line(home, "run", run["pipeline"], *words, "--detach"),
        "run it",
        "leave it",
    )


def declared(step: str) -> str:
    """Return the step of the pipeline's file that ``step`` is, or is an instance of."""
    return step.partition("[")[0]


def followers(steps: Sequence[StepRun], first: str) -> set[str]:
    """Return the steps that come after ``first``, directly or not."""
    depth = depths({step["id"]: step.get("needs", ()) for step in steps})
    found: set[str] = set()
    for step in sorted(steps, key=lambda step: depth[step["id"]]):
        if any(need in found or declared(need) == first for need in step.get("needs", ())):
            found.add(step["id"])
    return found


def cannot_cancel(run: RunSummary) -> str | None:
    """Return why ``run`` cannot be cancelled, or None."""
    return None if run["status"] in ACTIVE else f"The run has ended: it {_ended(run)}."


def cannot_retry(run: RunSummary) -> str | None:
    """Return why ``run`` cannot be retried, or None."""
    if run["status"] in ACTIVE:
        return "The run has not ended yet."
    return "Nothing to retry: the run succeeded." if run["status"] == "succeeded" else None


def _ended(run: RunSummary) -> str:
    return {"cancelled": "was cancelled", "skipped": "was skipped"}.get(
        run["status"], run["status"]
    )
