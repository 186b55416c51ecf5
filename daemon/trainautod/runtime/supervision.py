"""Named background tasks: watched, restarted, and their deaths told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 30.0
WELL_S = 30.0  # after a life this long the pauses begin anew


@dataclass(slots=True)
class _Watched:
    name: str
    state: str = "running"
    restarts: int = 0
    error: str | None = None
    task: "asyncio.Task[None] | None" = None


class Supervisor:
    """Keeps tasks alive: one that ends or fails is restarted after a growing pause."""

    def __init__(self, on_death: Callable[[str, str], None]) -> None:
        self._on_death = on_death
        self._watched: dict[str, _Watched] = {}

    def watch(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run ``work()`` for as long as the daemon lives."""
        watched = _Watched(name)
        self._watched[name] = watched
        watched.task = asyncio.create_task(self._keep(watched, work), name=name)

    def describe(self) -> list[dict[str, Any]]:
        """Return each task's name, state, number of restarts and last error."""
        kept = ("name", "state", "restarts", "error")
        return [{field: getattr(w, field) for field in kept} for w in self._watched.values()]

    async def close(self) -> None:
        """Cancel every task and wait for its end."""
        tasks = [w.task for w in self._watched.values() if w.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for watched in self._watched.values():
            watched.state = "stopped"

    async def _keep(self, watched: _Watched, work: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE_S
        while True:
            loop = asyncio.get_running_loop()
            began = loop.time()
            try:
                await work()
                watched.error = "ended without an error"
            except Exception as error:
                watched.error = f"{type(error).__name__}: {error}"
                log.exception("task died", extra={"action": "task_died", "task": watched.name})
            self._tell(watched.name, watched.error)
            pause = FIRST_PAUSE_S if loop.time() - began > WELL_S else pause
            watched.state, watched.restarts = "restarting", watched.restarts + 1
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)
            watched.state = "running"

    def _tell(self, name: str, error: str) -> None:
        try:
            self._on_death(name, error)
        except Exception:  # a death that cannot be told must not end the watch
            log.exception("death not told", extra={"action": "task_died", "task": name})
