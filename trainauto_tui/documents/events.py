"""The daemon's history."""

from typing import Any, TypedDict


class Changes(TypedDict):
    """What an event changed: the run's status, if it did, and the status of steps by id."""

    run: str | None
    steps: dict[str, str]


class Event(TypedDict):
    """One entry of the daemon's append-only history."""

    seq: int
    at: str
    kind: str
    run_id: str | None
    step: str | None
    attempt: int | None
    pipeline: str | None
    data: dict[str, Any]
    changes: Changes


class EventPage(TypedDict):
    """Events after a number, in order; ``last`` is the newest number that the daemon has."""

    events: list[Event]
    last: int
