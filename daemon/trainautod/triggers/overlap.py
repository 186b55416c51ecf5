"""What becomes of a slot that comes while an earlier run of the clock has not ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from trainautod.spec.triggers import Schedule

#: Most slots of a pipeline that wait: a run that never ends must not fill the store.
MOST_WAITING = 1000

FIRE, SKIP, QUEUE, REPLACE = "fire", "skip", "queue", "replace"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done with a slot.

    Attributes:
        action: ``fire`` it; ``skip`` it; ``queue`` it until the run before has ended; or
            ``replace`` the run before, which is cancelled.
        reason: why it does not fire now.
    """

    action: str
    reason: str = ""


def verdict(schedule: Schedule, live: Sequence[str], waiting: Sequence[str]) -> Verdict:
    """Return what is done with a slot that has come.

    Only runs that the pipeline's schedules started count: what a person or a backfill runs beside
    them holds up nothing, and is never cancelled.

    Args:
        schedule: whose slot it is.
        live: those runs of the pipeline that have not ended.
        waiting: the earlier slots of the pipeline that wait for their turn, each ``queued`` or
            ``replacing``.
    """
    if not live and not waiting:
        return Verdict(FIRE)
    reason = _reason(live, len(waiting))
    queued = "queued" in waiting
    if schedule.overlap == "cancel_running" and not queued:
        return Verdict(REPLACE, reason)
    if schedule.overlap == "skip" and not (queued and schedule.catchup == "all"):
        return Verdict(SKIP, reason)
    if len(waiting) >= MOST_WAITING:
        return Verdict(SKIP, f"{reason}; no more than {MOST_WAITING} wait")
    return Verdict(QUEUE, reason)


def _reason(live: Sequence[str], waiting: int) -> str:
    told = [f"run {live[0]} has not ended"] if live else []
    if waiting:
        told.append(f"{waiting} earlier slot{'s wait' if waiting > 1 else ' waits'}")
    return ", ".join(told)
