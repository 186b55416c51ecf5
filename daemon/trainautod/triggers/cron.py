"""When a schedule fires next.

APScheduler computes the times; what the fields mean is cron's own rule, which
``trainautod.spec.cron`` spells out: Sunday is 0 or 7 (APScheduler counts from Monday), and a day
matches by its date *or* its weekday when both are restricted (APScheduler demands both).
"""

from datetime import datetime, tzinfo
from functools import lru_cache

from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from trainautod.spec.cron import Cron


def next_fire(cron: Cron, zone: tzinfo, after: datetime) -> datetime | None:
    """Return the first time later than ``after`` (aware) at which it fires, read in ``zone``."""
    found: datetime | None = _trigger(cron, zone).get_next_fire_time(after, after)
    return found


@lru_cache(maxsize=512)
def _trigger(cron: Cron, zone: tzinfo) -> OrTrigger:
    return OrTrigger([CronTrigger(**fields, timezone=zone) for fields in cron.alternatives()])
