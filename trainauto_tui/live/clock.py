"""The time, as something that can be handed in."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo


def _local_zone() -> tzinfo:
    return datetime.now(UTC).astimezone().tzinfo or UTC


@dataclass(frozen=True, slots=True)
class Clock:
    """What the screens read times from.

    Attributes:
        now: Unix time in seconds.
        ticks: Monotonic seconds, for measuring.
        zone: The reader's time zone. It is fixed when the UI starts, as is its offset.
    """

    now: Callable[[], float] = time.time
    ticks: Callable[[], float] = time.monotonic
    zone: tzinfo = field(default_factory=_local_zone)
