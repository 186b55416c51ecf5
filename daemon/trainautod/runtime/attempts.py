"""Carrying out one attempt: launch it, wait for its end, take in what it left."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from trainautod.artifacts.errors import ArtifactError
from trainautod.engine import Adopt, Launch, Stopping
from trainautod.execution.attempt import ExitRecord
from trainautod.execution.errors import ExecutionError
from trainautod.execution.local import LocalExecutor, State
from trainautod.failpoints import declare, failpoint
from trainautod.lineage.results import AttemptRef
from trainautod.runtime.clock import Clock
from trainautod.runtime.context import RunContext
from trainautod.runtime.environment import SANDBOX
from trainautod.runtime.errors import StepRefused
from trainautod.runtime.finishing import Finish, Finisher
from trainautod.runtime.launching import Launcher
from trainautod.runtime.room import Room

log = logging.getLogger(__name__)
T = TypeVar("T")

declare("attempt.after_exit")


class AttemptRunner:
    """Runs attempts through an executor and turns exits into events."""

    def __init__(
        self,
        home: Path,
        executor: LocalExecutor,
        launcher: Launcher,
        finisher: Finisher,
        clock: Clock,
        room: Room,
    ) -> None:
        self._home = home
        self._executor = executor
        self._launcher = launcher
        self._finisher = finisher
        self._clock = clock
        self._room = room

    def directory(self, run_id: str, step: str, attempt: int) -> Path:
        """Return where an attempt keeps its files."""
        return self._home / "runs" / run_id / step / str(attempt)

    async def run(
        self, context: RunContext, effect: Launch | Adopt, stored: asyncio.Event
    ) -> Finish:
        """Start the attempt unless it was started before, wait for its end, store its outputs.

        Args:
            context: the run.
            effect: which attempt, and how to execute it.
            stored: set once the intent is on disk; the sandbox is prepared meanwhile.
        """
        directory = self.directory(context.run_id, effect.step, effect.attempt)
        began_ms = self._clock.now_ms()
        record: ExitRecord | None = None
        try:
            if await self._inspect(directory) == "unclaimed":
                if isinstance(effect, Adopt):
                    told = "was stopped before it started"
                    return self._finisher.without_process(effect, "stopped", told, began_ms)
                await self._launch(context, effect, directory, stored)
            record = await self._wait(directory)
            failpoint("attempt.after_exit")
            return await self._finish(context, effect, directory, record)
        except (StepRefused, ArtifactError, ExecutionError, OSError) as error:
            return self._impossible(effect, record, error, began_ms)
        except Exception as error:
            where = {"action": "attempt", "run_id": context.run_id, "step": effect.step}
            log.exception("attempt failed", extra=where)
            told = f"step {effect.step}: internal error {type(error).__name__}: {error}"
            return self._impossible(effect, record, RuntimeError(told), began_ms)

    async def stop(self, run_id: str, step: str, attempt: int) -> None:
        """Signal an attempt to end; its end is told by ``run``.

        Raises:
            OSError: the attempt's process cannot be looked for, as without a free descriptor.
        """
        directory = self.directory(run_id, step, attempt)
        with suppress(OSError):  # a launch that is on its way must find the wish
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        await self._executor.stop(directory)

    def discard(self, ref: AttemptRef) -> bool:
        """Remove the sandbox of a recorded attempt; return whether there is none any more."""
        directory = self.directory(ref.run_id, ref.step, ref.attempt)
        if os.path.lexists(directory / SANDBOX):
            with suppress(OSError, ArtifactError):
                self._finisher.discard(directory)
        return not os.path.lexists(directory / SANDBOX)

    async def _inspect(self, directory: Path) -> State:
        """Tell how the attempt stands, once there are the descriptors to look.

        Not even who stops it goes on before: a process that cannot be looked at may be alive, and
        its end told meanwhile would have a second one started beside it. The same in ``_wait``.
        """

        async def inspect() -> State:
            return self._executor.inspect(directory)

        return await self._room.wait_for(inspect)

    async def _wait(self, directory: Path) -> ExitRecord:
        return await self._room.wait_for(lambda: self._executor.wait(directory))

    async def _launch(
        self, context: RunContext, effect: Launch, directory: Path, stored: asyncio.Event
    ) -> None:
        async def with_room(work: Callable[[], Awaitable[T]]) -> T:
            return await self._with_room(context, effect, work)

        await self._launcher.launch(context, effect, directory, stored, with_room)

    async def _finish(
        self, context: RunContext, effect: Launch | Adopt, directory: Path, record: ExitRecord
    ) -> Finish:
        async def finish() -> Finish:
            if self._finisher.is_quick(effect, directory):
                return self._finisher.finish(context, effect, directory, record)
            return await asyncio.to_thread(
                self._finisher.finish, context, effect, directory, record
            )

        return await self._with_room(context, effect, finish)

    async def _with_room(
        self, context: RunContext, effect: Launch | Adopt, work: Callable[[], Awaitable[T]]
    ) -> T:
        """Do ``work``, and again while the disk is full or files are short, unless told to stop."""
        return await self._room.wait_for(
            work, unless=lambda: isinstance(context.state.states[effect.step], Stopping)
        )

    def _impossible(
        self, effect: Launch | Adopt, record: ExitRecord | None, error: Exception, began_ms: int
    ) -> Finish:
        if record is not None:
            return self._finisher.failed(effect, record, error)
        refused = isinstance(error, StepRefused | ArtifactError)
        cause = "refused" if refused else "spawn_failed"
        return self._finisher.without_process(effect, cause, str(error), began_ms)
