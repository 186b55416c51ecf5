"""Lengths of time as people write them: ``30m``, ``1h30m``, ``500ms``, or plain seconds."""

import re

from trainautod.spec.errors import ValueRefused

#: Seconds per unit, longest first: the order in which units may follow one another.
UNITS = {"w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}

#: Ten years: far beyond any real timeout, and small enough for every clock and timer.
MAX_SECONDS = 3_650 * 86_400.0

#: What an editor accepts; the order of units is checked by `parse` only.
PATTERN = r"^(\d+(\.\d+)?(ms|s|m|h|d|w)?|(\d+(\.\d+)?(ms|s|m|h|d|w))+)$"

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])", re.ASCII)
_PLAIN = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_HINT = "write it as 500ms, 10s, 30m, 1h30m or 2d; a plain number is seconds"


def parse(text: str) -> float:
    """Seconds that `text` stands for.

    Raises:
        ValueRefused: `text` is negative, has an unknown unit, names units out of order or twice,
            or is longer than ten years.
    """
    body = text.strip()
    if body.startswith("-"):
        raise ValueRefused(f"a duration cannot be negative: '{_shown(text)}'", _HINT)
    seconds = float(body) if _PLAIN.fullmatch(body) and len(body) < 20 else _sum(text, body)
    if seconds > MAX_SECONDS:
        raise ValueRefused(f"the duration '{_shown(text)}' is longer than ten years")
    return seconds


def format_seconds(seconds: float) -> str:
    """The shortest text that `parse` reads back as `seconds`, to the millisecond."""
    left = round(seconds * 1000)
    parts = []
    for unit, length in UNITS.items():
        count, left = divmod(left, round(length * 1000))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _sum(text: str, body: str) -> float:
    parts = _PART.findall(body)
    if not parts or "".join(number + unit for number, unit in parts) != body or len(body) > 60:
        raise ValueRefused(f"'{_shown(text)}' is not a duration", _HINT)
    order = [list(UNITS).index(unit) for _, unit in parts]
    if order != sorted(set(order)):
        raise ValueRefused(f"the units of '{_shown(text)}' are not in falling order", _HINT)
    return sum(float(number) * UNITS[unit] for number, unit in parts)


def _shown(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
