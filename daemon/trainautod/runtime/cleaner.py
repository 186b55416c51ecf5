"""Removing the sandboxes of recorded attempts, out of the way of the steps that follow."""

import asyncio
from collections.abc import Callable

from trainautod.runtime.clock import Clock

PAUSE_S = 0.5  # removals are gathered this long, so that a chain of short steps does not wait


class Cleaner:
    """Collects removals and carries them out in batches, on a thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[Callable[[], None]] = []
        self._some = asyncio.Event()

    def later(self, removal: Callable[[], None]) -> None:
        """Carry out a removal before long."""
        self._waiting.append(removal)
        self._some.set()

    async def run(self) -> None:
        """Clean until cancelled."""
        while True:
            await self._some.wait()
            await self._clock.sleep(PAUSE_S)
            self._some.clear()
            await asyncio.to_thread(self.clean)

    def clean(self) -> None:
        """Carry out everything that waits."""
        while self._waiting:
            self._waiting.pop()()
