"""Time as a port, so that simulations can bring their own."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the runtime asks of time."""

    def now_ms(self) -> int:
        """Return the wall clock, Unix milliseconds."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Return the wall clock, Unix milliseconds."""
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)
