"""Cron schedules: each slot fires exactly once, whatever happens to daemon, file and clock."""

import asyncio
import contextlib
import itertools
import os
import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.clocks import VirtualClock
from tests.support.daemons import LiveDaemon
from tests.support.shops import Shop, Tell
from tests.support.waiting import wait_until
from trainautod.artifacts.errors import FileKeepsChanging
from trainautod.artifacts.objects import ObjectStore, StoredObject
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.machine import Config
from trainautod.runtime.runs import Runs
from trainautod.runtime.scheduler import Scheduler
from trainautod.runtime.slots import Capacity

NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)


def at(text: str, zone: Any = UTC) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def test_every_slot_fires_once_at_its_time(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("*/15 * * * *", "UTC")
        await shop.clock.advance(timedelta(hours=2))

    shop = tell(at("2013-07-10T00:00:30"), story)

    first = at("2013-07-10T00:15")
    assert shop.fired() == [first + n * 15 * MINUTE for n in range(8)]


def test_a_schedule_registered_in_its_own_minute_waits_for_the_next(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("* * * * *", "UTC")
        assert shop.fired() == []
        await shop.clock.advance(MINUTE)

    shop = tell(at("2013-07-10T10:00:00"), story)

    assert shop.fired() == [at("2013-07-10T10:01")]


def test_scheduled_time_is_told_in_the_zone_of_the_pipeline(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 2 * * *", "America/New_York")
        await shop.clock.advance_to(at("2013-07-10T06:00"))

    shop = tell(at("2013-07-10T05:50"), story)

    with contextlib.closing(sqlite3.connect(shop.home / "store.db")) as store:
        ((when,),) = store.execute("SELECT scheduled_time FROM runs").fetchall()
    assert when == "2013-07-10T02:00:00-04:00"


def test_the_event_of_a_slot_names_its_run_and_zone(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 2 * * *", "America/New_York")
        await shop.clock.advance_to(at("2013-07-10T06:00"))

    shop = tell(at("2013-07-10T05:50"), story)

    with contextlib.closing(sqlite3.connect(shop.home / "store.db")) as store:
        rows = store.execute("SELECT run_id, pipeline, data FROM events WHERE kind = 'slot_fired'")
        ((run_id, pipeline, data),) = rows.fetchall()
    assert (run_id, pipeline) == (*shop.runs(), "nightly")
    assert '"slot":"2013-07-10T02:00:00-04:00"' in data


def test_several_schedules_of_a_pipeline_each_fire(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        shop.path.write_text(
            "name: nightly\nschedule:\n"
            "  - {cron: '0 * * * *', timezone: UTC}\n"
            "  - {cron: '30 */2 * * *', timezone: UTC}\n"
            "steps: [{id: a, when: 1 == 2, run: ':'}]\n"
        )
        await shop.daemon.catalog.add(shop.path)
        await shop.clock.advance(timedelta(hours=3))

    shop = tell(at("2013-07-10T00:10"), story)

    assert [slot.strftime("%H:%M") for slot in shop.fired()] == [
        "00:30",
        "01:00",
        "02:00",
        "02:30",
        "03:00",
    ]


def test_a_restart_neither_repeats_nor_loses_a_slot(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("*/10 * * * *", "UTC")
        for _ in range(6):
            await shop.clock.advance(5 * MINUTE)
            await shop.stop()
            await shop.start()

    shop = tell(at("2013-07-10T00:02"), story)

    first = at("2013-07-10T00:10")
    assert shop.fired() == [first + n * 10 * MINUTE for n in range(3)]


def test_a_restart_within_the_minute_of_a_slot_does_not_fire_it_again(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 * * * *", "UTC")
        await shop.clock.advance_to(at("2013-07-10T01:00"))
        await shop.stop()
        shop.clock.set(at("2013-07-10T00:59:59.900000"))
        await shop.start()
        await shop.clock.advance(MINUTE)

    shop = tell(at("2013-07-10T00:30"), story)

    assert shop.fired() == [at("2013-07-10T01:00")]


def test_two_edits_neither_repeat_nor_lose_a_slot(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        for _ in range(3):
            await shop.schedule("*/10 * * * *", "UTC")
            await shop.clock.advance(10 * MINUTE)

    shop = tell(at("2013-07-10T00:02"), story)

    assert [slot.minute for slot in shop.fired()] == [10, 20, 30]


def test_an_edited_schedule_counts_from_the_edit(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 * * * *", "UTC")
        await shop.clock.advance_to(at("2013-07-10T00:50"))
        await shop.schedule("55 * * * *", "UTC")
        await shop.clock.advance_to(at("2013-07-10T02:00"))

    shop = tell(at("2013-07-10T00:30"), story)

    assert [slot.strftime("%H:%M") for slot in shop.fired()] == ["00:55", "01:55"]


def test_a_broken_edit_keeps_the_schedule(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 * * * *", "UTC")
        shop.path.write_text("schedule: [")
        await shop.daemon.catalog.rescan()
        assert shop.daemon.catalog.get("nightly").problems
        await shop.clock.advance(timedelta(hours=1))

    shop = tell(at("2013-07-10T00:30"), story)

    assert shop.fired() == [at("2013-07-10T01:00")]


def test_a_removed_pipeline_fires_no_more(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 * * * *", "UTC")
        await shop.clock.advance(timedelta(hours=1))
        await shop.daemon.catalog.remove("nightly")
        await shop.clock.advance(timedelta(hours=2))

    shop = tell(at("2013-07-10T00:30"), story)

    assert shop.fired() == [at("2013-07-10T01:00")]


def test_a_clock_set_back_repeats_no_slot(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("*/10 * * * *", "UTC")
        await shop.clock.advance(timedelta(minutes=35))
        shop.clock.set(shop.clock.now - timedelta(minutes=25))
        await shop.clock.advance(timedelta(minutes=45))

    shop = tell(at("2013-07-10T00:02"), story)

    assert [slot.minute for slot in shop.fired()] == [10, 20, 30, 40, 50]


def test_a_clock_that_was_a_year_ahead_for_a_moment_stops_nothing(tell: Tell) -> None:
    """As when a machine starts with a wrong time, and the time server corrects it."""

    async def story(shop: Shop) -> None:
        right = shop.clock.now
        shop.clock.set(right + timedelta(days=365))
        await shop.schedule("*/10 * * * *", "UTC")
        await shop.clock.advance(MINUTE)
        shop.clock.set(right + MINUTE)
        await shop.clock.advance(timedelta(minutes=20))

    shop = tell(at("2013-07-10T00:02"), story)

    assert shop.fired() == [at("2013-07-10T00:10"), at("2013-07-10T00:20")]


def test_after_a_suspend_the_latest_missed_slot_fires_once(tell: Tell) -> None:
    """Those before it are not made up; the next is on time."""

    async def story(shop: Shop) -> None:
        await shop.schedule("0 * * * *", "UTC")
        shop.clock.set(at("2013-07-10T05:20"))
        await shop.clock.advance_to(at("2013-07-10T06:10"))

    shop = tell(at("2013-07-10T00:30"), story)

    assert [slot.hour for slot in shop.fired()] == [5, 6]


def test_a_suspend_is_noticed_soon(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 3 * * *", "UTC")
        shop.clock.set(at("2013-07-10T09:00"))
        await shop.clock.advance(timedelta(seconds=15))

    shop = tell(at("2013-07-10T00:30"), story)

    assert shop.fired() == [at("2013-07-10T03:00")]


@pytest.mark.parametrize("seed", range(2))
def test_no_slot_is_lost_or_repeated_in_any_order_of_events(tell: Tell, seed: int) -> None:
    """Time, restarts, edits and set clocks at random; what must fire is known from the clock."""
    rng = random.Random(seed)
    expected: set[datetime] = set()

    def pass_slots(start: datetime, end: datetime) -> None:
        slot = next_tenth(start)
        while slot <= end:
            expected.add(slot)
            slot += 10 * MINUTE

    async def story(shop: Shop) -> None:
        await shop.schedule("*/10 * * * *", "UTC")
        for _ in range(60):
            now = shop.clock.now
            match rng.choice(("elapse", "elapse", "restart", "edit", "back", "ahead")):
                case "elapse":
                    await shop.clock.advance(rng.randrange(1, 40) * MINUTE)
                    pass_slots(now, shop.clock.now)
                case "restart":
                    await shop.stop()
                    await shop.start()
                case "edit":
                    await shop.schedule("*/10 * * * *", "UTC")
                case "back":
                    shop.clock.set(now - rng.randrange(1, 100) * MINUTE)
                    await shop.clock.advance(timedelta(seconds=20))
                case _:
                    shop.clock.set(now + rng.randrange(1, 100) * MINUTE)
                    if next_tenth(now) <= shop.clock.now:
                        expected.add(next_tenth(shop.clock.now) - 10 * MINUTE)
                    await shop.clock.advance(timedelta(seconds=20))
            to_the_half_minute(shop)

    shop = tell(at("2013-07-10T00:02:30"), story)

    assert shop.fired() == sorted(expected), f"seed {seed}"
    assert len(expected) > 10


def next_tenth(moment: datetime) -> datetime:
    """Return the first full ten minutes later than ``moment``."""
    floor = moment.replace(minute=moment.minute // 10 * 10, second=0, microsecond=0)
    return floor + 10 * MINUTE


def to_the_half_minute(shop: Shop) -> None:
    """Undo the seconds that noticing took, so that no slot comes between two events."""
    shop.clock.set(shop.clock.now.replace(second=30, microsecond=0))


def test_a_nightly_slot_in_the_hour_that_is_left_out_fires_once(tell: Tell) -> None:
    """2013-03-10, 02:00 becomes 03:00 in New York."""

    async def story(shop: Shop) -> None:
        await shop.schedule("30 2 * * *", "America/New_York")
        await shop.nights(3)

    shop = tell(at("2013-03-09T00:00", NEW_YORK), story)

    local = [slot.astimezone(NEW_YORK).isoformat() for slot in shop.fired()]
    assert local == [
        "2013-03-09T02:30:00-05:00",
        "2013-03-10T03:00:00-04:00",
        "2013-03-11T02:30:00-04:00",
    ]


def test_a_nightly_slot_in_the_hour_that_happens_twice_fires_once(tell: Tell) -> None:
    """2013-11-03, 02:00 becomes 01:00 in New York."""

    async def story(shop: Shop) -> None:
        await shop.schedule("30 1 * * *", "America/New_York")
        await shop.nights(3)

    shop = tell(at("2013-11-02T00:00", NEW_YORK), story)

    local = [slot.astimezone(NEW_YORK).isoformat() for slot in shop.fired()]
    assert local == [
        "2013-11-02T01:30:00-04:00",
        "2013-11-03T01:30:00-04:00",
        "2013-11-04T01:30:00-05:00",
    ]


@pytest.mark.parametrize(("day", "hours"), [("2013-03-10", 5), ("2013-11-03", 7)])
def test_an_hourly_schedule_fires_every_hour_while_clocks_change(
    tell: Tell, day: str, hours: int
) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 * * * *", "America/New_York")
        await shop.clock.advance_to(at(f"{day}T05:00", NEW_YORK))

    shop = tell(at(f"{day}T00:00", NEW_YORK) - timedelta(seconds=1), story)

    fired = shop.fired()
    assert len(fired) == hours
    assert {later - earlier for earlier, later in itertools.pairwise(fired)} == {timedelta(hours=1)}


def test_restarts_on_the_day_that_clocks_change_repeat_nothing(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("*/30 1-3 * * *", "Europe/Berlin")
        for _ in range(20):
            await shop.clock.advance(20 * MINUTE)
            await shop.stop()
            await shop.start()

    shop = tell(at("2013-10-27T00:05", BERLIN), story)

    fired = shop.fired()
    assert len(set(fired)) == len(fired)
    walls = [slot.astimezone(BERLIN).strftime("%H:%M") for slot in fired]
    assert walls == ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]


def test_a_slot_whose_run_cannot_be_stored_now_is_tried_again(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(shop: Shop) -> None:
        await shop.schedule("0 * * * *", "UTC")
        objects = shop.home / "objects"
        objects.rename(shop.home / "away")
        objects.write_text("no folder can be made where a file is")
        await shop.clock.advance(timedelta(minutes=31))
        assert shop.fired() == []
        objects.unlink()
        (shop.home / "away").rename(objects)
        await shop.clock.advance(MINUTE)

    shop = tell(at("2013-07-10T00:30"), story)

    assert shop.fired() == [at("2013-07-10T01:00")]


class Restless(ObjectStore):
    """A store of files that others keep writing to."""

    def put_file(self, path: str | os.PathLike[str], link: bool = True) -> StoredObject:
        raise FileKeepsChanging(os.fspath(path))


def test_a_slot_that_is_refused_is_told(tell: Tell) -> None:
    async def story(shop: Shop) -> None:
        await shop.stop()
        shop.clock = VirtualClock(shop.clock.now)
        config = Config(Capacity(cpus=2, memory_bytes=1 << 30))
        shop.daemon = parts = Daemon(shop.home, config, shop.clock, shop.clock.now_ms())
        restless = Restless(parts.objects.root, parts.objects.digester)
        runs = Runs(parts.store, restless, parts.conductor, shop.clock, 1)
        scheduler = Scheduler(parts.catalog, runs, parts.store, parts.hub, shop.clock)
        shop._running = asyncio.create_task(scheduler.run())
        await shop.clock.settle()
        await shop.schedule("0 * * * *", "UTC")
        with parts.hub.listen() as heard:
            await shop.clock.advance(timedelta(minutes=31))
            told.append(await heard.get())

    told: list[Any] = []
    shop = tell(at("2013-07-10T00:30"), story)

    (event,) = told
    assert (event["kind"], event["pipeline"]) == ("slot_refused", "nightly")
    assert event["data"]["slot"] == "2013-07-10T01:00:00+00:00"
    assert "step.sh" in event["data"]["reason"]
    assert shop.fired() == []


@pytest.mark.slow
def test_a_running_daemon_shows_what_fires_next(daemon: LiveDaemon, tmp_path: Path) -> None:
    path = tmp_path / "nightly.yaml"
    path.write_text(
        "name: shown-schedule\nsteps: [{id: a, run: 'true'}]\n"
        "schedule:\n"
        "  - {cron: '0 2 * * *', timezone: America/New_York}\n"
        "  - {cron: '@yearly', timezone: America/New_York}\n"
    )
    daemon.client.add_pipeline(str(path))
    told: Any = wait_until(lambda: daemon.client.pipeline("shown-schedule"), "the pipeline")
    daemon.client.remove_pipeline("shown-schedule")

    fires = datetime.fromisoformat(told["next_fire"])
    now = datetime.now(UTC)
    nightly, yearly = told["schedules"]
    policies = {"catchup": "latest", "catchup_window_s": 86_400.0, "overlap": "skip"}
    assert nightly == {
        "cron": "0 2 * * *",
        "timezone": "America/New_York",
        **policies,
        "jitter_s": 0.0,
        "next_fire": told["next_fire"],
    }
    assert (yearly["cron"], yearly["next_fire"][5:16]) == ("@yearly", "01-01T00:00")
    assert now < fires <= now + timedelta(hours=25)
    assert fires.utcoffset() in (timedelta(hours=-4), timedelta(hours=-5))
    assert (fires.astimezone(NEW_YORK).hour, fires.minute) in ((2, 0), (3, 0))
