"""Cron text: which minutes it names, and what is refused."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainautod.spec.cron import NICKNAMES, Cron
from trainautod.spec.errors import CronInvalid

EVERY_MINUTE = frozenset(range(60))


def test_a_nightly_schedule_is_one_minute_of_each_day() -> None:
    cron = Cron.parse("0 2 * * *")
    assert cron.minutes == {0}
    assert cron.hours == {2}
    assert cron.days == set(range(1, 32))
    assert cron.weekdays == set(range(7))
    assert not cron.either_day


@pytest.mark.parametrize(
    ("field", "minutes"),
    [
        ("*", EVERY_MINUTE),
        ("*/15", {0, 15, 30, 45}),
        ("5/20", {5, 25, 45}),
        ("10-14", {10, 11, 12, 13, 14}),
        ("10-20/5", {10, 15, 20}),
        ("1,2,40-42", {1, 2, 40, 41, 42}),
        ("59", {59}),
    ],
)
def test_lists_ranges_and_steps(field: str, minutes: set[int]) -> None:
    assert Cron.parse(f"{field} * * * *").minutes == minutes


@pytest.mark.parametrize(
    ("field", "weekdays"),
    [
        ("0", {0}),
        ("7", {0}),
        ("sun", {0}),
        ("MON-FRI", {1, 2, 3, 4, 5}),
        ("fri-sun", {5, 6, 0}),
        ("5-7", {5, 6, 0}),
        ("mon,3,Sat", {1, 3, 6}),
    ],
)
def test_sunday_is_0_and_7_and_weekdays_have_names(field: str, weekdays: set[int]) -> None:
    assert Cron.parse(f"0 0 * * {field}").weekdays == weekdays


def test_months_have_names() -> None:
    assert Cron.parse("0 0 1 jan,Mar-may *").months == {1, 3, 4, 5}


@pytest.mark.parametrize("nickname", NICKNAMES)
def test_nicknames_stand_for_five_fields(nickname: str) -> None:
    plain, named = Cron.parse(NICKNAMES[nickname]), Cron.parse(nickname.upper())
    assert (plain.minutes, plain.hours, plain.days, plain.months, plain.weekdays) == (
        named.minutes, named.hours, named.days, named.months, named.weekdays,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 2 * *", "has 4"),
        ("0 0 2 * * *", "has 6"),
        ("", "has 0"),
        ("60 * * * *", "'60' is not a minute"),
        ("* 24 * * *", "'24' is not an hour"),
        ("* * 0 * *", "'0' is not a day of month"),
        ("* * * 13 *", "'13' is not a month"),
        ("* * * * 8", "'8' is not a weekday"),
        ("* * * foo *", "'foo' is not a month"),
        ("*/0 * * * *", "the step of '*/0'"),
        ("*/90 * * * *", "the step of '*/90'"),
        ("20-10 * * * *", "runs backwards"),
        ("*-5 * * * *", "cannot read"),
        ("1, * * * *", "cannot read"),
        ("L * * * *", "cannot read|not a minute"),
        ("0 0 ? * *", "cannot read"),
        ("0 0 * * mon#2", "cannot read"),
        ("0 0 31 2 *", "never fires"),
        ("0 0 31 feb,apr,jun *", "never fires"),
        ("@reboot", "is not a schedule"),
        ("* " * 200, "longer than"),
        ("٣ * * * *", "cannot read"),
    ],
)
def test_what_cannot_be_read_is_refused_and_named(text: str, said: str) -> None:
    with pytest.raises(CronInvalid, match=said.replace("*", r"\*")):
        Cron.parse(text)


def test_a_leap_day_fires() -> None:
    assert Cron.parse("0 0 29 2 *").matches(datetime(2024, 2, 29))  # noqa: DTZ001


def test_an_impossible_date_with_a_weekday_still_fires_on_the_weekday() -> None:
    assert Cron.parse("0 0 31 2 mon").either_day


@pytest.mark.parametrize(
    ("text", "day", "fires"),
    [
        ("0 0 13 * fri", 13, True),  # a Saturday, by its date
        ("0 0 13 * fri", 12, True),  # a Friday, by its weekday
        ("0 0 13 * fri", 14, False),
        ("0 0 13 * *", 12, False),
        ("0 0 * * fri", 13, False),
        ("0 0 */2 * fri", 12, False),  # a field that begins with * does not widen
        ("0 0 */2 * fri", 19, True),
    ],
)
def test_both_kinds_of_day_restricted_means_either(text: str, day: int, fires: bool) -> None:
    assert Cron.parse(text).matches(datetime(2013, 7, day)) is fires  # noqa: DTZ001


def test_alternatives_demand_all_fields_and_name_weekdays() -> None:
    by_date, by_weekday = Cron.parse("30 4 1 * mon").alternatives()
    assert by_date["day"] == "1"
    assert by_date["day_of_week"] == "*"
    assert by_weekday["day"] == "*"
    assert by_weekday["day_of_week"] == "mon"
    (only,) = Cron.parse("0 0 * * 0,7").alternatives()
    assert only["day_of_week"] == "sun"


def _matches(alternative: dict[str, str], moment: datetime) -> bool:
    """A scheduler that ANDs its fields, as slow and obvious as it can be."""
    actual = {
        "minute": str(moment.minute),
        "hour": str(moment.hour),
        "day": str(moment.day),
        "month": str(moment.month),
        "day_of_week": moment.strftime("%a").lower(),
    }
    return all(text == "*" or actual[name] in text.split(",") for name, text in alternative.items())


days = st.sampled_from(["*", "1", "13,31", "*/5", "28-31"])
weekdays = st.sampled_from(["*", "mon", "1-5", "*/2", "sat,sun", "7"])


@given(days, weekdays, st.integers(0, 366 * 24 * 4))
def test_alternatives_and_matches_agree(day: str, weekday: str, quarters: int) -> None:
    cron = Cron.parse(f"*/15 */6 {day} * {weekday}")
    moment = datetime(2024, 1, 1) + timedelta(minutes=15 * quarters)  # noqa: DTZ001
    assert cron.matches(moment) == any(_matches(each, moment) for each in cron.alternatives())


@given(st.text(alphabet="0123456789*/-, @monjanL#?", max_size=40))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    try:
        cron = Cron.parse(text)
    except CronInvalid:
        return
    assert cron.minutes <= EVERY_MINUTE
    assert cron.weekdays <= set(range(7))
    assert min(cron.days) >= 1
