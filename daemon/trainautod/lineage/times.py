"""Times as the outside sees them: ISO 8601 with milliseconds and offset."""

from datetime import UTC, datetime


def iso_from_ms(unix_ms: int) -> str:
    """Return a Unix time in milliseconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="milliseconds")


def optional_iso(unix_ms: int | None) -> str | None:
    """Return ``iso_from_ms``, or None for a time that has not come."""
    return None if unix_ms is None else iso_from_ms(unix_ms)


def ms_from_iso(text: str) -> int:
    """Return a time with an offset as Unix milliseconds."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)
