"""Carrying out one attempt: sandbox, launch, wait, collect."""

import asyncio
import logging
import secrets
import shutil
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from trainautod.artifacts.errors import ArtifactError
from trainautod.artifacts.objects import ObjectStore
from trainautod.artifacts.placement import Placement
from trainautod.artifacts.sandbox import Sandbox
from trainautod.engine import Adopt, AttemptFinished, Launch, Stopping
from trainautod.execution.attempt import AttemptSpec, ExitRecord
from trainautod.execution.errors import ExecutionError
from trainautod.execution.local import LocalExecutor
from trainautod.execution.log import LogReader
from trainautod.execution.shim.inputs import fingerprint
from trainautod.failpoints import declare, failpoint
from trainautod.lineage.projection import Artifact, AttemptFacts
from trainautod.registry import Registration
from trainautod.registry.errors import RegistrationRefused
from trainautod.runtime.clock import Clock
from trainautod.runtime.context import RunContext
from trainautod.runtime.environment import AttemptPlace, attempt_environment
from trainautod.runtime.errors import StepRefused, legible
from trainautod.runtime.hints import undeclared_input
from trainautod.runtime.machine import Config
from trainautod.runtime.records import Records, read_records
from trainautod.runtime.resolver import Resolver
from trainautod.runtime.room import Room, is_lacking
from trainautod.runtime.secrets import read_secrets

log = logging.getLogger(__name__)
T = TypeVar("T")

SNAPSHOT = "sandbox.json"  # in the attempt's directory, so that a restarted daemon can collect
_TOLD_LINES = 5  # last lines of the log in an error message
_TOLD_BYTES = 4096
_TIMEOUT_CODE, _KILLED_CODE, _SIGNAL_BASE = 124, 137, 128  # as shells and coreutils tell them
_TOKEN_BYTES = 12

declare("attempt.before_sandbox", "attempt.before_launch", "attempt.after_exit")


@dataclass(frozen=True, slots=True)
class Finish:
    """An attempt's end: the event for the engine and the facts for the store."""

    event: AttemptFinished
    facts: AttemptFacts
    artifacts: Mapping[str, Artifact]


