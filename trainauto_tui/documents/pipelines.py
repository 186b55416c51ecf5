"""Registered pipelines."""

from typing import Any, TypedDict


class Schedule(TypedDict):
    """One cron line and the zone that it is read in."""

    cron: str
    timezone: str | None


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
    """A registered pipeline; ``state`` is ok or broken, ``last_runs`` newest first (at most 10)."""

    name: str
    path: str
    description: str | None
    state: str
    problems: list[str]
    schedules: list[Schedule]
    next_fire: str | None
    params: dict[str, Any]
    steps: list[PipelineStep]
    last_runs: list[RecentRun]
