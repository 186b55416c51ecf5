"""GET /runs/{id}/steps/{step}/metrics: the curve of each metric, in as many points as drawn."""

import asyncio
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trainautod.api.routes.logs import AttemptNumber
from trainautod.api.routing import Call, Endpoint, NoBody
from trainautod.lineage.results import AttemptRef
from trainautod.lineage.runs import find_run
from trainautod.lineage.steps import find_attempt, metrics_after
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.series import Point, Series

LARGEST_POINTS = 5000
_PAGE = 5000  # values read from the store at once, some 10 ms


class SeriesQuery(BaseModel):
    """The curves of which attempt, and in how many points each; an attempt that runs has 1,000."""

    model_config = ConfigDict(extra="forbid")
    attempt: AttemptNumber = None
    points: int = Field(500, ge=4, le=LARGEST_POINTS)


async def read_metrics(daemon: Daemon, call: Call[SeriesQuery, NoBody]) -> dict[str, Any]:
    """Return each metric's values in order, thinned so that whatever was extreme is kept."""
    run, step, query = call.path["run"], call.path["step"], call.query
    found = await daemon.store.read(
        lambda c: find_attempt(c, find_run(c, run), step, query.attempt)
    )
    ref, most = found.ref, query.points
    if found.ended:
        series = await _stored(daemon, ref, most)
    else:
        series = await asyncio.to_thread(
            daemon.live.curves, ref.run_id, ref.step, ref.attempt, most
        )
    shown = {name: [[p.step, p.value, None] for p in points] for name, points in series.items()}
    return {"attempt": ref.attempt, "complete": found.ended, "series": shown}


async def _stored(daemon: Daemon, ref: AttemptRef, most: int) -> dict[str, list[Point]]:
    """Return the curves of an attempt that has ended, read a page at a time."""
    series: dict[str, Series] = {}
    after = -1
    while True:
        read = partial(metrics_after, ref=ref, after=after, limit=_PAGE)
        page = await daemon.store.read(read)
        await asyncio.to_thread(_add, series, page, most)
        if len(page) < _PAGE:
            return {name: one.points() for name, one in series.items()}
        after = page[-1][0]


def _add(
    series: dict[str, Series],
    page: list[tuple[int, str, float | None, float | None]],
    most: int,
) -> None:
    for _, name, value, step in page:
        if name not in series:
            series[name] = Series(most)
        series[name].add(value, step)


ENDPOINTS = (Endpoint("GET", "/runs/{run}/steps/{step}/metrics", read_metrics, query=SeriesQuery),)