class AttemptRunner:
    """Runs attempts through an executor and turns exits into events."""

    def __init__(
        self,
        home: Path,
        executor: LocalExecutor,
        objects: ObjectStore,
        resolver: Resolver,
        config: Config,
        clock: Clock,
        room: Room,
    ) -> None:
        self._home = home
        self._executor = executor
        self._objects = objects
        self._resolver = resolver
        self._config = config
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
        try:
            if self._executor.inspect(directory) == "unclaimed":
                if isinstance(effect, Adopt):
                    return self._never_started(effect)
                await self._launch(context, effect, directory, stored)
            record = await self._executor.wait(directory)
            failpoint("attempt.after_exit")
            return await self._with_room(
                context,
                effect,
                lambda: asyncio.to_thread(self._finish, context, effect, directory, record),
            )
        except (StepRefused, ArtifactError, ExecutionError, OSError) as error:
            return self._impossible(effect, error)
        except Exception as error:
            where = {"action": "attempt", "run_id": context.run_id, "step": effect.step}
            log.exception("attempt failed", extra=where)
            told = f"step {effect.step}: internal error {type(error).__name__}: {error}"
            return self._impossible(effect, RuntimeError(told))

    async def stop(self, run_id: str, step: str, attempt: int) -> None:
        """Signal an attempt to end; its end is told by ``run``."""
        directory = self.directory(run_id, step, attempt)
        with suppress(OSError):  # a launch that is on its way must find the wish
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        await self._executor.stop(directory)

    def discard(self, run_id: str, step: str, attempt: int) -> None:
        """Remove what a recorded attempt no longer needs."""
        with suppress(OSError, ArtifactError):
            self._sandbox(self.directory(run_id, step, attempt)).remove()

    async def _launch(
        self, context: RunContext, effect: Launch, directory: Path, stored: asyncio.Event
    ) -> None:
        plan = effect.plan
        place = AttemptPlace(
            context.run_id, effect.step, effect.attempt, secrets.token_hex(_TOKEN_BYTES), directory
        )
        environment = attempt_environment(
            place,
            plan,
            cpus=effect.needs.cpus,
            gpus=effect.gpus,
            machine_has_gpus=bool(self._config.capacity.gpus),
            secrets=read_secrets(self._home, plan["secrets"]),
        )

        async def fill() -> str:
            failpoint("attempt.before_sandbox")
            if plan["placements"] or plan["inputs"]:
                return await asyncio.to_thread(self._fill_sandbox, place, plan)
            return self._fill_sandbox(place, plan)  # three folders: less than a thread costs

        inputs_were = await self._with_room(context, effect, fill)
        await stored.wait()
        failpoint("attempt.before_launch")
        spec = self._spec(place, plan, environment, inputs_were)
        await self._with_room(context, effect, lambda: self._executor.launch(directory, spec))

    async def _with_room(
        self, context: RunContext, effect: Launch | Adopt, work: Callable[[], Awaitable[T]]
    ) -> T:
        """Do ``work``, and again while the disk is full or files are short, unless told to stop."""
        return await self._room.wait_for(
            work, unless=lambda: isinstance(context.state.states[effect.step], Stopping)
        )

    def _fill_sandbox(self, place: AttemptPlace, plan: Mapping[str, Any]) -> str:
        """Prepare the sandbox; return what the inputs looked like before they were compared."""
        inputs_were = _fingerprint(plan)
        place.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = [Placement(*entry) for entry in plan["placements"]]
        links = {path: source for path, source, linked, _ in plan["inputs"] if linked}
        sandbox = Sandbox.create(place.sandbox, files, links, objects=self._objects)
        known = {p: digest for *_, digests in plan["inputs"] for p, digest in digests.items()}
        for path, digest in sandbox.linked.items():
            if known.get(path) != digest:
                raise StepRefused(f"input {path} changed while the step was being prepared")
        if (changed := self._changed_input(plan)) is not None:
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

    def _finish(
        self, context: RunContext, effect: Launch | Adopt, directory: Path, record: ExitRecord
    ) -> Finish:
        """Turn an exit record into an event; everything it read is still there if this repeats."""
        code = _exit_code(record)
        records = read_records(directory / "records.jsonl")
        message: str | None = None
        artifacts: dict[str, Artifact] = {}
        registrations: Sequence[Registration] = ()
        if record.cause == "exited" and code == 0:
            try:
                kept = record.inputs_kept is True
                artifacts = self._collect(effect.plan, directory, records, inputs_kept=kept)
                if not kept:
                    self._expect_same_inputs(effect.plan)
                registrations = _registrations(context, effect.step, records, artifacts)
                outcome = "succeeded"
            except (ArtifactError, StepRefused, RegistrationRefused, OSError) as error:
                if is_lacking(error):
                    raise
                outcome, message = "failed", str(error)
        else:
            outcome = {"stopped": "stopped", "lost": "lost"}.get(record.cause, "failed")
            message = self._failure(context, directory, record, code, effect.plan)
        if records.problems:
            told = "; ".join(records.problems)
            outcome = "failed" if outcome == "succeeded" else outcome
            message = f"{message or 'the step reported what cannot be read'}\n{told}"
        event = AttemptFinished(
            step=effect.step,
            attempt=effect.attempt,
            outcome=outcome,  # type: ignore[arg-type]
            exit_code=code,
            message=None if message is None else legible(message),
            at_ms=self._clock.now_ms(),
        )
        facts = AttemptFacts(
            exit=_exit_facts(record),
            artifacts=list(artifacts.values()),
            metrics=records.metrics,
            params=records.params,
            registrations=[wish.to_json() for wish in registrations],
        )
        return Finish(event, facts, artifacts)

    def _collect(
        self, plan: Mapping[str, Any], directory: Path, records: Records, *, inputs_kept: bool
    ) -> dict[str, Artifact]:
        sandbox = self._sandbox(directory)
        declared = [*plan["outputs"], *records.artifacts]
        collected = sandbox.collect(declared, inputs_kept=inputs_kept)
        return {c.path: Artifact(c.path, c.digest, c.size, c.executable) for c in collected}

    def _expect_same_inputs(self, plan: Mapping[str, Any]) -> None:
        if (changed := self._changed_input(plan)) is not None:
            raise StepRefused(
                f"input {changed} changed while the step ran, so its result proves nothing; "
                "run it again, or copy the input first"
            )

    def _changed_input(self, plan: Mapping[str, Any]) -> str | None:
        """Return an input, of those the step reads where they are, that is not what the key says.

        Linked ones are the sandbox's.
        """
        for path, source, linked, digests in plan["inputs"]:
            try:
                same = linked or self._resolver.digest_input(path, source) == digests
            except (OSError, ArtifactError):
                same = False
            if not same:
                return str(path)
        return None

    def _sandbox(self, directory: Path) -> Sandbox:
        return Sandbox.from_json((directory / SNAPSHOT).read_text(), objects=self._objects)

    def _failure(
        self,
        context: RunContext,
        directory: Path,
        record: ExitRecord,
        code: int,
        plan: Mapping[str, Any],
    ) -> str:
        known = {
            "timeout": f"timed out after {plan['timeout_s']:g}s" if plan["timeout_s"] else "",
            "memory": f"used more than its memory limit of {_mib(plan['memory_bytes'])} MiB",
            "stopped": "was stopped",
            "lost": "its process vanished without an exit record",
        }
        head = known.get(record.cause, f"exited with {code}")
        if record.cause == "exited" and record.signal:
            head = f"was ended by {signal.Signals(record.signal).name}"
        if record.cause == "spawn_failed":
            head = f"could not be started: {record.message}"
        lines = _last_lines(directory)
        placed = {path for path, *_ in (*plan["placements"], *plan["inputs"])}
        hint = undeclared_input(lines, context.folder, directory / "sandbox", placed)
        return "\n".join([head, *([hint] if hint else []), *lines])

    def _never_started(self, effect: Adopt) -> Finish:
        return self._without_process(effect, "stopped", "was stopped before it started")

    def _impossible(self, effect: Launch | Adopt, error: Exception) -> Finish:
        return self._without_process(effect, "failed", str(error))

    def _without_process(self, effect: Launch | Adopt, outcome: str, message: str) -> Finish:
        now_ms = self._clock.now_ms()
        event = AttemptFinished(
            step=effect.step,
            attempt=effect.attempt,
            outcome=outcome,  # type: ignore[arg-type]
            exit_code=None,
            message=legible(message),
            at_ms=now_ms,
        )
        times = {"started_ms": now_ms, "ended_ms": now_ms, "duration_s": 0.0, "cpu_s": 0.0}
        sizes = {"peak_memory_bytes": 0, "log_bytes": 0, "log_dropped_bytes": 0}
        return Finish(event, AttemptFacts({"cause": "spawn_failed", **times, **sizes}), {})


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


