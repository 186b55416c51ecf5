"""Time as a port, so that simulations can bring their own."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any, Protocol


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


async def pause(clock: Clock, seconds: float, *wakers: Awaitable[Any]) -> None:
    """Wait until some seconds have passed or a waker is done; the others are cancelled."""
    tasks = [asyncio.ensure_future(each) for each in (clock.sleep(seconds), *wakers)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
