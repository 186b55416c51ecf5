"""What becomes of slots that are missed, that overlap, and that jitter delays."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.shops import Shop, Story, Tell
from trainautod.runtime import scheduler
from trainautod.runtime.catalog import Entry
from trainautod.runtime.submission import RunRequest, Source
from trainautod.runtime.timetable import Row

MINUTE = timedelta(minutes=1)
NOON = datetime(2013, 7, 10, 12, tzinfo=UTC)
DAYS = ["11 02:00", "12 02:00", "13 02:00"]
WAKING = datetime(2013, 7, 13, 8, 30, tzinfo=UTC)


async def asleep(shop: Shop) -> None:
    await shop.sleep_until(WAKING)


async def down(shop: Shop) -> None:
    await shop.stop()
    shop.clock.set(WAKING)
    await shop.start()


async def killed_and_edited(shop: Shop) -> None:
    """What the schedule is called is all that an edit must not change."""
    await shop.stop()
    shop.clock.set(WAKING - MINUTE)
    shop.path.write_text(shop.path.read_text().replace("version 1", "edited while down"))
    shop.clock.set(WAKING)
    await shop.start()


@pytest.mark.parametrize("away", [asleep, down, killed_and_edited])
@pytest.mark.parametrize(
    ("catchup", "fired", "counts"),
    [("latest", DAYS[2:], [2]), ("all", DAYS, []), ("none", [], [3])],
)
def test_three_days_away(
    tell: Tell, away: Story, catchup: str, fired: list[str], counts: list[int]
) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 2 * * *", catchup=catchup, catchup_window="1w")
        await away(shop)
        await shop.until(lambda: list(shop.states().values()) == ["fired"] * len(fired))

    shop = tell(NOON, story)

    assert list(shop.states()) == fired
    assert len(shop.fired()) == len(fired)
    assert [each["count"] for each in shop.told("slot_skipped")] == counts
    assert all(catchup in each["reason"] for each in shop.told("slot_skipped"))
    ended = shop.ask("SELECT ended_ms FROM runs ORDER BY scheduled_ms")
    began = shop.ask("SELECT submitted_ms FROM runs ORDER BY scheduled_ms")
    assert all(after >= before for (before,), (after,) in zip(ended, began[1:], strict=False))


def test_what_is_missed_beyond_the_window_is_told(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 2 * * *", catchup_window="2h")
        await shop.sleep_until(WAKING)

    shop = tell(NOON, story)

    assert shop.fired() == []
    (told,) = shop.told("slot_skipped")
    assert told["count"] == 3
    assert (told["first"], told["last"]) == (
        "2013-07-11T02:00:00+00:00",
        "2013-07-13T02:00:00+00:00",
    )
    assert told["reason"] == "missed longer ago than catchup_window, 2h"


def test_a_late_run_says_so_in_its_trigger(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 2 * * *")
        await shop.sleep_until(WAKING)

    shop = tell(NOON, story)

    ((trigger,),) = shop.ask("SELECT trigger FROM runs")
    assert '"slot": "2013-07-13T02:00:00+00:00"' in trigger
    assert '"cause": "schedule 0 2 * * *, 6h30m late"' in trigger
    assert shop.told("slot_fired")[0]["reason"] == "6h30m late"


def test_a_schedule_that_was_away_makes_up_for_nothing_when_it_is_back(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 * * * *", catchup="all")
        await shop.schedule("30 2 * * *")
        await shop.clock.advance(timedelta(hours=3))
        await shop.schedule("0 * * * *", catchup="all")
        await shop.clock.advance(timedelta(minutes=30))

    shop = tell(NOON + 30 * MINUTE, story)

    assert [slot.hour for slot in shop.fired()] == [16]


def hourly(overlap: str, story: Story) -> Story:
    async def told(shop: Shop) -> None:
        await shop.stop()
        shop.occupied = True
        await shop.start()
        await shop.schedule("0 * * * *", overlap=overlap)
        await shop.clock.advance_to(NOON + timedelta(hours=3, minutes=1))
        await story(shop)

    return told


def test_skip_claims_the_slot_and_names_the_run(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        ((_, run_id),) = shop.slots()
        told = [each["reason"] for each in shop.told("slot_skipped")]
        assert told == [f"run {run_id} has not ended"] * 2
        await shop.end_run(13)
        await shop.until(lambda: shop.ask("SELECT 1 FROM runs WHERE status = 'cancelled'"))
        await shop.clock.advance(timedelta(hours=1))
        await shop.until(lambda: len(shop.slots()) == 2)

    shop = tell(NOON + 30 * MINUTE, hourly("skip", story))

    assert shop.states() == {
        "10 13:00": "fired",
        "10 14:00": "skipped",
        "10 15:00": "skipped",
        "10 16:00": "fired",
    }


def test_queue_fires_each_when_the_one_before_has_ended_also_over_restarts(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        assert list(shop.states().values()) == ["fired", "queued", "queued"]
        await shop.stop()
        await shop.start()
        assert list(shop.states().values()) == ["fired", "queued", "queued"]
        await shop.end_run(13)
        await shop.until(lambda: shop.states()["10 14:00"] == "fired")
        await shop.clock.settle()
        assert shop.states()["10 15:00"] == "queued"
        await shop.end_run(14)
        await shop.until(lambda: shop.states()["10 15:00"] == "fired")

    shop = tell(NOON + 30 * MINUTE, hourly("queue", story))

    assert [slot.hour for slot in shop.fired()] == [13, 14, 15]
    assert [each["slot"][11:16] for each in shop.told("slot_queued")] == ["14:00", "15:00"]


def test_cancel_running_ends_the_run_before(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.until(lambda: list(shop.states().values()) == ["fired"] * 3)
        await shop.until(
            lambda: len(shop.ask("SELECT 1 FROM runs WHERE status = 'cancelled'")) == 2
        )

    shop = tell(NOON + 30 * MINUTE, hourly("cancel_running", story))

    assert [slot.hour for slot in shop.fired()] == [13, 14, 15]
    asked = shop.ask("SELECT count(*) FROM events WHERE kind = 'cancel_requested'")
    assert asked == [(2,)]


def test_slots_that_wait_go_with_their_schedule_and_with_their_pipeline(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("30 3 * * *")
        await shop.until(lambda: "queued" not in shop.states().values())
        await shop.daemon.catalog.remove("nightly")
        await shop.clock.settle()

    shop = tell(NOON + 30 * MINUTE, hourly("queue", story))

    assert list(shop.states().values()) == ["fired", "skipped", "skipped"]
    assert {each["reason"] for each in shop.told("slot_skipped")} == {
        "its schedule is no longer in the file"
    }
    assert shop.ask("SELECT * FROM schedules") == []


def test_a_run_by_hand_holds_up_no_slot(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.stop()
        shop.occupied = True
        await shop.start()
        await shop.schedule("0 * * * *")
        source = shop.daemon.catalog.get("nightly").source
        await shop.daemon.runs.submit(source, RunRequest())
        await shop.clock.advance(timedelta(hours=1))

    shop = tell(NOON + 30 * MINUTE, story)

    assert shop.states() == {"10 13:00": "fired"}


def test_jitter_delays_a_run_and_shows_when_it_comes(tell: Tell) -> None:
    shown: list[datetime] = []

    async def story(shop: Shop) -> None:
        await shop.schedule("0 * * * *", jitter="50m")
        entry = shop.daemon.catalog.get("nightly")
        ((_, fires),) = shop.daemon.scheduler.next_fires(entry)
        assert fires is not None
        await shop.clock.advance_to(fires - timedelta(seconds=1))
        assert shop.slots() == []
        await shop.stop()
        await shop.start()
        await shop.clock.advance(timedelta(seconds=2))
        shown.append(fires)

    shop = tell(NOON + 30 * MINUTE, story)

    (slot,) = shop.fired()
    assert slot == NOON + timedelta(hours=1)
    assert slot < shown[0] < slot + 50 * MINUTE


def test_one_pipeline_that_fails_keeps_no_other_waiting(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 * * * *")
        other = shop.path.with_name("other.yaml")
        other.write_text(shop.path.read_text().replace("name: nightly", "name: broken"))
        await shop.daemon.catalog.add(other)
        firing = shop.daemon.scheduler._firing
        attend = firing.attend

        async def failing(entry: Entry[Source], rows: Sequence[Row], now: datetime) -> None:
            if entry.name == "broken":
                raise RuntimeError("a defect")
            await attend(entry, rows, now)

        monkeypatch.setattr(firing, "attend", failing)
        await shop.clock.advance(timedelta(hours=2))

    shop = tell(NOON + 30 * MINUTE, story)

    assert [slot.hour for slot in shop.fired()] == [13, 14]


def test_one_pipeline_whose_files_do_not_answer_keeps_no_other_waiting(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(shop: Shop) -> None:
        monkeypatch.setattr(scheduler, "STUCK_S", 1.0)
        await shop.schedule("0 * * * *")
        other = shop.path.with_name("other.yaml")
        other.write_text(shop.path.read_text().replace("name: nightly", "name: lost"))
        await shop.daemon.catalog.add(other)
        firing, answers = shop.daemon.scheduler._firing, asyncio.Event()
        attend = firing.attend

        async def halting(entry: Entry[Source], rows: Sequence[Row], now: datetime) -> None:
            if entry.name == "lost":
                await answers.wait()
            await attend(entry, rows, now)

        monkeypatch.setattr(firing, "attend", halting)
        await shop.clock.advance(timedelta(hours=2))
        assert [slot.hour for slot in shop.fired()] == [13, 14]
        answers.set()
        claimed = "SELECT count(*) FROM slots WHERE pipeline = 'lost'"
        await shop.until(lambda: shop.ask(claimed) == [(2,)])  # no time passes before that

    tell(NOON + 30 * MINUTE, story)

    stuck = [r for r in caplog.records if r.getMessage() == "not done yet: slots of lost"]
    assert len(stuck) == 1, "it is waited for once, not whenever anything is due"
