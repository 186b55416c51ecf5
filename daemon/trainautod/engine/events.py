"""What can happen to a run. Each event is stored before its effects are carried out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trainautod.engine.nodes import StepNode

Outcome = Literal["succeeded", "failed", "stopped", "lost"]


@dataclass(frozen=True, slots=True)
class Execute:
    """No reusable result: run the command by ``plan`` (opaque to the engine)."""

    key: str | None
    reason: str
    plan: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reuse:
    """An earlier attempt with the same key stands in for this step."""

    key: str
    reason: str
    source_run: str
    source_step: str
    source_attempt: int


@dataclass(frozen=True, slots=True)
class Skip:
    """``when`` was false."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """The step cannot be run: a template, an expression or an input is wrong."""

    message: str


@dataclass(frozen=True, slots=True)
class Expand:
    """A ``foreach`` group becomes these instances: (step id, names and values)."""

    instances: tuple[tuple[str, Mapping[str, Any]], ...]


Verdict = Execute | Reuse | Skip | Refuse | Expand


@dataclass(frozen=True, slots=True)
class RunSubmitted:
    """A run was accepted."""

    kind: ClassVar[str] = "run_submitted"
    run_id: str
    nodes: tuple[StepNode, ...]
    max_parallel: int


@dataclass(frozen=True, slots=True)
class StepResolved:
    """The shell knows what the step would do."""

    kind: ClassVar[str] = "step_resolved"
    step: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class SlotsGranted:
    """The machine has room: the intent to launch, stored before the process exists."""

    kind: ClassVar[str] = "slots_granted"
    step: str
    gpus: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SlotsRefused:
    """The machine will never have room: it offers less than when the step was resolved."""

    kind: ClassVar[str] = "slots_refused"
    step: str
    message: str


@dataclass(frozen=True, slots=True)
class AttemptFinished:
    """The attempt's process tree is gone and its outputs are stored.

    Attributes:
        exit_code: as a shell tells it: 124 for a timeout, 128+n for signal n.
        at_ms: wall clock, Unix milliseconds; the base of a retry's wait.
    """

    kind: ClassVar[str] = "attempt_finished"
    step: str
    attempt: int
    outcome: Outcome
    exit_code: int | None
    message: str | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class RetryDue:
    """A retry's wait is over."""

    kind: ClassVar[str] = "retry_due"
    step: str


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """Somebody wants the run to end."""

    kind: ClassVar[str] = "cancel_requested"
    actor: str


@dataclass(frozen=True, slots=True)
class RunRetried:
    """Somebody wants a finished run to go on from what failed."""

    kind: ClassVar[str] = "run_retried"
    actor: str


StepEvent = StepResolved | SlotsGranted | SlotsRefused | AttemptFinished | RetryDue
Event = RunSubmitted | StepEvent | CancelRequested | RunRetried
