"""What becomes of slots that were missed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainautod.spec.cron import timing
from trainautod.spec.triggers import Schedule
from trainautod.triggers import catchup
from trainautod.triggers.catchup import MISSED_MS, Decision, Line, decide, starts, unix_ms
from trainautod.triggers.cron import fires

NIGHT = datetime(2013, 7, 10, 2, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def schedule(cron: str = "0 2 * * *", **keys: object) -> Schedule:
    return Schedule.model_validate({"cron": cron, "timezone": "UTC", **keys})


def told(decision: Decision) -> list[tuple[int, datetime, datetime]]:
    return [(each.count, each.first, each.last) for each in decision.skipped]


def due(decision: Decision) -> list[datetime]:
    return [slot.instant for slot in decision.due]


def waiting(decision: Decision) -> list[datetime]:
    return [slot.instant for slot in decision.waiting]


def one(schedule: Schedule, seen: datetime, now: datetime, *claimed: datetime) -> Decision:
    return decide("p", [Line(schedule, seen)], frozenset(map(unix_ms, claimed)), now)


class TestAsleepForThreeDays:
    """Slots at 02:00 of the 11th, 12th and 13th were missed; it is half past eight on the 13th."""

    seen = NIGHT
    now = NIGHT + 3 * DAY + 6.5 * HOUR

    def test_latest_fires_one(self) -> None:
        found = one(schedule(catchup_window="1w"), self.seen, self.now)
        assert due(found) == [NIGHT + 3 * DAY]
        assert told(found) == [(2, NIGHT + DAY, NIGHT + 2 * DAY)]
        assert "latest" in found.skipped[0].reason

    def test_all_fires_each_in_its_turn(self) -> None:
        found = one(schedule(catchup="all", catchup_window="1w"), self.seen, self.now)
        assert waiting(found) == [NIGHT + n * DAY for n in (1, 2, 3)]
        assert (due(found), told(found)) == ([], [])

    def test_none_fires_none(self) -> None:
        found = one(schedule(catchup="none", catchup_window="1w"), self.seen, self.now)
        assert (due(found), waiting(found)) == ([], [])
        assert told(found) == [(3, NIGHT + DAY, NIGHT + 3 * DAY)]
        assert "none" in found.skipped[0].reason

    @pytest.mark.parametrize("choice", ["latest", "all"])
    def test_what_is_older_than_the_window_is_told_as_that(self, choice: str) -> None:
        found = one(schedule(catchup=choice, catchup_window="1d"), self.seen, self.now)
        assert due(found) + waiting(found) == [NIGHT + 3 * DAY]
        assert told(found) == [(2, NIGHT + DAY, NIGHT + 2 * DAY)]
        assert found.skipped[0].reason == "missed longer ago than catchup_window, 1d"

    def test_several_schedules_make_up_for_one_slot_of_the_pipeline(self) -> None:
        lines = [
            Line(schedule(catchup_window="1w"), self.seen),
            Line(schedule("0 4 * * *", catchup_window="1w"), self.seen),
            Line(schedule("0 5 * * *", catchup="none"), self.seen),
        ]
        found = decide("p", lines, frozenset(), self.now)
        assert due(found) == [NIGHT + 3 * DAY + 2 * HOUR]
        assert [each.count for each in found.skipped] == [3, 3, 3, 1]


def test_a_slot_within_the_minute_is_not_missed() -> None:
    late = timedelta(milliseconds=MISSED_MS)
    never = schedule(catchup="none")
    assert due(one(never, NIGHT - HOUR, NIGHT + late)) == [NIGHT]
    assert due(one(never, NIGHT - HOUR, NIGHT + late + timedelta(milliseconds=1))) == []


def test_a_slot_in_time_runs_instead_of_those_that_were_missed() -> None:
    found = one(schedule("0 * * * *"), NIGHT, NIGHT + 5 * HOUR)
    assert due(found) == [NIGHT + 5 * HOUR]
    assert told(found) == [(4, NIGHT + HOUR, NIGHT + 4 * HOUR)]


@pytest.mark.parametrize("late_s", [0, 12, 19])
def test_of_slots_seconds_apart_that_are_due_at_once_the_latest_fires(late_s: int) -> None:
    """However short ago they came: the older ones would hold up the newest."""
    often, now = schedule("@every 20s"), NIGHT + timedelta(seconds=80 + late_s)
    found = one(often, NIGHT, now)
    assert due(found) == [NIGHT + timedelta(seconds=80)]
    assert told(found) == [(3, NIGHT + timedelta(seconds=20), NIGHT + timedelta(seconds=60))]
    assert found.skipped[0].reason.endswith("only the latest is made up for (catchup: latest)")


@pytest.mark.parametrize("choice", ["all", "none"])
def test_otherwise_each_slot_within_the_minute_fires(choice: str) -> None:
    found = one(schedule("@every 20s", catchup=choice), NIGHT, NIGHT + timedelta(seconds=90))
    assert due(found) == [NIGHT + timedelta(seconds=n) for n in (40, 60, 80)]


def test_a_latest_slot_that_was_claimed_is_not_replaced_by_an_earlier_one() -> None:
    found = one(schedule("0 * * * *"), NIGHT, NIGHT + 3.5 * HOUR, NIGHT + 3 * HOUR)
    assert due(found) == []
    assert told(found) == [(2, NIGHT + HOUR, NIGHT + 2 * HOUR)]
    assert found.seen == (NIGHT + 3 * HOUR,)


def test_two_schedules_that_name_one_instant_fire_it_once() -> None:
    lines = [Line(schedule(), NIGHT - HOUR), Line(schedule("0 */2 * * *"), NIGHT - HOUR)]
    found = decide("p", lines, frozenset(), NIGHT)
    assert [(slot.instant, slot.schedule.cron) for slot in found.due] == [(NIGHT, "0 2 * * *")]


def test_no_more_are_made_up_for_than_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catchup, "MOST_MADE_UP", 10)
    found = one(schedule("* * * * *", catchup="all"), NIGHT, NIGHT + HOUR + timedelta(seconds=30))
    minute = timedelta(minutes=1)
    assert waiting(found) == [NIGHT + n * minute for n in range(50, 60)]
    assert due(found) == [NIGHT + 60 * minute]
    assert told(found) == [(49, NIGHT + minute, NIGHT + 49 * minute)]


def test_a_month_of_minutes_is_counted() -> None:
    found = one(schedule("* * * * *"), NIGHT, NIGHT + 30 * DAY + timedelta(minutes=2, seconds=30))
    assert len(found.due) == 1
    assert sum(each.count for each in found.skipped) == 30 * 24 * 60 + 1


def test_jitter_delays_the_start_and_not_the_slot() -> None:
    late = schedule(jitter="30m")
    begins = starts("p", Line(late, NIGHT - HOUR))
    assert begins is not None
    assert NIGHT < begins < NIGHT + HOUR / 2
    moment = timedelta(milliseconds=1)
    before, then = one(late, NIGHT - HOUR, begins - moment), one(late, NIGHT - HOUR, begins)
    assert (due(before), told(before), before.seen) == ([], [], (NIGHT - HOUR,))
    assert due(then) == [NIGHT]


def test_jitter_longer_than_the_interval_keeps_the_order() -> None:
    often = schedule("* * * * *", jitter="10m")
    seen, now, fired = NIGHT, NIGHT, []
    while now < NIGHT + HOUR:
        found = one(often, seen, now)
        assert not found.skipped
        fired += due(found)
        seen = fired[-1] if found.due else found.seen[0]
        begins = starts("p", Line(often, seen))
        assert begins is not None
        now = max(now, begins)
    assert fired == [NIGHT + timedelta(minutes=n + 1) for n in range(len(fired))]
    assert len(fired) >= 49


@given(
    st.sampled_from(["latest", "all", "none"]),
    st.sampled_from(["*/7 * * * *", "0 */3 * * *", "@every 45m"]),
    st.integers(0, 4000),
    st.sets(st.integers(0, 4000), max_size=40),
    st.sampled_from(["0s", "2m", "3h"]),
)
def test_each_slot_that_has_come_is_dealt_with_once(
    choice: str, cron: str, minutes: int, claimed: set[int], jitter: str
) -> None:
    chosen = schedule(cron, catchup=choice, catchup_window="1d", jitter=jitter)
    minute = timedelta(minutes=1)
    taken = frozenset(unix_ms(NIGHT + n * minute) for n in claimed)
    now = NIGHT + minutes * minute
    found = decide("p", [Line(chosen, NIGHT)], taken, now)
    fired = {*map(unix_ms, due(found)), *map(unix_ms, waiting(found))}
    assert len(fired) == len(found.due) + len(found.waiting)
    assert not fired & taken
    last = max(found.seen[0], *due(found), key=unix_ms) if found.due else found.seen[0]
    every = {unix_ms(slot) for slot in fires(timing(cron), UTC, NIGHT, last)} - taken
    assert len(fired) + sum(each.count for each in found.skipped) == len(every)
    assert fired <= every
