"""Time that a test moves: whoever sleeps on it wakes when the test says so."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.support.waiting import PATIENCE_S

_QUIET_TURNS = 8  # of the event loop: a task that somebody woke may only be about to run
_BUSY_TURNS = 20  # of the event loop, for somebody who goes back to sleep at once
_WORK_S = 0.0005  # while threads work for those who do not


@dataclass(eq=False)
class _Sleeper:
    due: float
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class VirtualClock:
    """A wall clock that can be set, over elapsed time that only goes forward.

    Args:
        start: what the wall clock shows first, aware.
        sleepers: how many tasks sleep on it whenever nothing is going on.

    Attributes:
        busy: tells whether somebody is at work who does not sleep on it, for whom it waits too.
    """

    def __init__(self, start: datetime, sleepers: int = 1) -> None:
        self._wall = start
        self._elapsed = 0.0
        self._expected = sleepers
        self._sleepers: set[_Sleeper] = set()
        self.busy: Callable[[], object] = lambda: False

    @property
    def now(self) -> datetime:
        """What the wall clock shows."""
        return self._wall

    def now_ms(self) -> int:
        """Return the wall clock, Unix milliseconds."""
        return round(self._wall.timestamp() * 1000)

    def expect(self, sleepers: int) -> None:
        """Change how many tasks sleep on it whenever nothing is going on."""
        self._expected = sleepers

    async def sleep(self, seconds: float) -> None:
        """Sleep until that much time has elapsed, however the wall clock is set meanwhile."""
        sleeper = _Sleeper(self._elapsed + seconds)
        self._sleepers.add(sleeper)
        try:
            await sleeper.woken.wait()
        finally:
            self._sleepers.discard(sleeper)

    async def settle(self) -> None:
        """Wait until everybody sleeps again."""
        async with asyncio.timeout(PATIENCE_S):
            quiet = busy = 0
            while quiet < _QUIET_TURNS:
                asleep = len(self._sleepers) >= self._expected and not self.busy()
                quiet, busy = (quiet + 1, busy) if asleep else (0, busy + 1)
                await asyncio.sleep(_WORK_S if busy > _BUSY_TURNS and not asleep else 0)

    async def advance(self, by: timedelta) -> None:
        """Let time elapse, waking sleepers one after the other as they become due."""
        await self.settle()
        end = self._elapsed + by.total_seconds()
        while (first := min(self._sleepers, key=lambda s: s.due, default=None)) is not None:
            if first.due > end:
                break
            self._move_to(max(first.due, self._elapsed))
            self._sleepers.discard(first)
            first.woken.set()
            await self.settle()
        self._move_to(end)

    async def advance_to(self, moment: datetime) -> None:
        """Let time elapse until the wall clock shows ``moment``."""
        await self.advance(timedelta(seconds=moment.timestamp() - self._wall.timestamp()))

    def set(self, moment: datetime) -> None:
        """Set the wall clock, as a person or a time server does; no time elapses."""
        self._wall = moment

    def _move_to(self, elapsed: float) -> None:
        # By way of Unix time: Python's sum of two times moves the hands of a local clock.
        unix = self._wall.timestamp() + elapsed - self._elapsed
        self._wall = datetime.fromtimestamp(round(unix, 6), self._wall.tzinfo)
        self._elapsed = elapsed
