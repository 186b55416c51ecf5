"""Server-sent events: a stream of bytes in, messages out.

Source: WHATWG HTML, section 9.2.6 "Interpreting an event stream".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Message(NamedTuple):
    """One dispatched message; a comment line (a ping) is a message with ``event`` = ``":"``."""

    event: str
    data: str
    id: str


def messages(pieces: Iterable[bytes]) -> Iterator[Message]:
    """Yield the messages and the comments of a stream, in order, as soon as each is complete."""
    event, last_id = "message", ""
    data: list[str] = []
    for line in _lines(pieces):
        if line.startswith(":"):
            yield Message(":", line[1:].strip(), last_id)
            continue
        if not line:
            if data:
                yield Message(event, "\n".join(data), last_id)
            event, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            event = value
        elif field == "id":
            last_id = value


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield complete lines without their ends; a line cut off by the end is dropped."""
    rest = b""
    for piece in pieces:
        *complete, rest = (rest + piece).split(b"\n")
        for line in complete:
            yield line.decode("utf-8", "replace").removesuffix("\r")
