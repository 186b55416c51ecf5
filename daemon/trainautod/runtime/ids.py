"""Run ids: 16 characters of base 36 that sort by time."""

import secrets

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TIME_DIGITS = 9  # base-36 milliseconds: enough until the year 5188
_RANDOM_DIGITS = 7


class RunIds:
    """Makes ids that are unique, and sorted in the order in which they were made."""

    def __init__(self) -> None:
        self._last = 0

    def make(self, now_ms: int) -> str:
        """Return a new id for a run accepted at ``now_ms`` (Unix milliseconds)."""
        self._last = max(self._last + 1, now_ms)
        noise = secrets.randbelow(36**_RANDOM_DIGITS)
        return _base36(self._last, _TIME_DIGITS) + _base36(noise, _RANDOM_DIGITS)


def first_id(at_ms: int) -> str:
    """Return what sorts before every id made at ``at_ms`` (Unix milliseconds) or later."""
    return _base36(min(max(at_ms, 0), 36**_TIME_DIGITS - 1), _TIME_DIGITS)


def _base36(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
