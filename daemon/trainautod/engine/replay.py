"""A run's state out of its stored events."""

from collections.abc import Mapping, Sequence
from typing import Any

from trainautod.engine.codec import event_from_json
from trainautod.engine.events import RunSubmitted
from trainautod.engine.machine import begin, step
from trainautod.engine.states import RunState

#: Kinds of the events that move a run; others are told of it, and change nothing in it.
_OF_A_RUN = frozenset(
    ("run_submitted", "step_resolved", "slots_granted", "slots_refused", "attempt_finished",
     "retry_due", "cancel_requested", "run_retried")
)  # fmt: skip


def replay(told: Sequence[tuple[str, Mapping[str, Any]]]) -> RunState:
    """Return a run's state from its stored events, oldest first.

    Raises:
        IllegalTransition: the events do not fit one another.
    """
    state: RunState | None = None
    for kind, data in told:
        if kind not in _OF_A_RUN:
            continue
        event = event_from_json(kind, data)
        if isinstance(event, RunSubmitted):
            state, _ = begin(event)
        else:
            assert state is not None, "the first event of a run submits it"
            state, _ = step(state, event)
    assert state is not None, "a run has at least one event"
    return state
