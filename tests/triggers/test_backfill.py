"""Which slots of a pipeline lie in a range, and which of them are to be run."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.lineage.backfills import SlotRun
from trainautod.lineage.pages import RUN_STATUSES
from trainautod.spec import Pipeline, load
from trainautod.spec.cron import Cron
from trainautod.spec.model import Schedule
from trainautod.triggers.backfill import (
    ORDERS,
    WHICH,
    Span,
    choose,
    in_order,
    objection,
    schedules_of,
    slots,
    span,
)
from trainautod.triggers.catchup import Slot, unix_ms
from trainautod.triggers.errors import RangeInvalid

NEW_YORK = ZoneInfo("America/New_York")
MINUTE = timedelta(minutes=1)


def schedule(cron: str, zone: str | None = "UTC") -> Schedule:
    return Schedule(cron=cron, timezone=zone)


def found(since: str, until: str, *schedules: Schedule, most: int = 10_000) -> list[str]:
    """The slots of a range, told in the zone of the first schedule."""
    zone = ZoneInfo(schedules[0].timezone or "UTC")
    within = span(since, until, zone)
    return [slot.instant.isoformat(timespec="minutes") for slot in slots(schedules, within, most)]


class TestRanges:
    def test_dates_are_whole_days_of_the_pipelines_zone(self) -> None:
        nightly = schedule("0 0,23 * * *", "America/New_York")
        assert found("2013-07-10", "2013-07-11", nightly) == [
            "2013-07-10T00:00-04:00",
            "2013-07-10T23:00-04:00",
            "2013-07-11T00:00-04:00",
            "2013-07-11T23:00-04:00",
        ]

    def test_both_ends_belong_to_the_range(self) -> None:
        hourly = schedule("0 * * * *")
        assert found("2013-07-10T02:00", "2013-07-10T04:00", hourly) == [
            "2013-07-10T02:00+00:00",
            "2013-07-10T03:00+00:00",
            "2013-07-10T04:00+00:00",
        ]

    @pytest.mark.parametrize(
        ("told", "meant"),
        [
            ("2013-07-10T02:00", "2013-07-10T02:00:00-04:00"),
            ("2013-07-10 02:00", "2013-07-10T02:00:00-04:00"),
            ("2013-07-10T02:00:00.5Z", "2013-07-09T22:00:00.500000-04:00"),
            ("2013-07-10T02:00+09:00", "2013-07-09T13:00:00-04:00"),
            (" 2013-07-10 ", "2013-07-10T00:00:00-04:00"),
        ],
    )
    def test_a_time_without_an_offset_is_meant_in_the_pipelines_zone(
        self, told: str, meant: str
    ) -> None:
        assert span(told, "2013-07-11", NEW_YORK).since == datetime.fromisoformat(meant)

    def test_a_day_that_begins_at_one_begins_there(self) -> None:
        zone = ZoneInfo("America/Sao_Paulo")
        day = span("2018-11-04", "2018-11-04", zone)
        assert day.since.isoformat() == "2018-11-04T01:00:00-02:00"
        assert unix_ms(day.until) - unix_ms(day.since) == 23 * 3_600_000 - 1

    @pytest.mark.parametrize(
        ("since", "until", "told"),
        [
            ("2013-07-11", "2013-07-10", r"ends \(2013-07-10\) before it begins \(2013-07-11\)"),
            ("2013-13-01", "2013-07-10", "'2013-13-01' is neither a date"),
            ("yesterday", "2013-07-10", "'yesterday' is neither a date"),
            ("2013-07-10", "2013-07-10T25:00", "'2013-07-10T25:00' is neither a date"),
            ("", "2013-07-10", "'' is neither a date"),
            ("1850-01-01", "2013-07-10", "goes back to the year 1900"),
            ("0001-01-01", "2013-07-10", "cannot be told|goes back to the year"),
            ("2013-07-10", "9999-12-31", "cannot be told"),
        ],
    )
    def test_a_range_that_is_none_is_refused(self, since: str, until: str, told: str) -> None:
        with pytest.raises(RangeInvalid, match=told):
            span(since, until, ZoneInfo("Asia/Tokyo"))


class TestSlots:
    def test_the_hour_that_is_left_out_has_its_slot_right_after(self) -> None:
        nightly = schedule("30 2 * * *", "America/New_York")
        assert found("2013-03-09", "2013-03-11", nightly) == [
            "2013-03-09T02:30-05:00",
            "2013-03-10T03:00-04:00",
            "2013-03-11T02:30-04:00",
        ]

    def test_the_hour_that_happens_twice_has_one_slot_by_night_and_two_by_hour(self) -> None:
        nightly = schedule("30 1 * * *", "America/New_York")
        assert found("2013-11-03", "2013-11-03", nightly) == ["2013-11-03T01:30-04:00"]
        hourly = schedule("30 * * * *", "America/New_York")
        day = found("2013-11-03", "2013-11-03", hourly)
        assert len(day) == 25
        assert day[1:3] == ["2013-11-03T01:30-04:00", "2013-11-03T01:30-05:00"]

    def test_an_interval_goes_by_elapsed_time(self) -> None:
        every = schedule("@every 7h", "America/New_York")
        moments = [datetime.fromisoformat(t) for t in found("2013-03-08", "2013-03-12", every)]
        assert {b - a for a, b in pairwise(moments)} == {timedelta(hours=7)}
        assert all(unix_ms(moment) % (7 * 3_600_000) == 0 for moment in moments)

    def test_an_instant_of_several_schedules_is_one_slot_in_the_zone_of_the_first(self) -> None:
        found_slots = slots(
            [schedule("0 2 * * *", "America/New_York"), schedule("0 */6 * * *")],
            span("2013-07-10T00:00Z", "2013-07-10T12:00Z", NEW_YORK),
        )
        assert [slot.instant.isoformat(timespec="hours") for slot in found_slots] == [
            "2013-07-10T00+00:00",
            "2013-07-10T02-04:00",
            "2013-07-10T12+00:00",
        ]
        assert found_slots[1].schedule.cron == "0 2 * * *"

    def test_a_pipeline_without_a_schedule_has_a_slot_at_midnight(self) -> None:
        pipeline = load("name: x\nsteps: [{id: a, run: 'true'}]\n", "x.yaml")
        assert isinstance(pipeline, Pipeline)
        assert [each.cron for each in schedules_of(pipeline)] == ["@daily"]
        midnights = schedule("@daily", "America/Sao_Paulo")
        assert found("2018-11-03", "2018-11-05", midnights) == [
            "2018-11-03T00:00-03:00",
            "2018-11-04T01:00-02:00",  # there is no midnight on that day
            "2018-11-05T00:00-02:00",
        ]

    def test_a_range_of_too_many_is_refused_and_says_how_far_it_may_go(self) -> None:
        assert len(found("2013-07-10", "2013-07-10", schedule("0 * * * *"), most=24)) == 24
        with pytest.raises(RangeInvalid, match=r"23 slots at most.*until 2013-07-10T22:00"):
            found("2013-07-10", "2013-07-10", schedule("0 * * * *"), most=23)

    def test_a_range_of_seconds_without_end_is_refused_at_once(self) -> None:
        with pytest.raises(RangeInvalid, match="10,000 slots at most"):
            found("1970-01-01", "2026-01-01", schedule("@every 1s"))

    def test_the_newest_come_first_when_that_is_asked_for(self) -> None:
        each = slots([schedule("@daily")], span("2013-07-10", "2013-07-12", UTC))
        assert [slot.instant.day for slot in in_order(each, "newest")] == [12, 11, 10]
        assert in_order(each, "oldest") == each

    @settings(max_examples=40, deadline=None)
    @given(
        crons=st.lists(
            st.sampled_from(["*/7 * * * *", "5,35 3-6 * * 1-5", "0 0 1 * *", "@hourly"]),
            min_size=1,
            max_size=3,
        ),
        start=st.integers(0, 364 * 1440),
        minutes=st.integers(0, 3000),
    )
    def test_the_slots_are_the_minutes_that_any_schedule_names(
        self, crons: list[str], start: int, minutes: int
    ) -> None:
        since = datetime(2013, 1, 1, tzinfo=UTC) + start * MINUTE
        until = since + minutes * MINUTE
        each = [Cron.parse(cron) for cron in crons]
        named = [
            moment
            for moment in (since + count * MINUTE for count in range(minutes + 1))
            if any(cron.matches(moment) for cron in each)
        ]
        told = slots([schedule(cron) for cron in crons], Span(since, until))
        assert [slot.instant for slot in told] == named

    @settings(max_examples=40, deadline=None)
    @given(
        cron=st.sampled_from(["0 2 * * *", "30 1 * * *", "15 * * * *", "@every 5h", "0 0 * * *"]),
        zone=st.sampled_from(
            ["America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Casablanca"]
        ),
        parts=st.tuples(*(st.integers(0, 400) for _ in range(3))).map(sorted),
    )
    def test_a_range_in_parts_has_the_slots_of_the_whole(
        self, cron: str, zone: str, parts: list[int]
    ) -> None:
        begin = datetime(2013, 1, 1, tzinfo=UTC)
        first, middle, last = (begin + timedelta(hours=17 * part) for part in parts)
        moment = timedelta(milliseconds=1)
        each = [schedule(cron, zone)]
        whole = slots(each, Span(first, last))
        assert whole == [
            *slots(each, Span(first, middle)),
            *slots(each, Span(middle + moment, max(last, middle + moment))),
        ]


def run(status: str, number: int = 1) -> SlotRun:
    return SlotRun(f"r{number}", status)


RUNS = st.lists(
    st.builds(SlotRun, st.sampled_from("abc"), st.sampled_from(RUN_STATUSES)),
    max_size=4,
)


class TestChoice:
    @pytest.mark.parametrize(
        ("which", "statuses", "chosen"),
        [
            ("missing", [], True),
            ("missing", ["failed"], False),
            ("missing", ["succeeded"], False),
            ("failed", [], False),
            ("failed", ["failed"], True),
            ("failed", ["cancelled"], True),
            ("failed", ["failed", "succeeded"], False),
            ("failed", ["succeeded", "failed"], True),
            ("failed", ["skipped"], False),
            ("all", [], True),
            ("all", ["succeeded"], True),
            ("all", ["running"], False),
            ("all", ["queued"], False),
            ("failed", ["running", "failed"], False),
        ],
    )
    def test_what_the_last_run_is_decides(
        self, which: str, statuses: list[str], chosen: bool
    ) -> None:
        runs = [run(status, number) for number, status in enumerate(statuses)]
        assert (objection(which, runs, waits=False) is None) is chosen

    @pytest.mark.parametrize(
        ("which", "runs", "told"),
        [
            ("missing", [run("succeeded")], "run r1 succeeded"),
            ("missing", [run("cancelled")], "run r1 was cancelled"),
            ("failed", [run("skipped")], "run r1 had nothing to do"),
            ("failed", [], r"it has no run yet \(--missing runs it\)"),
            ("all", [run("running", 7), run("failed", 8)], "run r7 is running"),
        ],
    )
    def test_the_reason_names_the_run(self, which: str, runs: list[SlotRun], told: str) -> None:
        reason = objection(which, runs, waits=False)
        assert reason is not None
        assert reason.replace("(", r"\(").replace(")", r"\)") == told

    def test_a_slot_that_waits_on_the_schedule_is_left_to_it(self) -> None:
        for which in WHICH:
            assert objection(which, [], waits=True) == "it waits for its turn on the schedule"

    def test_what_was_run_since_the_backfill_began_is_not_run_again(self) -> None:
        for which in ("all", "failed"):
            assert objection(which, [run("failed")], waits=False, known=1) is None
            told = objection(which, [run("failed")], waits=False, known=0)
            assert told == "run r1 failed since the backfill began"

    @given(
        which=st.sampled_from(WHICH),
        order=st.sampled_from(ORDERS),
        runs=st.dictionaries(st.integers(0, 9), RUNS),
        waiting=st.frozensets(st.integers(0, 9)),
    )
    def test_the_choice_is_the_obvious_one(
        self, which: str, order: str, runs: dict[int, list[SlotRun]], waiting: frozenset[int]
    ) -> None:
        days = [Slot(schedule("@daily"), datetime(2013, 7, 1 + n, tzinfo=UTC)) for n in range(10)]
        at = [unix_ms(day.instant) for day in days]
        by_slot = {at[number]: each for number, each in runs.items()}
        told = choose(which, in_order(days, order), by_slot, {at[number] for number in waiting})

        wanted = set()
        for number in range(10):
            statuses = [each.status for each in runs.get(number, [])]
            if number in waiting or {"queued", "running"} & set(statuses):
                continue
            last = statuses[-1] if statuses else None
            fits = {
                "missing": last is None,
                "failed": last in ("failed", "cancelled"),
                "all": True,
            }
            if fits[which]:
                wanted.add(days[number].instant)
        assert {each.slot.instant for each in told if each.objection is None} == wanted
        instants = [each.slot.instant for each in told]
        assert instants == sorted(instants, reverse=order == "newest")


def test_a_moment_of_any_offset_is_the_same_moment() -> None:
    far = timezone(timedelta(hours=-9, minutes=-30))
    told = datetime(2013, 7, 10, 2, tzinfo=far).isoformat()
    assert span(told, told, NEW_YORK).since == datetime(2013, 7, 10, 11, 30, tzinfo=UTC)
