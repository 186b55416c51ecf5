"""POST /signals: what somebody's own monitoring has to say, for policies."""

import json
import math
import sqlite3
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from trainautod.api.routing import Call, Endpoint, NoQuery
from trainautod.lineage import causes, events
from trainautod.runtime.daemon import Daemon
from trainautod.spec.expressions import kind
from trainautod.spec.fields import ID_PATTERN, MAX_NAME, NAME_PATTERN

LARGEST = 65_536  # bytes of values: some thousand scores by feature
WORDS = ("true", "false", "null", "and", "or", "not", "in")  # that no condition reads as a name

ValueName = Annotated[str, Field(pattern=NAME_PATTERN, max_length=MAX_NAME)]


class Signal(BaseModel):
    """An event by name, with values; of those with one name and ``key``, only the first counts.

    A value is a finite number, true or false, text, or a list or mapping of these.
    """

    model_config = ConfigDict(extra="forbid")
    name: str = Field(pattern=ID_PATTERN, max_length=MAX_NAME)
    values: dict[ValueName, JsonValue] = Field(default_factory=dict)
    key: str | None = Field(None, min_length=1, max_length=200)

    @field_validator("values")
    @classmethod
    def _expect_readable(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse what no condition could read, and what the store could not hold."""
        taken = [name for name in values if name in WORDS]
        if taken:
            raise ValueError(f"{taken[0]!r} has a meaning of its own in conditions; rename it")
        for name, value in values.items():
            _expect_value(name, value)
        if len(json.dumps(values, ensure_ascii=False).encode()) > LARGEST:
            raise ValueError(f"the values are larger than {LARGEST >> 10} KiB")
        return values

    @field_validator("key")
    @classmethod
    def _expect_text(cls, key: str | None) -> str | None:
        if key is not None:
            key.encode()
        return key


def _expect_value(name: str, value: object, inside: bool = False) -> None:
    """Refuse a value that conditions do not know."""
    match value:
        case list() if not inside:
            for each in value:
                _expect_value(name, each, inside=True)
        case dict() if not inside:
            for part, each in value.items():
                _expect_value(f"{name}.{part}", each, inside=True)
        case int() if not -(2**63) <= value < 2**63:
            raise ValueError(f"{name} is an integer of more than 64 bits")
        case float() if not math.isfinite(value):
            raise ValueError(f"{name} is not finite; leave it out")
        case bool() | int() | float() | str():
            return
        case _:
            wanted = "a number, true or false, text, or a list or mapping of these"
            raise ValueError(f"{name} is {kind(value)}, which is not {wanted}")


async def send_signal(daemon: Daemon, call: Call[NoQuery, Signal]) -> dict[str, Any]:
    """Tell an event to the policies that are on its name; one with a known key does nothing."""
    signal, at_ms = call.body, daemon.clock.now_ms()
    seq, document = await daemon.store.write(lambda c: _store(c, signal, at_ms))
    if document is not None:
        daemon.hub.publish(document)
    return {"seq": seq, "repeated": document is None}


def _store(
    connection: sqlite3.Connection, signal: Signal, at_ms: int
) -> tuple[int, dict[str, Any] | None]:
    key = f"{signal.name} {signal.key}"
    known = causes.event_of(connection, "signal", key) if signal.key is not None else None
    if known is not None:
        return known, None
    document = events.append(connection, kind="signal", at_ms=at_ms, data=signal.model_dump())
    if signal.key is not None:
        causes.claim(connection, "signal", key, document["seq"], at_ms)
    return document["seq"], document


ENDPOINTS = (Endpoint("POST", "/signals", send_signal, body=Signal),)
