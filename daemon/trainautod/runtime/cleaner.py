"""Removing the sandboxes of recorded attempts, out of the way of the steps that follow."""

import asyncio
import math
import time

from trainautod.failpoints import declare, failpoint
from trainautod.lineage.results import AttemptRef
from trainautod.runtime.attempts import AttemptRunner
from trainautod.runtime.clock import Clock
from trainautod.runtime.sweeper import Sweeper

PAUSE_S = 0.5  # removals are gathered this long, so that a chain of short steps does not wait

declare("cleaner.before_removal", "cleaner.after_removal")


class Cleaner:
    """Collects removals and carries them out in batches, on a thread."""

    def __init__(self, attempts: AttemptRunner, sweeper: Sweeper, clock: Clock) -> None:
        self._attempts = attempts
        self._sweeper = sweeper
        self._clock = clock
        self._waiting: list[AttemptRef] = []
        self._some = asyncio.Event()

    def later(self, ref: AttemptRef) -> None:
        """Remove the sandbox of a recorded attempt before long."""
        self._waiting.append(ref)
        self._some.set()

    async def run(self) -> None:
        """Remove what earlier daemons left, then clean until cancelled."""
        await self._sweeper.sweep()
        while True:
            await self._some.wait()
            await self._clock.sleep(PAUSE_S)
            self._some.clear()
            await asyncio.to_thread(self.clean)

    def clean(self, most_s: float = math.inf) -> None:
        """Carry out everything that waits, for ``most_s`` seconds or one removal more.

        Several threads may be at it: that of a cancelled task goes on while its daemon ends.
        """
        end = time.monotonic() + most_s
        while time.monotonic() < end and (ref := self._next()) is not None:
            failpoint("cleaner.before_removal")
            self._attempts.discard(ref)
            failpoint("cleaner.after_removal")

    def _next(self) -> AttemptRef | None:
        try:
            return self._waiting.pop()
        except IndexError:
            return None
