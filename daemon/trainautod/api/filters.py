"""Filters of lists, as they come in a query: words between commas, dates, times."""

from datetime import datetime, timedelta

from trainautod.runtime.errors import FilterInvalid

DATE_DIGITS = len("2013-07-10")


def words(told: str | None) -> tuple[str, ...]:
    """Return the words of ``failed,cancelled``; none for None."""
    return tuple(word.strip() for word in (told or "").split(",") if word.strip())


def since_ms(told: str) -> int:
    """Return the first millisecond (Unix time) of a date or time; a date begins at midnight.

    What names no offset from UTC is meant in this machine's time zone.

    Raises:
        FilterInvalid: it is neither a date nor a time in ISO 8601.
    """
    return _unix_ms(_moment(told))


def until_ms(told: str) -> int:
    """Return the last millisecond of a date or time: a date is meant to its end.

    Raises:
        FilterInvalid: it is neither a date nor a time in ISO 8601.
    """
    moment = _moment(told)
    if len(told.strip()) > DATE_DIGITS:
        return _unix_ms(moment)
    try:
        return _unix_ms(moment + timedelta(days=1)) - 1
    except OverflowError as error:
        raise _refusal(told) from error


def _moment(told: str) -> datetime:
    try:
        return datetime.fromisoformat(told.strip())
    except ValueError as error:
        raise _refusal(told) from error


def _unix_ms(moment: datetime) -> int:
    try:
        return int(moment.timestamp() * 1000)
    except (OverflowError, ValueError, OSError) as error:  # years that this platform cannot tell
        raise _refusal(moment.isoformat()) from error


def _refusal(told: str) -> FilterInvalid:
    return FilterInvalid(f"{told!r} is neither a date such as 2013-07-10 nor a time in ISO 8601")
