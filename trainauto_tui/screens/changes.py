"""The questions of the commands that change something."""

import shlex

from trainauto_tui.documents import PipelineDocument, RunSummary
from trainauto_tui.drawing import amounts
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
