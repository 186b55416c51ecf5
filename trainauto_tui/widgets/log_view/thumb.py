"""Where the thumb of the scrollbar is, in steps so coarse that a growing log seldom moves it."""

from math import ceil, log

GROWTH = 1.25  # the thumb shrinks by a fifth at a time
LEAST = 1 / 64  # of the log in view; a thumb does not get smaller


def thumb(begin: float, end: float, height: int) -> tuple[int, int] | None:
    """Return the height to scroll over and the position in it; None when all is in view.

    Args:
        begin: Where the view begins, as a part of the log from 0 to 1.
        end: Where it ends.
        height: Rows of the view.
    """
    seen = max(end - begin, LEAST)
    if height <= 0 or seen >= 1:
        return None
    whole = max(ceil(height * GROWTH ** ceil(log(1 / seen, GROWTH))), height + 1)
    room = max(1 - (end - begin), LEAST)
    return whole, round(min(begin / room, 1.0) * (whole - height))
