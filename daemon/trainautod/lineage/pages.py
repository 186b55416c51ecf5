"""Pages of runs: whatever they are filtered by, an index is walked and nothing is sorted."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice, product
from typing import Any

from trainautod.lineage.errors import UnknownWord
from trainautod.lineage.queries import sql
from trainautod.lineage.runs import summary

RUN_STATUSES = ("queued", "running", "succeeded", "failed", "cancelled", "skipped")
#: Of the daemon itself; who submits a run may name another.
TRIGGERS = ("manual", "cron", "data", "drift", "policy", "backfill")

#: Sorts after every run id, which are made of digits and lower-case letters.
AFTER_ALL = "~"


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted.

    Attributes:
        pipeline: of this one only.
        statuses: in one of these; in any when empty.
        triggers: started by one of these kinds; by any when empty.
        first: the smallest id.
        before: what every id is below.
    """

    pipeline: str | None = None
    statuses: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    first: str = ""
    before: str = AFTER_ALL

    def check(self, connection: sqlite3.Connection) -> None:
        """Refuse words that no run can have.

        Raises:
            UnknownWord: a status or a kind of trigger is none of those that there are.
        """
        _expect("run status", self.statuses, RUN_STATUSES)
        if not set(self.triggers) <= set(TRIGGERS):
            stored = [row["kind"] for row in connection.execute(sql("kinds_of_triggers"))]
            _expect("kind of trigger", self.triggers, (*dict.fromkeys((*TRIGGERS, *stored)),))


def knows_pipeline(connection: sqlite3.Connection, pipeline: str) -> bool:
    """Tell whether a pipeline of this name is registered, or has ever run."""
    found = connection.execute(sql("knows_pipeline"), {"pipeline": pipeline}).fetchone()
    return bool(found[0])


def run_page(connection: sqlite3.Connection, wanted: RunFilter, limit: int) -> dict[str, Any]:
    """Return up to ``limit`` runs, newest first, and where the next page begins."""
    ids = list(islice(_newest_first(connection, wanted, limit), limit))
    rows = connection.execute(sql("runs_called"), {"ids": json.dumps(ids)})
    return {"runs": [summary(row) for row in rows], "next": ids[-1] if len(ids) == limit else None}


def _newest_first(connection: sqlite3.Connection, wanted: RunFilter, limit: int) -> Iterator[str]:
    """Yield the ids of up to ``limit`` runs of each combination of status and trigger, merged.

    Where a trigger is named its indexes go on with the status, so that all of those are asked for.
    """
    statement = _statement(wanted)
    statuses: tuple[str | None, ...] = wanted.statuses or (None,)
    if wanted.triggers and not wanted.statuses:
        statuses = RUN_STATUSES
    found = []
    for status, trigger in product(
        dict.fromkeys(statuses), dict.fromkeys(wanted.triggers or ("",))
    ):
        query = {
            "pipeline": wanted.pipeline,
            "status": status,
            "trigger": trigger,
            "first": wanted.first,
            "before": wanted.before,
            "limit": limit,
        }
        found.append([row["run_id"] for row in connection.execute(statement, query)])
    return merge(*found, reverse=True)


def _statement(wanted: RunFilter) -> str:
    """Return the statement for these filters: each has an index of its own to walk down."""
    if wanted.triggers:
        by_both = wanted.pipeline is not None
        return sql("ids_by_pipeline_and_trigger") if by_both else sql("ids_by_trigger")
    if wanted.pipeline is not None:
        return sql("ids_by_pipeline_and_status") if wanted.statuses else sql("ids_by_pipeline")
    return sql("ids_by_status") if wanted.statuses else sql("ids_of_runs")


def _expect(what: str, told: tuple[str, ...], known: tuple[str, ...]) -> None:
    unknown = [word for word in told if word not in known]
    if unknown:
        raise UnknownWord(f"there is no {what} {unknown[0]!r}; known: {', '.join(known)}")
