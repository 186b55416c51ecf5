"""The date that a run stands for, with whole-day arithmetic."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from trainautod.spec.errors import ExpressionError

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """A calendar day: ``Day - 7`` is a week earlier, ``str(day)`` is ISO 8601.

    It compares with another `Day` and with ISO text. Comparing it with anything else, or leaving
    the years 1 to 9999, raises `ExpressionError`.
    """

    date: date

    @classmethod
    def parse(cls, text: str) -> "Day":
        """The day that ISO text such as ``2013-07-10`` names.

        Raises:
            ExpressionError: The text is not a date of that form, or no such day exists.
        """
        if _ISO.fullmatch(text):
            try:
                return cls(date.fromisoformat(text))
            except ValueError:
                pass
        raise ExpressionError(f"'{text[:40]}' is not a day", "write it as 2013-07-10")

    def __str__(self) -> str:
        return self.date.isoformat()

    def __add__(self, days: object) -> "Day":
        if isinstance(days, bool) or not isinstance(days, int):
            raise ExpressionError("only a whole number of days can be added to a day")
        try:
            return Day(self.date + timedelta(days=days))
        except OverflowError:
            raise ExpressionError(f"{self} moved by {days} days leaves the calendar") from None

    __radd__ = __add__

    def __sub__(self, other: object) -> "Day | int":
        if isinstance(other, Day):
            return (self.date - other.date).days
        if isinstance(other, bool) or not isinstance(other, int):
            raise ExpressionError("only whole days or another day can be taken from a day")
        return self + -other

    def __hash__(self) -> int:
        return hash(str(self))

    def __eq__(self, other: object) -> bool:
        return self.date == _day(other).date

    def __lt__(self, other: object) -> bool:
        return self.date < _day(other).date

    def __le__(self, other: object) -> bool:
        return self.date <= _day(other).date

    def __gt__(self, other: object) -> bool:
        return self.date > _day(other).date

    def __ge__(self, other: object) -> bool:
        return self.date >= _day(other).date


def _day(value: object) -> Day:
    if isinstance(value, Day):
        return value
    if isinstance(value, str):
        return Day.parse(value)
    raise ExpressionError(f"a day cannot be compared with {value!r}")
