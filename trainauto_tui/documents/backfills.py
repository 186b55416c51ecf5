"""Backfills: ranges of slots that somebody wants run, and what became of each."""

from typing import Any, TypedDict

from trainauto_tui.documents.runs import Scalar


class BackfillRequest(TypedDict, total=False):
    """What to run: the slots of a registered pipeline from ``since`` to ``until``, both included.

    ``which`` is missing, failed or all; ``order`` is oldest or newest.
    """

    pipeline: str
    since: str
    until: str
    parallel: int
    order: str
    which: str
    params: dict[str, Scalar]
    dry_run: bool


class BackfillCounts(TypedDict):
    """How many slots are in each state."""

    waiting: int
    running: int
    succeeded: int
    failed: int
    skipped: int


class BackfillSlot(TypedDict):
    """A slot: ``state`` is one of those of the counts; ``reason`` why it has no run, or failed."""

    slot: str
    state: str
    run_id: str | None
    reason: str | None


class BackfillSummary(TypedDict):
    """A backfill without its slots.

    ``state`` is running, stopped (``reason`` says why) or ended; planned for a dry run, which has
    no id.
    """

    backfill: str | None
    pipeline: str
    state: str
    reason: str | None
    since: str
    until: str
    parallel: int
    order: str
    which: str
    params: dict[str, Any]
    actor: str
    created_at: str | None
    ended_at: str | None
    counts: BackfillCounts


class Backfill(BackfillSummary):
    """A backfill with all of its slots, in its order."""

    slots: list[BackfillSlot]


class AcceptedBackfill(Backfill):
    """A backfill that was started or planned; ``warnings`` tell what a person should know."""

    warnings: list[str]
