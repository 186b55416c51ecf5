"""Durations, sizes, times and digests as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping

from trainauto_tui.drawing.values import written

UNITS = ("KiB", "MiB", "GiB", "TiB")
DIGEST_SHOWN = 12  # hex digits: enough to tell any two objects of one store apart

# Measures that decide, in the order in which one of them stands for a step.
TELLING = ("roc_auc", "auc", "accuracy", "f1", "r2", "rmse", "mae", "log_loss", "loss")


def duration(seconds: float | None) -> str:
    """Return ``0.03s``, ``1.2s``, ``2m05s`` or ``3h07m``; nothing for None."""
    if seconds is None:
        return ""
    if seconds < 0.095:
        return f"{seconds:.2f}s"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def size(count: float | None) -> str:
    """Return bytes as ``512 B``, ``1.5 KiB`` or ``2.0 GiB``; nothing for None."""
    if count is None:
        return ""
    if count < 1024:
        return f"{count:.0f} B"
    for unit in UNITS:
        count /= 1024
        if count < 1023.95 or unit == UNITS[-1]:
            break
    return f"{count:.1f} {unit}"


def digest(value: str | None) -> str:
    """Return the beginning of a digest."""
    return (value or "")[:DIGEST_SHOWN]


def clock(moment: str | None) -> str:
    """Return the local time of day of an ISO 8601 moment, ``12:00:01``; dashes for None."""
    if not moment:
        return "--:--:--"
    from datetime import datetime

    return datetime.fromisoformat(moment).astimezone().strftime("%H:%M:%S")


def moment(value: str | None) -> str:
    """Return an ISO 8601 moment to the second, in its own zone; a dash for None."""
    if not value:
        return "-"
    from datetime import datetime

    return datetime.fromisoformat(value).isoformat(" ", "seconds")


def since(value: str | None) -> float | None:
    """Return the seconds that have passed since an ISO 8601 moment; None for None."""
    if not value:
        return None
    from datetime import UTC, datetime

    passed = datetime.now(UTC) - datetime.fromisoformat(value)
    return max(0.0, passed.total_seconds())


def between(start: str | None, end: str | None) -> float | None:
    """Return the seconds between two ISO 8601 moments; None where one is missing."""
    if not start or not end:
        return None
    from datetime import datetime

    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def number(value: object) -> str:
    """Return a metric to four significant digits, anything else as expressions write it."""
    return f"{value:.4g}" if isinstance(value, float) else written(value)


def metrics(values: Mapping[str, object]) -> str:
    """Return all metrics as ``name=value``."""
    return " ".join(f"{name}={number(value)}" for name, value in values.items())


def key_metric(values: Mapping[str, object]) -> str:
    """Return the one metric that tells most about a step, as ``name=value``; nothing if none."""
    if not values:
        return ""
    name = next((name for name in TELLING if name in values), min(values))
    return f"{name}={number(values[name])}"
