"""Turning the end of an attempt into an event for the engine and facts for the store."""

import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainautod.artifacts.errors import ArtifactError
from trainautod.artifacts.objects import ObjectStore
from trainautod.artifacts.sandbox import Sandbox
from trainautod.engine import Adopt, AttemptFinished, Launch
from trainautod.engine.events import Outcome
from trainautod.execution.attempt import ExitRecord
from trainautod.execution.log import LogReader
from trainautod.lineage.projection import Artifact, AttemptFacts
from trainautod.lineage.results import AttemptRef, Result
from trainautod.registry import Registration
from trainautod.registry.errors import RegistrationRefused
from trainautod.runtime.clock import Clock
from trainautod.runtime.context import RunContext
from trainautod.runtime.environment import RECORDS, SANDBOX
from trainautod.runtime.errors import StepRefused, legible
from trainautod.runtime.hints import undeclared_input
from trainautod.runtime.launching import SNAPSHOT
from trainautod.runtime.records import Records, read_records
from trainautod.runtime.resolver import Resolver
from trainautod.runtime.room import is_lacking
from trainautod.runtime.secrets import Redaction

_TOLD_LINES = 5  # last lines of the log in an error message
_TOLD_BYTES = 4096
_TIMEOUT_CODE, _KILLED_CODE, _SIGNAL_BASE = 124, 137, 128  # as shells and coreutils tell them
_OUTCOMES: Mapping[str, Outcome] = {"stopped": "stopped", "lost": "lost"}


@dataclass(frozen=True, slots=True)
class Finish:
    """An attempt's end: the event for the engine and the facts for the store."""

    event: AttemptFinished
    facts: AttemptFacts
    artifacts: Mapping[str, Artifact]

    def result(self, ref: AttemptRef) -> Result:
        """Return what the store answers of this attempt, once it is recorded."""
        artifacts = tuple(sorted(self.facts.artifacts, key=lambda artifact: artifact.path))
        metrics, wishes = self.facts.last_metrics, [dict(w) for w in self.facts.registrations]
        return Result(ref, self.event.at_ms, artifacts, metrics, wishes)


@dataclass(frozen=True, slots=True)
class _Yield:
    """What a command that exited with 0 left, or why that does not count."""

    artifacts: Mapping[str, Artifact]
    registrations: Sequence[Registration] = ()
    fault: str | None = None


