"""The states of a step and of a run; each holds only what is valid in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from trainautod.engine.nodes import StepNode

StepStatus = Literal["pending", "running", "succeeded", "failed", "skipped", "cancelled"]
RunStatus = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Story = tuple[str, "Story"] | None


@dataclass(frozen=True, slots=True)
class Pending:
    """Waits for the steps it needs; ``attempts`` counts those made before a retry of the run."""

    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Resolving:
    """The shell is finding out what the step would do."""

    attempts: int


@dataclass(frozen=True, slots=True)
class Planned:
    """What every state between resolution and end carries.

    Attributes:
        plan: how to execute, opaque to the engine.
        attempts: number of the last attempt made, over the life of the run.
        tries: attempts that count against the retry limit.
        losses: attempts in a row that vanished with the machine or their shim.
    """

    key: str | None
    reason: str
    plan: Mapping[str, Any]
    attempts: int = 0
    tries: int = 0
    losses: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Resolved; ``max_parallel`` steps of this run are active already."""

    work: Planned


@dataclass(frozen=True, slots=True)
class Ready:
    """In the machine's queue for slots."""

    work: Planned


@dataclass(frozen=True, slots=True)
class Running:
    """An attempt is to be started or lives; ``work.attempts`` is its number."""

    work: Planned
    gpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stopping:
    """A living attempt was told to end."""

    work: Planned
    gpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits until ``due_ms`` (Unix milliseconds) to try again."""

    work: Planned
    due_ms: int


@dataclass(frozen=True, slots=True)
class Expanded:
    """A ``foreach`` group whose instances decide its end."""

    instances: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Done; ``cached`` when an earlier attempt's result stands in."""

    attempts: int
    cached: bool
    key: str | None


@dataclass(frozen=True, slots=True)
class Failed:
    """Out of tries, or impossible to run."""

    attempts: int
    message: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not run: ``when`` was false, or a step it needs did not succeed."""

    reason: str
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Ended, or never begun, because the run was cancelled."""

    attempts: int = 0


StepState = (
    Pending
    | Resolving
    | Waiting
    | Ready
    | Running
    | Stopping
    | Backoff
    | Expanded
    | Succeeded
    | Failed
    | Skipped
    | Cancelled
)
TERMINAL = (Succeeded, Failed, Skipped, Cancelled)
ACTIVE = (Ready, Running, Stopping)
NOT_BEGUN = (Pending, Resolving)

_STATUS: Mapping[type, StepStatus] = {
    Pending: "pending",
    Resolving: "pending",
    Waiting: "pending",
    Ready: "pending",
    Running: "running",
    Stopping: "running",
    Backoff: "running",
    Expanded: "running",
    Succeeded: "succeeded",
    Failed: "failed",
    Skipped: "skipped",
    Cancelled: "cancelled",
}


def status_of(state: StepState) -> StepStatus:
    """Return the word that users see for a step's state."""
    return _STATUS[type(state)]


@dataclass(frozen=True, slots=True)
class RunState:
    """A run between two events.

    Attributes:
        nodes: steps and groups by id, in topological order; instances are added as groups expand.
        states: one state per node.
        dependents: reverse of ``needs``.
        waiting: ids in state ``Waiting``, first come first.
        active: how many steps are ``Ready``, ``Running`` or ``Stopping``.
        unfinished: how many nodes are in no terminal state.
        begun: how many nodes are further than ``Resolving``.
        failed: how many nodes are ``Failed``.
        cancelled: how many nodes are ``Cancelled``.
        touched: ids of the nodes whose state the last event changed, first changed first.
        story: every event so far, newest first, as a linked list (appending copies nothing).
    """

    run_id: str
    max_parallel: int
    nodes: Mapping[str, StepNode]
    states: Mapping[str, StepState]
    dependents: Mapping[str, tuple[str, ...]]
    waiting: tuple[str, ...] = ()
    active: int = 0
    unfinished: int = 0
    begun: int = 0
    failed: int = 0
    cancelled: int = 0
    touched: tuple[str, ...] = field(default=(), compare=False)
    cancelled_by: str | None = None
    story: Story = field(default=None, repr=False, compare=False)

    @property
    def status(self) -> RunStatus:
        """The run's status as users see it."""
        if self.unfinished:
            return "running" if self.begun else "queued"
        if self.cancelled_by is not None and self.cancelled:
            return "cancelled"
        return "failed" if self.failed else "succeeded"

    def first_failure(self) -> tuple[str, str] | None:
        """Return (step, message) of the first failed step that is not a group, else None."""
        for step_id, state in self.states.items():
            if isinstance(state, Failed) and not self.nodes[step_id].foreach:
                return step_id, state.message
        for step_id, state in self.states.items():
            if isinstance(state, Failed):
                return step_id, state.message
        return None

    def told(self) -> tuple[str, ...]:
        """Return the run's story, oldest first."""
        lines: list[str] = []
        link = self.story
        while link is not None:
            lines.append(link[0])
            link = link[1]
        return tuple(reversed(lines))