def _exit_code(record: ExitRecord) -> int:
    if record.cause == "timeout":
        return _TIMEOUT_CODE
    if record.cause == "memory":
        return _KILLED_CODE
    if record.signal:
        return _SIGNAL_BASE + record.signal
    return record.exit_code if record.exit_code is not None else _KILLED_CODE


def _exit_facts(record: ExitRecord) -> dict[str, Any]:
    return {
        "cause": record.cause,
        "started_ms": record.started_at_ms,
        "ended_ms": record.ended_at_ms,
        "duration_s": record.duration_s,
        "cpu_s": record.cpu_s,
        "peak_memory_bytes": record.peak_memory_bytes,
        "log_bytes": record.log_bytes,
        "log_dropped_bytes": record.log_dropped_bytes,
    }


def _registrations(
    context: RunContext, step: str, records: Records, artifacts: Mapping[str, Artifact]
) -> list[Registration]:
    if not records.registrations:
        return []
    visible = {**context.visible(step), **artifacts}
    return [Registration.from_record(record, visible) for record in records.registrations]


def _last_lines(directory: Path) -> list[str]:
    tail = LogReader(directory / "log").read(-_TOLD_BYTES, _TOLD_BYTES).data
    lines = [line.strip() for line in tail.decode("utf-8", "replace").splitlines()]
    return [line for line in lines if line][-_TOLD_LINES:]


def _mib(size: int | None) -> int:
    return round((size or 0) / 2**20)
