"""Runs: what was asked for, what it does, and why it failed."""

from typing import Any, NotRequired, TypedDict

from trainauto_tui.documents.steps import StepRun

Scalar = str | int | float | bool | None


class RunError(TypedDict):
    """Why a run failed: the step, and a message that ends with its last error lines."""

    step: str | None
    message: str


class RunSummary(TypedDict):
    """A run without its steps.

    ``status`` is queued, running, succeeded, failed, cancelled or skipped.
    """

    run_id: str
    pipeline: str
    status: str
    scheduled_time: str | None
    trigger: dict[str, Any]
    params: dict[str, Any]
    started_at: str | None
    ended_at: str | None
    error: RunError | None
    duration_s: NotRequired[float | None]


class Run(RunSummary):
    """A run with all of its steps, in the order of the pipeline."""

    steps: list[StepRun]


class AcceptedRun(Run):
    """A run that was submitted or retried; ``warnings`` tell why its file is not what runs."""

    warnings: list[str]


class RunPage(TypedDict):
    """Runs, newest first; ``next`` is the ``before`` of the page that follows, if any."""

    runs: list[RunSummary]
    next: str | None


class RunRequest(TypedDict, total=False):
    """What to run or plan: ``path`` (absolute) or ``name``, and what to change for this run."""

    path: str
    name: str
    params: dict[str, Scalar]
    ds: str | None
    from_step: str | None
    force: list[str]
    force_all: bool
    trigger: dict[str, Any]


class PlannedStep(TypedDict):
    """What would happen to a step; ``verdict`` is run, reuse, unknown, skip or refuse."""

    id: str
    needs: list[str]
    verdict: str
    reason: str
    cache_key: str | None


class Plan(TypedDict):
    """What a run would do, without running it."""

    pipeline: str
    scheduled_time: str | None
    steps: list[PlannedStep]
