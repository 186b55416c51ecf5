"""Preparing an attempt and starting its process."""

import asyncio
import os
import secrets
import shutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from trainautod.artifacts.objects import ObjectStore
from trainautod.artifacts.placement import Placement
from trainautod.artifacts.sandbox import Sandbox
from trainautod.engine import Launch
from trainautod.execution.attempt import AttemptSpec
from trainautod.execution.local import LocalExecutor
from trainautod.execution.shim.inputs import fingerprint
from trainautod.failpoints import declare, failpoint
from trainautod.runtime.context import RunContext
from trainautod.runtime.environment import AttemptPlace, attempt_environment, inherited
from trainautod.runtime.errors import StepRefused
from trainautod.runtime.machine import Config
from trainautod.runtime.resolver import Resolver
from trainautod.runtime.secrets import read_secrets

T = TypeVar("T")

SNAPSHOT = "sandbox.json"  # in the attempt's directory, so that a restarted daemon can collect
_TOKEN_BYTES = 12

declare("attempt.before_sandbox", "attempt.before_launch")

#: Does a piece of work, and again while the machine lacks the room for it.
WithRoom = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]


class Launcher:
    """Fills sandboxes and starts attempts in them."""

    def __init__(
        self,
        home: Path,
        executor: LocalExecutor,
        objects: ObjectStore,
        resolver: Resolver,
        config: Config,
    ) -> None:
        self._home = home
        self._executor = executor
        self._objects = objects
        self._resolver = resolver
        self._config = config
        self._own = inherited()

    async def launch(
        self,
        context: RunContext,
        effect: Launch,
        directory: Path,
        stored: asyncio.Event,
        with_room: WithRoom,
    ) -> None:
        """Start an attempt that nobody has started.

        Args:
            context: the run.
            effect: which attempt, and how to execute it.
            directory: the attempt's.
            stored: set once the intent is on disk; the sandbox is prepared meanwhile.
            with_room: does what needs room on the disk.

        Raises:
            StepRefused: a secret has no value, or an input changed since it was digested.
            ArtifactError: a file cannot be placed.
            ExecutionError: no process could be started.
        """
        plan = effect.plan
        token = secrets.token_hex(_TOKEN_BYTES)
        place = AttemptPlace(context.run_id, effect.step, effect.attempt, token, directory)
        environment = attempt_environment(
            place,
            plan,
            own=self._own,
            cpus=effect.needs.cpus,
            gpus=effect.gpus,
            machine_has_gpus=bool(self._config.capacity.gpus),
            secrets=read_secrets(self._home, plan["secrets"]),
        )
        inputs_were = await with_room(lambda: self._prepare(place, plan))
        await stored.wait()
        failpoint("attempt.before_launch")
        spec = self._spec(place, plan, environment, inputs_were)
        await with_room(lambda: self._executor.launch(directory, spec))

    async def _prepare(self, place: AttemptPlace, plan: Mapping[str, Any]) -> str:
        failpoint("attempt.before_sandbox")
        if plan["placements"] or plan["inputs"]:
            return await asyncio.to_thread(self._fill_sandbox, place, plan)
        return self._fill_sandbox(place, plan)  # three folders: less than a thread costs

    def _fill_sandbox(self, place: AttemptPlace, plan: Mapping[str, Any]) -> str:
        """Prepare the sandbox; return what the inputs looked like before they were compared."""
        inputs_were = _fingerprint(plan)
        _make(place.directory)
        files = [Placement(*entry) for entry in plan["placements"]]
        links = {path: source for path, source, linked, _ in plan["inputs"] if linked}
        sandbox = Sandbox.create(place.sandbox, files, links, objects=self._objects)
        known = {p: digest for *_, digests in plan["inputs"] for p, digest in digests.items()}
        for path, digest in sandbox.linked.items():
            if known.get(path) != digest:
                raise StepRefused(f"input {path} changed while the step was being prepared")
        if (changed := self._resolver.changed_input(plan)) is not None:
            raise StepRefused(f"input {changed} changed while the step was being prepared")
        (place.directory / SNAPSHOT).write_text(sandbox.snapshot_to_json())
        return inputs_were

    def _spec(
        self,
        place: AttemptPlace,
        plan: Mapping[str, Any],
        environment: dict[str, str],
        inputs_were: str,
    ) -> AttemptSpec:
        name, grace_s = plan["stop"]
        return AttemptSpec(
            run_id=place.run_id,
            step=place.step,
            attempt=place.attempt,
            token=place.token,
            argv=_argv(plan["shell"], plan["command"]),
            cwd=str(place.sandbox),
            env=environment,
            timeout_s=plan["timeout_s"],
            stop_signal=name,
            grace_s=grace_s,
            memory_bytes=plan["memory_bytes"],
            log_head_bytes=self._config.log_head_bytes,
            log_tail_bytes=self._config.log_tail_bytes,
            inputs=tuple(_sources(plan)),
            inputs_were=inputs_were,
        )


def _make(directory: Path) -> None:
    """Make an attempt's directory; most often that of its run is there, and no other."""
    try:
        os.mkdir(directory.parent, 0o700)
    except FileExistsError:
        pass
    except FileNotFoundError:
        os.makedirs(directory.parent, 0o700, exist_ok=True)
    with suppress(FileExistsError):  # a stop came first
        os.mkdir(directory, 0o700)


def _sources(plan: Mapping[str, Any]) -> list[str]:
    return [source for _, source, _, _ in plan["inputs"]]


def _fingerprint(plan: Mapping[str, Any]) -> str:
    """Return what the inputs look like; empty when there are none, or one cannot be looked at."""
    try:
        return fingerprint(_sources(plan)) if plan["inputs"] else ""
    except OSError:
        return ""


def _argv(shell: str, command: str) -> tuple[str, ...]:
    program = "/bin/sh" if shell == "sh" else shutil.which("bash") or "/bin/bash"
    return (program, "-e", "-c", command)
