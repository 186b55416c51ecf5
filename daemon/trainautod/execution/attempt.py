"""The files of an attempt: what to run, who runs it, how it ended.

They outlive a release: a shim started by an older daemon is adopted by a newer one. So each file
names its format, a reader takes every format up to its own, and unknown keys are left alone.
"""

import json
import signal
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

from trainautod.execution.errors import FormatUnknown

FORMAT = 1

Cause = Literal["exited", "timeout", "memory", "stopped", "spawn_failed", "lost"]


class _Document:
    """A frozen dataclass that is one JSON file."""

    __slots__ = ()

    def to_json(self) -> str:
        """Return the file's text."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return json.dumps({"format": FORMAT, **values})

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` or a shim wrote.

        Raises:
            FormatUnknown: a newer release wrote it.
            ValueError: it is not JSON, or a field is missing.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError(f"{cls.__name__}: not a JSON object")  # noqa: TRY004 - as for bad JSON
        return cls.from_mapping(values)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Build it from decoded JSON; raises as `from_json` does."""
        if values.get("format", 0) > FORMAT:
            raise FormatUnknown
        known = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        try:
            return cls(**{name: value for name, value in values.items() if name in known})
        except TypeError as error:  # an earlier release wrote less; what it had to write is missing
            raise ValueError(f"{cls.__name__}: {error}") from error


@dataclass(frozen=True, slots=True)
class AttemptSpec(_Document):
    """One try of a step, complete: nothing is inherited from the daemon.

    Attributes:
        token: random; tags every process of the attempt in its environment.
        argv: the program and its arguments; the program is looked up in the PATH of ``env``.
        cwd: the sandbox, absolute.
        env: the whole environment; ``TRAINAUTO_ATTEMPT`` is set to the token.
        timeout_s: seconds after which the command is stopped; None for never.
        stop_signal: the name of the signal that asks it to stop.
        grace_s: seconds between that signal and SIGKILL.
        memory_bytes: what the process tree may hold; None for no limit.
        log_head_bytes: how much of the log's beginning is kept.
        log_tail_bytes: how much of its end is kept, at most.
        inputs: files and folders that it reads where they are, absolute.
        inputs_were: `trainautod.execution.shim.inputs.fingerprint` of them, taken before their
            digests were compared with those of the cache key; empty for none.
    """

    run_id: str
    step: str
    attempt: int
    token: str
    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    timeout_s: float | None = None
    stop_signal: str = "SIGTERM"
    grace_s: float = 10.0
    memory_bytes: int | None = None
    log_head_bytes: int = 1 << 20
    log_tail_bytes: int = 32 << 20
    inputs: tuple[str, ...] = ()
    inputs_were: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "argv", tuple(self.argv))
        object.__setattr__(self, "inputs", tuple(self.inputs))
        if not self.argv:
            raise ValueError("argv is empty")
        if self.stop_signal not in signal.Signals.__members__:
            raise ValueError(f"{self.stop_signal!r} is no signal of this system")


@dataclass(frozen=True, slots=True)
class Claim(_Document):
    """The process that attends an attempt: its shim."""

    boot_id: str
    pid: int
    started_ticks: int
    token: str


# What a claim reads as when a power cut left it empty: held by a process of an earlier boot.
TORN_CLAIM = Claim(boot_id="", pid=0, started_ticks=0, token="")


@dataclass(frozen=True, slots=True)
class ExitRecord(_Document):
    """How an attempt ended, written once its process tree was empty.

    Attributes:
        cause: ``exited`` by itself; ended because of ``timeout``, ``memory`` or a request
            (``stopped``); ``spawn_failed``: it never ran; ``lost``: nobody saw how it ended.
        exit_code: of the command; None when a signal ended it or it never ran.
        signal: the number of the signal that ended it.
        started_at_ms: unix milliseconds.
        ended_at_ms: unix milliseconds.
        duration_s: by the monotonic clock.
        cpu_s: user and system time of the whole tree.
        peak_memory_bytes: of the whole tree; never reads below a few MiB, the size of the shim.
        log_bytes: what the command wrote.
        log_dropped_bytes: how much of that is not kept.
        message: what a person should know beyond the exit code; often empty.
        inputs_kept: at the end of a command that succeeded, whether its inputs were what the spec
            says they were; None when that is not known.
    """

    cause: Cause
    exit_code: int | None
    signal: int | None
    started_at_ms: int
    ended_at_ms: int
    duration_s: float
    cpu_s: float
    peak_memory_bytes: int
    log_bytes: int
    log_dropped_bytes: int
    message: str
    inputs_kept: bool | None = None
