"""Registered pipelines."""

from typing import Any, NotRequired, TypedDict

from trainauto_tui.documents.backfills import BackfillSummary


class Schedule(TypedDict):
    """One cron line, the zone that it is read in, and when it starts a run next."""

    cron: str
    timezone: str | None
    next_fire: NotRequired[str | None]


# ``if`` cannot be written as an attribute.
OtherTrigger = TypedDict(
    "OtherTrigger",
    {
        "kind": str,
        "path": list[str],
        "if": NotRequired[str | None],
        "policy": NotRequired[str],
        "event": NotRequired[str],
    },
)
"""What starts a pipeline besides the clock: data or drift, from files of these patterns, or a
policy with a file of its own, on an event.
"""


class PipelineStep(TypedDict):
    """A step as the pipeline file declares it."""

    id: str
    needs: list[str]


class RecentRun(TypedDict):
    """One of the last runs of a pipeline."""

    run_id: str
    status: str
    scheduled_time: str | None
    started_at: str | None
    ended_at: str | None


class PipelineDocument(TypedDict):
    """A registered pipeline; ``state`` is ok or broken, ``last_runs`` newest first (at most 10).

    ``backfills`` are those that have not ended; of stopped ones only the newest of all.
    """

    name: str
    path: str
    description: str | None
    state: str
    problems: list[str]
    schedules: list[Schedule]
    next_fire: str | None
    on: NotRequired[list[OtherTrigger]]
    params: dict[str, Any]
    steps: list[PipelineStep]
    last_runs: list[RecentRun]
    backfills: NotRequired[list[BackfillSummary]]
