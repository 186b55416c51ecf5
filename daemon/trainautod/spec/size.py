"""Amounts of memory as people write them: ``4GiB``, ``512MB``, ``100k``, or plain bytes."""

import re

from trainautod.spec.errors import ValueRefused

_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}

#: An exbibyte: no machine has it, and it still fits a 64-bit integer.
MAX_BYTES = 2**60

#: What an editor accepts.
PATTERN = r"^\d+(\.\d+)?([kKmMgGtTpP]([iI]?[bB]|[iI])?|[bB])?$"

_SIZE = re.compile(r"(\d{1,19}(?:\.\d{1,19})?)(?:([kmgtp]?)(i?)b?)", re.IGNORECASE | re.ASCII)
_HINT = "write it as 512MB, 4GiB or 100k; a plain number is bytes"


def parse(text: str) -> int:
    """Bytes that `text` stands for: ``k M G T P`` count by 1000, ``Ki Mi …`` by 1024.

    Raises:
        ValueRefused: `text` is negative, has an unknown unit, or is more than an exbibyte.
    """
    body = text.strip()
    if body.startswith("-"):
        raise ValueRefused(f"a size cannot be negative: '{body[:40]}'", _HINT)
    match = _SIZE.fullmatch(body)
    if match is None or (match[3] and not match[2]):
        raise ValueRefused(f"'{body[:40]}' is not a size", _HINT)
    base = 1024 if match[3] else 1000
    size: float = float(match[1]) * base ** _POWERS[match[2].lower()]
    if size > MAX_BYTES:
        raise ValueRefused(f"the size '{body[:40]}' is more than any machine has", _HINT)
    return round(size)
