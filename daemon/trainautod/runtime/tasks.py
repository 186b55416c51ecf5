"""The tasks of runs: each has a name, and none dies without somebody acting on it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from trainautod.runtime.clock import Clock

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 30.0


class RunTasks:
    """Starts what a run waits for, and tells of each that fails.

    Args:
        clock: to pause between the tries of what must not be given up.
        on_defect: called with a task's name and the error that it died of.
    """

    def __init__(self, clock: Clock, on_defect: Callable[[str, Exception], None]) -> None:
        self._clock = clock
        self._on_defect = on_defect
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(
        self, name: str, work: Coroutine[Any, Any, None], died: Callable[[Exception], None]
    ) -> None:
        """Run ``work`` in the background; ``died`` acts on the error that ends it, if one does.

        After ``close`` nothing begins any more: the next daemon takes it up.
        """
        if self._closed:
            work.close()
            return
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, died))

    def insist(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do ``work()`` until it succeeds, after a growing pause each time; its failure is told."""
        self.start(name, self._until_done(name, work), died=lambda error: None)

    async def close(self) -> None:
        """Cancel every task and wait for its end; what it would have led to does not begin."""
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _until_done(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                return await work()
            except Exception as error:
                log.exception("%s failed", name, extra={"action": "task_retried", "task": name})
                if pause == FIRST_PAUSE_S:
                    self._on_defect(name, error)
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    def _ended(self, died: Callable[[Exception], None], task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            where = {"action": "task_failed", "task": task.get_name()}
            log.error("a run's task failed", exc_info=error, extra=where)
            self._on_defect(task.get_name(), error)
            died(error)
