"""Five-field cron text, read into the plain sets of moments that it names.

The fields are minute, hour, day of month, month and weekday, with lists, ranges, steps and the
English three-letter names. As in Vixie cron: 0 and 7 are Sunday, and when both the day of month
and the weekday are restricted (neither starts with ``*``), a day matches when either does.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from trainautod.spec import duration
from trainautod.spec.errors import CronInvalid, ValueRefused

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

#: Days of each month, in a leap year.
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

#: Begins a schedule by elapsed time.
EVERY = "@every"

#: No real schedule is longer; it bounds what an error message repeats.
MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    first: int
    last: int
    words: tuple[str, ...] = ()

    @property
    def one(self) -> str:
        """The name with its article."""
        return f"{'an' if self.name == 'hour' else 'a'} {self.name}"


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _WEEKDAYS),
)

_ITEM = re.compile(r"(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:/(\d{1,4}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cron:
    """When a schedule fires, to the minute, in whatever zone the caller reads it in.

    Attributes:
        text: What was written.
        minutes: 0 to 59.
        hours: 0 to 23.
        days: Days of the month, 1 to 31.
        months: 1 to 12.
        weekdays: 0 (Sunday) to 6 (Saturday).
        either_day: A day matches by `days` or by `weekdays`, instead of by both.
    """

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    @classmethod
    def parse(cls, text: str) -> "Cron":
        """Read five fields, or a nickname such as ``@daily``.

        Raises:
            CronInvalid: A field cannot be read, is out of range, or the text never fires.
        """
        fields = _split(text)
        minutes, hours, days, months, weekdays = map(_values, _FIELDS, fields)
        either_day = not (fields[2].startswith("*") or fields[4].startswith("*"))
        cron = cls(
            text=text.strip(),
            minutes=minutes,
            hours=hours,
            days=days,
            months=months,
            weekdays=frozenset(day % 7 for day in weekdays),
            either_day=either_day,
        )
        if not either_day and all(min(days) > _LENGTHS[month - 1] for month in months):
            raise CronInvalid(f"'{cron.text}' never fires: no such day in those months")
        return cron

    def matches(self, moment: datetime) -> bool:
        """Whether the minute that `moment` (local to the schedule's zone) lies in is named."""
        return (
            moment.minute in self.minutes
            and moment.hour in self.hours
            and self.names_day(moment.date())
        )

    def names_day(self, day: date) -> bool:
        """Whether some minute of a day is named."""
        by_day = day.day in self.days
        by_weekday = day.isoweekday() % 7 in self.weekdays
        named = by_day or by_weekday if self.either_day else by_day and by_weekday
        return named and day.month in self.months

    def alternatives(self) -> tuple[dict[str, str], ...]:
        """The same moments for a scheduler that demands all of its fields at once.

        One mapping, or two (by day of month, by weekday) that fire independently, each with the
        keys minute, hour, day, month and day_of_week; weekdays are names, because schedulers
        disagree on the number of Sunday.
        """
        common = {
            "minute": _listed(self.minutes),
            "hour": _listed(self.hours),
            "month": _listed(self.months),
        }
        days = _listed(self.days)
        weekdays = ",".join(_WEEKDAYS[day] for day in sorted(self.weekdays))
        if self.either_day:
            return (
                {**common, "day": days, "day_of_week": "*"},
                {**common, "day": "*", "day_of_week": weekdays},
            )
        return ({**common, "day": days, "day_of_week": weekdays},)


@dataclass(frozen=True, slots=True)
class Every:
    """A schedule by elapsed time: at the whole multiples of an interval since the Unix epoch.

    So its times are the same whenever the daemon starts, and no clock change moves them.

    Attributes:
        text: What was written.
        interval_s: Whole seconds.
    """

    text: str
    interval_s: int

    @classmethod
    def parse(cls, text: str) -> "Every":
        """Read ``@every 15m``.

        Raises:
            CronInvalid: The interval cannot be read, is no whole number of seconds, or is 0.
        """
        written = text.strip()[len(EVERY) :].strip()
        try:
            seconds = duration.parse(written)
        except ValueRefused as error:
            raise CronInvalid(f"'{text.strip()[:60]}': {error.message}", error.hint) from None
        if seconds < 1 or seconds != int(seconds):
            raise CronInvalid(f"'{text.strip()[:60]}' is not a whole number of seconds")
        return cls(f"{EVERY} {written}", int(seconds))


def timing(text: str) -> Cron | Every:
    """Read what a schedule says: cron fields, a nickname, or ``@every`` with a duration.

    Raises:
        CronInvalid: It is none of them.
    """
    return Every.parse(text) if text.strip().startswith(EVERY) else Cron.parse(text)


def _split(text: str) -> list[str]:
    body = text.strip().lower()
    if len(body) > MAX_LENGTH:
        raise CronInvalid(f"cron text is longer than {MAX_LENGTH} characters")
    if body.startswith("@"):
        if body not in NICKNAMES:
            raise CronInvalid(
                f"'{text.strip()}' is not a schedule",
                f"one of {', '.join(NICKNAMES)}, or {EVERY} 15m",
            )
        body = NICKNAMES[body]
    fields = body.split()
    if len(fields) != len(_FIELDS):
        raise CronInvalid(
            f"cron has 5 fields (minute hour day month weekday), '{text.strip()}' has {len(fields)}"
        )
    return fields


def _values(field: _Field, text: str) -> frozenset[int]:
    return frozenset().union(*(_item(field, item) for item in text.split(",")))


def _item(field: _Field, text: str) -> range:
    match = _ITEM.fullmatch(text)
    if match is None:
        raise CronInvalid(f"cannot read '{text}' in the cron field '{field.name}'")
    low, high, step = match.groups()
    if low == "*":
        if high is not None:
            raise CronInvalid(f"cannot read '{text}' in the cron field '{field.name}'")
        first, last = field.first, field.last
    else:
        first = _number(field, low)
        last = _last(field, first, high, step)
    if first > last:
        raise CronInvalid(
            f"'{text}' runs backwards in the cron field '{field.name}'",
            f"write two ranges: {first}-{field.last},{field.first}-{last}",
        )
    return range(first, last + 1, _stride(field, text, step))


def _last(field: _Field, first: int, high: str | None, step: str | None) -> int:
    if high is None:
        return field.last if step else first
    last = _number(field, high)
    # `fri-sun` ends on the Sunday that is written 7.
    return 7 if field.words is _WEEKDAYS and last == 0 and first > 0 else last


def _stride(field: _Field, text: str, step: str | None) -> int:
    stride = int(step) if step else 1
    if not 1 <= stride <= max(field.last, 1):
        raise CronInvalid(
            f"the step of '{text}' does not fit the cron field '{field.name}'",
            f"between 1 and {field.last}",
        )
    return stride


def _number(field: _Field, word: str) -> int:
    if word in field.words:
        return field.words.index(word) + field.first
    if not word.isdigit() or not field.first <= int(word[:9]) <= field.last:
        names = f" or {field.words[0]}-{field.words[-1]}" if field.words else ""
        raise CronInvalid(
            f"'{word}' is not {field.one} of cron", f"{field.first}-{field.last}{names}"
        )
    return int(word)


def _listed(values: frozenset[int]) -> str:
    return ",".join(map(str, sorted(values)))
