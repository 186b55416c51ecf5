"""When the lines of a log came, as a column of text."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Literal

from trainauto_tui.drawing import amounts

Mode = Literal["off", "absolute", "relative"]
MODES: tuple[Mode, ...] = ("off", "absolute", "relative")


def time_at(times: Sequence[Sequence[int]], offset: int) -> int | None:
    """Return the unix milliseconds at which byte ``offset`` came.

    Args:
        times: (offset, unix milliseconds) pairs, ascending.
        offset: of the byte.
    """
    found = None
    for at, unix_ms in times:
        if at > offset:
            break
        found = unix_ms
    return found


def of_day(unix_ms: int, today: float, zone: tzinfo) -> str:
    """Return the time of day, with the date unless that is today's (a unix time in seconds)."""
    at = datetime.fromtimestamp(unix_ms / 1000, zone)
    same = at.date() == datetime.fromtimestamp(today, zone).date()
    return f"{at:%H:%M:%S}" if same else f"{at:%m-%d %H:%M:%S}"


def since(unix_ms: int, started_ms: int) -> str:
    """Return how long after the start it was: ``+2:41``, ``+1:02:41``, ``+3d 04:05``."""
    seconds = max(unix_ms - started_ms, 0) // 1000
    hours, minutes = seconds // amounts.HOUR, seconds % amounts.HOUR // amounts.MINUTE
    if hours >= 48:
        return f"+{hours // 24}d {hours % 24:02}:{minutes:02}"
    ending = f"{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
    return f"+{hours}:{ending}" if hours else f"+{ending}"
