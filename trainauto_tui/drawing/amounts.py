"""Times, spans of time, sizes and metrics as short text.

Ages and waits are coarse on purpose: they change once a minute at most, so that a screen on
which nothing happens has nothing to redraw. ``fresh_age`` is for screens that tell of few things.
"""

from datetime import datetime, timedelta, tzinfo

MINUTE = 60
HOUR = 3600
DAY = 86400
EXACT = 2**53  # floats below it hold every integer
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")


def seconds_of(iso: str | None) -> float | None:
    """Return the unix time of an ISO 8601 text, or None without one."""
    return datetime.fromisoformat(iso).timestamp() if iso else None


def duration(seconds: float | None) -> str:
    """Return an elapsed time: ``0.42s``, ``12s``, ``2:10``, ``1:02:03``, ``3d 04h``."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{max(seconds, 0):.2f}s" if seconds < 1 else f"{seconds:.1f}s"
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole}s"
    if whole < HOUR:
        return f"{whole // MINUTE}:{whole % MINUTE:02}"
    if whole < 2 * DAY:
        return f"{whole // HOUR}:{whole % HOUR // MINUTE:02}:{whole % MINUTE:02}"
    return f"{whole // DAY}d {whole % DAY // HOUR:02}h"


def period(seconds: float) -> str:
    """Return a set length of time as pipeline files write it: ``6h``, ``90m``, ``2d``, ``1.5s``."""
    for unit, letter in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:.0f}{letter}"
    return f"{seconds:g}s"


def running_for(started: str | None, now: float) -> str:
    """Return how long something that started at ``started`` has been running, in whole seconds."""
    began = seconds_of(started)
    return "" if began is None else duration_whole(now - began)


def duration_whole(seconds: float) -> str:
    """Return ``duration`` without fractions, for what still counts up."""
    return f"{max(int(seconds), 0)}s" if seconds < MINUTE else duration(seconds)


def age(seconds: float) -> str:
    """Return how long ago something was: ``now``, ``5m``, ``3h``, ``12d``."""
    return "now" if seconds < MINUTE else _coarse(seconds)


def fresh_age(seconds: float) -> str:
    """Return how long ago something was, at first in seconds: ``36s``, ``5m``, ``3h``, ``12d``."""
    return duration_whole(seconds) if seconds < MINUTE else _coarse(seconds)


def ago(iso: str | None, now: float) -> str:
    """Return how long ago something was: ``5m ago``, ``now``; empty for what never was."""
    at = seconds_of(iso)
    told = age(now - at) if at is not None else ""
    return told if told in ("", "now") else f"{told} ago"


def fresh_ago(iso: str | None, now: float) -> str:
    """Return ``fresh_age`` as ``36s ago``; empty for what never was."""
    at = seconds_of(iso)
    return f"{fresh_age(now - at)} ago" if at is not None else ""


def until(seconds: float) -> str:
    """Return how far ahead something is: ``in 5m``, or ``due`` once it is there."""
    if seconds <= 0:
        return "due"
    return "in <1m" if seconds < MINUTE else f"in {_coarse(seconds)}"


def _coarse(seconds: float) -> str:
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)}m"
    return f"{int(seconds // HOUR)}h" if seconds < 2 * DAY else f"{int(seconds // DAY)}d"


def moment(iso: str | None, now: float, zone: tzinfo) -> str:
    """Return a time of day in the reader's zone, with the day when it is not today's.

    ``02:00``, ``tomorrow 02:00``, ``Tue 02:00`` within a week, else ``2013-07-10 02:00``.
    """
    if not iso:
        return ""
    when = datetime.fromisoformat(iso).astimezone(zone)
    today = datetime.fromtimestamp(now, zone).date()
    clock = f"{when:%H:%M}"
    days = (when.date() - today) / timedelta(days=1)
    if days == 0:
        return clock
    if days == 1:
        return f"tomorrow {clock}"
    if 1 < days < 7:
        return f"{when:%a} {clock}"
    return f"{when:%Y-%m-%d} {clock}"


def scheduled(iso: str | None) -> str:
    """Return a scheduled time as its pipeline's own zone writes it: ``2013-07-10 02:00``."""
    return iso[:16].replace("T", " ") if iso else ""


def size(count: float) -> str:
    """Return a number of bytes in the units of pipeline files: ``512 B``, ``1.2 GiB``."""
    for unit in _SIZES[:-1]:
        if count < 999.5:
            return f"{count:.0f} B" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1024
    return f"{count:.3g} {_SIZES[-1]}"


def number(value: object) -> str:
    """Return a metric's value in at most four significant digits, counts in full."""
    if not isinstance(value, float) or (value.is_integer() and abs(value) < EXACT):
        return f"{value:.0f}" if isinstance(value, float) else str(value)
    return f"{value:.4g}"