class Finisher:
    """Collects what attempts left and tells how they ended; safe to call from worker threads."""

    def __init__(self, home: Path, objects: ObjectStore, resolver: Resolver, clock: Clock) -> None:
        self._home = home
        self._objects = objects
        self._resolver = resolver
        self._clock = clock

    def is_quick(self, effect: Launch | Adopt, directory: Path) -> bool:
        """Tell whether an attempt left nothing to read: less than handing it to a thread costs."""
        if effect.plan["placements"] or effect.plan["inputs"] or effect.plan["secrets"]:
            return False
        try:
            with os.scandir(directory / SANDBOX) as entries:
                empty = next(entries, None) is None
        except OSError:
            return False
        return empty and not os.path.exists(directory / RECORDS)

    def finish(
        self, context: RunContext, effect: Launch | Adopt, directory: Path, record: ExitRecord
    ) -> Finish:
        """Turn an exit record into an event; everything it read is still there if this repeats.

        Raises:
            OSError: there is no room for the outputs.
        """
        records = read_records(directory / RECORDS)
        redaction = Redaction.of(self._home, effect.plan["secrets"])
        outcome: Outcome
        if record.cause == "exited" and _exit_code(record) == 0:
            left = self._harvest(context, effect, directory, record, records)
            outcome, message = ("failed" if left.fault else "succeeded"), left.fault
        else:
            left = _Yield({})
            outcome = _OUTCOMES.get(record.cause, "failed")
            message = _failure(context, directory, record, effect.plan, redaction)
        if records.problems:
            outcome = "failed" if outcome == "succeeded" else outcome
            what = message or "the step reported what cannot be read"
            message = "\n".join([what, "; ".join(records.problems)])
        facts = AttemptFacts(
            exit=_exit_facts(record),
            artifacts=list(left.artifacts.values()),
            metrics=records.metrics,
            params=records.params,
            registrations=[wish.to_json() for wish in left.registrations],
        )
        told = None if message is None else redaction.apply(message)
        event = self._event(effect, outcome, told, _exit_code(record))
        return Finish(event, facts, left.artifacts)

    def failed(self, effect: Launch | Adopt, record: ExitRecord, error: Exception) -> Finish:
        """Tell of an attempt that ended, and whose results could not be taken in."""
        event = self._event(effect, "failed", str(error), _exit_code(record))
        return Finish(event, AttemptFacts(_exit_facts(record)), {})

    def without_process(
        self, effect: Launch | Adopt, cause: str, message: str, began_ms: int
    ) -> Finish:
        """Tell of an attempt that never ran.

        Args:
            effect: which attempt.
            cause: ``stopped``, ``refused`` (the step is at fault) or ``spawn_failed``.
            message: why, for a person.
            began_ms: when its preparation began, Unix milliseconds.
        """
        event = self._event(effect, _OUTCOMES.get(cause, "failed"), message, None)
        duration_s = max(0, event.at_ms - began_ms) / 1000
        times = {"started_ms": began_ms, "ended_ms": event.at_ms, "duration_s": duration_s}
        sizes = {"cpu_s": 0.0, "peak_memory_bytes": 0, "log_bytes": 0, "log_dropped_bytes": 0}
        return Finish(event, AttemptFacts({"cause": cause, **times, **sizes}), {})

    def discard(self, directory: Path) -> None:
        """Remove the sandbox of an attempt.

        Raises:
            OSError: there is none, or it cannot be removed.
            ArtifactError: what was in it cannot be read.
        """
        self._sandbox(directory).remove()

    def _event(
        self, effect: Launch | Adopt, outcome: Outcome, message: str | None, code: int | None
    ) -> AttemptFinished:
        return AttemptFinished(
            step=effect.step,
            attempt=effect.attempt,
            outcome=outcome,
            exit_code=code,
            message=None if message is None else legible(message),
            at_ms=self._clock.now_ms(),
        )

    def _harvest(
        self,
        context: RunContext,
        effect: Launch | Adopt,
        directory: Path,
        record: ExitRecord,
        records: Records,
    ) -> _Yield:
        """Store the outputs of a command that exited with 0."""
        kept = record.inputs_kept is True
        declared = [*effect.plan["outputs"], *records.artifacts]
        try:
            collected = self._sandbox(directory).collect(declared, inputs_kept=kept)
            artifacts = {
                c.path: Artifact(c.path, c.digest, c.size, c.executable) for c in collected
            }
            if not kept:
                self._expect_same_inputs(effect.plan)
            registrations = _registrations(context, effect.step, records, artifacts)
        except (ArtifactError, StepRefused, RegistrationRefused, OSError) as error:
            if is_lacking(error):
                raise
            return _Yield({}, fault=str(error))
        return _Yield(artifacts, registrations)

    def _expect_same_inputs(self, plan: Mapping[str, Any]) -> None:
        if (changed := self._resolver.changed_input(plan)) is not None:
            raise StepRefused(
                f"input {changed} changed while the step ran, so its result proves nothing; "
                "run it again, or copy the input first"
            )

    def _sandbox(self, directory: Path) -> Sandbox:
        return Sandbox.from_json((directory / SNAPSHOT).read_text(), objects=self._objects)


def _failure(
    context: RunContext,
    directory: Path,
    record: ExitRecord,
    plan: Mapping[str, Any],
    redaction: Redaction,
) -> str:
    lines = _last_lines(directory, redaction)
    placed = {path for path, *_ in (*plan["placements"], *plan["inputs"])}
    hint = undeclared_input(lines, context.folder, directory / SANDBOX, placed)
    return "\n".join([_headline(record, plan), *([hint] if hint else []), *lines])


def _headline(record: ExitRecord, plan: Mapping[str, Any]) -> str:
    match record.cause:
        case "timeout":
            return f"timed out after {plan['timeout_s']:g}s" if plan["timeout_s"] else "timed out"
        case "memory":
            return f"used more than its memory limit of {_mib(plan['memory_bytes'])} MiB"
        case "stopped":
            return "was stopped"
        case "lost":
            return record.message or "its process vanished without an exit record"
        case "spawn_failed":
            return f"could not be started: {record.message}"
        case "exited" if record.signal:
            told = f"was ended by {_signal_name(record.signal)}"
        case _:
            told = f"exited with {_exit_code(record)}"
    return f"{told}; {record.message}" if record.message else told


def _signal_name(number: int) -> str:
    """Return a signal's name, or its number: most real-time signals have no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


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


def _last_lines(directory: Path, redaction: Redaction) -> list[str]:
    """Return the log's last lines; a secret is taken out before anything is cut off."""
    wanted = _TOLD_BYTES + redaction.longest
    tail = LogReader(directory / "log").read(-wanted, wanted).data
    return _shown(redaction.end_of(tail, _TOLD_BYTES).splitlines())


def _shown(lines: Iterable[str]) -> list[str]:
    return [line for line in (line.strip() for line in lines) if line][-_TOLD_LINES:]


def _mib(size: int | None) -> int:
    return round((size or 0) / 2**20)
