"""Policies: on an event, if a condition holds, then run a pipeline."""

from typing import Any, TypedDict

# ``on`` and ``if`` are words of the file's format; ``if`` cannot be written as an attribute.
PolicyDocument = TypedDict(
    "PolicyDocument",
    {
        "name": str,
        "kind": str,
        "path": str,
        "on": str,
        "by_signal": bool,
        "meant": str | None,
        "if": str | None,
        "pipeline": str,
        "target": str,
        "misfit": str | None,
        "cooldown_s": float,
        "clear_below": float | None,
        "for": int,
        "top": int | None,
        "watch": list[str],
        "max_age_s": float | None,
        "model": str | None,
        "state": str,
        "problems": list[str],
        "armed": bool,
        "streak": int,
        "fired_at": str | None,
        "fired_run_id": str | None,
        "cooldown_until": str | None,
        "last_event_at": str | None,
        "last_value": Any,
        "last_verdict": str | None,
    },
)
"""A policy and what it remembers.

``kind`` is policy, or drift for a pipeline's own drift trigger; ``path`` is its file. ``by_signal``
says that only signals bring its event; ``meant`` is the event that its name may be a mistake for.
``target`` is how the pipeline is that it runs: ok, broken or missing; ``misfit`` why its params do
not fit it. Durations are in seconds. ``armed`` is false from a firing until the value was below
``clear_below``; ``streak`` counts the events in a row on which the condition held, of the ``for``
that are needed.
"""


class SignalAnswer(TypedDict):
    """The event that a signal is; ``repeated`` says that an earlier one had its key."""

    seq: int
    repeated: bool
