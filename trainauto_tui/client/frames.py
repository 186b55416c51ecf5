"""The form of what two ends of a trunk send one another.

Each end first sends ``GREETING``. After it come frames: one byte for the kind, four for the
channel's number, four for the length of the payload, all big-endian, and the payload.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from trainauto_tui.errors import Unexpected

GREETING = b"trainauto-channels/1\n"
NOISE_LIMIT = 65_536  # bytes that a far shell's start files may print before the greeting

OPEN = 1  # a new channel, with a number that was never used before
DATA = 2
END = 3  # no more DATA follows on this channel
RESET = 4  # the channel is gone: nothing more is sent on it, or taken from it
CREDIT = 5  # the payload, four bytes, says how many more bytes of DATA may be sent
PING = 6
PONG = 7

LARGEST = 16_384  # bytes of payload; small, so that channels take turns on a slow link

_HEAD = struct.Struct(">BII")
_AMOUNT = struct.Struct(">I")


class Frame(NamedTuple):
    """One frame; ``channel`` is 0 where it concerns none."""

    kind: int
    channel: int
    payload: bytes = b""

    def packed(self) -> bytes:
        """Return its bytes."""
        return _HEAD.pack(self.kind, self.channel, len(self.payload)) + self.payload


def credit(channel: int, amount: int) -> Frame:
    """Return the frame that lets the other end send ``amount`` more bytes."""
    return Frame(CREDIT, channel, _AMOUNT.pack(amount))


def amount(frame: Frame) -> int:
    """Return how many bytes a CREDIT frame grants."""
    if len(frame.payload) != _AMOUNT.size:
        raise Unexpected("the other end of the link does not speak this language")
    granted: int = _AMOUNT.unpack(frame.payload)[0]
    return granted


def taken(buffer: bytearray) -> Iterator[Frame]:
    """Take whole frames off the front of ``buffer`` and yield them.

    Raises:
        Unexpected: what stands there is no frame.
    """
    while len(buffer) >= _HEAD.size:
        kind, channel, length = _HEAD.unpack_from(buffer)
        if not OPEN <= kind <= PONG or length > LARGEST:
            raise Unexpected("the other end of the link does not speak this language")
        end = _HEAD.size + length
        if len(buffer) < end:
            return
        payload = bytes(buffer[_HEAD.size : end])
        del buffer[:end]
        yield Frame(kind, channel, payload)
