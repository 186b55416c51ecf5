"""Which events people can be told of, and what each message is called by."""

import re
from collections.abc import Mapping
from typing import Any

from trainautod.spec.notify import NOTICES

#: What the end of a run is called, by the run's status.
ENDS: Mapping[str, str] = {
    "failed": "run_failed",
    "succeeded": "run_succeeded",
    "cancelled": "run_cancelled",
}
#: Kinds of events that are what people are told of; the others are ends of runs.
KINDS = tuple(kind for kind in NOTICES if kind not in ENDS.values())

_NOT_A_DIGIT = re.compile(r"\D")


def notice_of(event: Mapping[str, Any]) -> str | None:
    """Return what people may be told of an event, None for one that concerns nobody."""
    ended = ENDS.get(event["changes"]["run"] or "")
    return ended or (event["kind"] if event["kind"] in KINDS else None)


def pipelines_of(event: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the pipelines that an event is about: its own, or those that its data names."""
    if event["pipeline"] is not None:
        return (event["pipeline"],)
    return tuple(map(str, event["data"].get("pipelines") or ()))


def key_of(notice: str, event: Mapping[str, Any]) -> str:
    """Return what the message is called by, here and at whoever receives it.

    The event's number tells it from others of this home; the run's id, or else the event's time,
    from those of every other home.
    """
    place = event["run_id"] or _NOT_A_DIGIT.sub("", event["at"])
    return f"{notice}-{event['seq']}-{place}"
