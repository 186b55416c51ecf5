"""What the engine asks of its shell; carrying an effect out twice equals carrying it out once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainautod.engine.nodes import Needs


@dataclass(frozen=True, slots=True)
class Resolve:
    """Decide what a step would do: evaluate ``when``, compute its key, look it up. Reads only."""

    step: str


@dataclass(frozen=True, slots=True)
class Acquire:
    """Queue for slots of the machine; answered by ``SlotsGranted`` or ``SlotsRefused``."""

    step: str
    needs: Needs


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Leave the queue for slots, or give back what was granted meanwhile."""

    step: str


@dataclass(frozen=True, slots=True)
class Launch:
    """Start the attempt, or find it started; answered by ``AttemptFinished``."""

    step: str
    attempt: int
    plan: Mapping[str, Any]
    needs: Needs
    gpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Adopt:
    """Wait for an attempt that is being stopped, without ever starting it."""

    step: str
    attempt: int
    plan: Mapping[str, Any]
    needs: Needs
    gpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """Signal the attempt's whole process tree to end."""

    step: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Release:
    """Give the step's slots back."""

    step: str


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Send ``RetryDue`` at ``due_ms`` (Unix milliseconds)."""

    step: str
    due_ms: int


@dataclass(frozen=True, slots=True)
class FinishRun:
    """The run has reached its end."""

    status: str


Effect = Resolve | Acquire | Withdraw | Launch | Adopt | Stop | Release | SetTimer | FinishRun
