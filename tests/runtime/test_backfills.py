"""Backfills in a daemon of this process: what is started, when, and what never twice."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.test_conductor import SteppedClock, tell
from trainautod.lineage import backfills, slots
from trainautod.lineage.errors import AmbiguousBackfill, UnknownBackfill
from trainautod.runtime.backfill_plan import BackfillRequest
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.errors import (
    Conflict,
    NoRoom,
    PipelineInvalid,
    RequestInvalid,
    UnknownPipeline,
)
from trainautod.runtime.runs import Runs
from trainautod.runtime.submission import RunRequest

DAILY = """
name: nightly
schedule: {{cron: '0 2 * * *', timezone: America/New_York}}
params: {{n: 1}}
max_parallel: 2
steps:
  - id: wait
    cache: false
    resources: {{cpus: 0.1}}
    run: |
      while [ ! -e {folder}/open-{{{{ds}}}} ] && [ ! -e {folder}/open ]; do sleep 0.02; done
      [ ! -e {folder}/bad-{{{{ds}}}} ]
"""
Document = dict[str, Any]


class Bench:
    """A daemon with a pipeline whose runs wait for their gates."""

    def __init__(self, daemon: Daemon, clock: SteppedClock, folder: Path) -> None:
        self.daemon = daemon
        self.clock = clock
        self.folder = folder
        self.most_live: Counter[str] = Counter()

    async def add(self, text: str = DAILY) -> None:
        """Write the pipeline and register it."""
        file = self.folder / "nightly.yaml"
        file.write_text(text.format(folder=self.folder))
        await self.daemon.catalog.add(file)

    def open(self, *days: str) -> None:
        """Let the runs of some days end, or all runs."""
        for day in days:
            (self.folder / f"open-{day}").touch()
        if not days:
            (self.folder / "open").touch()

    def spoil(self, *days: str) -> None:
        """Let the runs of some days fail."""
        for day in days:
            (self.folder / f"bad-{day}").touch()

    def mend(self, *days: str) -> None:
        """Let the runs of some days succeed again."""
        for day in days:
            (self.folder / f"bad-{day}").unlink()

    async def start(self, since: str, until: str, **asked: Any) -> str:
        """Start a backfill of some days of July 2013; return its id."""
        document = await self.daemon.backfills.start(asking(since, until, **asked), "me")
        return str(document["backfill"])

    async def document(self, backfill: str) -> Document:
        return await self.daemon.store.read(lambda c: backfills.document(c, backfill))

    async def until(self, backfill: str, met: Callable[[Document], Any]) -> Document:
        """Wait until a backfill is as wanted; note how many of its runs are live at once."""
        while True:
            found = await self.document(backfill)
            live = found["counts"]["running"]
            self.most_live[backfill] = max(self.most_live[backfill], live)
            if met(found):
                return found
            await asyncio.sleep(0.005)

    async def end(self, backfill: str) -> Document:
        return await self.until(backfill, lambda found: found["state"] == "ended")

    async def manual(self, ds: str) -> str:
        """Submit a run by hand."""
        entry = self.daemon.catalog.get("nightly")
        return await self.daemon.runs.submit(entry.source, RunRequest(ds=ds))

    async def ended(self, run_id: str) -> None:
        """Wait for the end of a run."""
        while await self._status(run_id) in ("queued", "running"):
            await asyncio.sleep(0.005)

    async def running(self, run_id: str) -> None:
        """Wait until a run, which its gate holds up, is under way."""
        while await self._status(run_id) == "queued":
            await asyncio.sleep(0.005)

    async def _status(self, run_id: str) -> str:
        rows = await self.rows("SELECT status FROM runs WHERE run_id = ?", run_id)
        return str(rows[0][0])

    async def rows(self, query: str, *values: Any) -> list[Any]:
        return await self.daemon.store.read(lambda c: c.execute(query, values).fetchall())

    async def told(self, kind: str) -> list[Document]:
        """The data of the events of a kind."""
        rows = await self.rows("SELECT data FROM events WHERE kind = ? ORDER BY seq", kind)
        return [json.loads(row[0]) for row in rows]


Story = Callable[[Bench], Awaitable[None]]


def asking(since: str, until: str, **asked: Any) -> BackfillRequest:
    return BackfillRequest("nightly", f"2013-07-{since}", f"2013-07-{until}", **asked)


def story(tmp_path: Path, told: Story) -> None:
    """Tell a story about a bench."""
    folder = tmp_path / "code"
    folder.mkdir()

    async def whole(daemon: Daemon, clock: SteppedClock) -> None:
        bench = Bench(daemon, clock, folder)
        await bench.add()
        try:
            await told(bench)
        finally:
            bench.open()

    tell(tmp_path / "home", whole)


def states(document: Document) -> dict[str, str]:
    """The state of each slot, by day."""
    return {slot["slot"][8:10]: slot["state"] for slot in document["slots"]}


def test_each_slot_has_one_run_for_its_own_time_with_its_cause(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        bench.open()
        backfill = await bench.start("10", "12", params={"n": "7"})
        found = await bench.end(backfill)
        assert found["counts"] == {
            "waiting": 0,
            "running": 0,
            "succeeded": 3,
            "failed": 0,
            "skipped": 0,
        }
        runs = {slot["run_id"]: slot["slot"] for slot in found["slots"]}
        rows = await bench.rows("SELECT run_id, scheduled_time, trigger, params FROM runs")
        assert {row["run_id"]: row["scheduled_time"] for row in rows} == runs
        assert next(iter(runs.values())) == "2013-07-10T02:00:00-04:00"
        assert {row["params"] for row in rows} == {'{"n": 7}'}
        assert f'"cause": "backfill {backfill}, slot 1 of 3"' in rows[0]["trigger"]
        assert f'"backfill": "{backfill}", "slot": "2013-07-10T02:00:00-04:00"' in rows[0][2]
        claimed = await bench.rows("SELECT run_id, state, reason FROM slots ORDER BY slot_ms")
        assert [tuple(row) for row in claimed] == [
            (run_id, "fired", f"backfill {backfill}") for run_id in runs
        ]
        (began,), (ended,) = (
            await bench.told("backfill_started"),
            await bench.told("backfill_ended"),
        )
        assert (began["backfill"], began["counts"]["waiting"]) == (backfill, 3)
        assert (ended["backfill"], ended["counts"]) == (backfill, found["counts"])

    story(tmp_path, told)


@pytest.mark.parametrize(("order", "first"), [("oldest", ["10", "11"]), ("newest", ["14", "13"])])
def test_no_more_runs_are_live_than_asked_for_and_they_start_in_order(
    tmp_path: Path, order: str, first: list[str]
) -> None:
    async def told(bench: Bench) -> None:
        backfill = await bench.start("10", "14", parallel=2, order=order)
        found = await bench.until(backfill, lambda seen: seen["counts"]["running"] == 2)
        assert [day for day, state in states(found).items() if state == "running"] == first
        bench.open(f"2013-07-{first[1]}")
        found = await bench.until(backfill, lambda seen: seen["counts"]["succeeded"] == 1)
        found = await bench.until(backfill, lambda seen: seen["counts"]["running"] == 2)
        assert states(found)["12"] == "running"
        bench.open()
        await bench.end(backfill)
        assert bench.most_live[backfill] == 2
        rows = await bench.rows("SELECT scheduled_ms FROM runs ORDER BY run_id")
        moments = [row[0] for row in rows]
        assert moments == sorted(moments, reverse=order == "newest")

    story(tmp_path, told)


def test_a_failed_run_stops_no_other_and_is_what_failed_runs_again(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        bench.open()
        bench.spoil("2013-07-11")
        found = await bench.end(await bench.start("10", "12"))
        assert states(found) == {"10": "succeeded", "11": "failed", "12": "succeeded"}
        assert found["slots"][1]["reason"] == "step wait: exited with 1"

        bench.mend("2013-07-11")
        again = await bench.end(await bench.start("09", "12", which="failed"))
        assert states(again) == {
            "09": "skipped",
            "10": "skipped",
            "11": "succeeded",
            "12": "skipped",
        }
        reasons = [slot["reason"] for slot in again["slots"]]
        assert reasons[0] == "it has no run yet (--missing runs it)"
        assert reasons[1] == f"run {found['slots'][0]['run_id']} succeeded"

        whole = await bench.end(await bench.start("10", "12", which="all"))
        assert whole["counts"]["succeeded"] == 3
        nothing = await bench.end(await bench.start("10", "12"))
        assert nothing["counts"]["skipped"] == 3

    story(tmp_path, told)


def test_a_retry_of_a_slots_run_shows_in_the_backfill(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        bench.open()
        bench.spoil("2013-07-10")
        backfill = await bench.start("10", "10")
        run_id = (await bench.end(backfill))["slots"][0]["run_id"]
        bench.mend("2013-07-10")
        await bench.daemon.runs.retry(run_id, "me")
        found = await bench.until(backfill, lambda seen: states(seen)["10"] == "succeeded")
        assert found["state"] == "ended"

    story(tmp_path, told)


@pytest.mark.parametrize("which", ["missing", "all"])
def test_a_slot_with_a_live_run_is_never_run_beside_it(tmp_path: Path, which: str) -> None:
    async def told(bench: Bench) -> None:
        before = await bench.manual("2013-07-11")
        backfill = await bench.start("10", "13", which=which)
        meanwhile = await bench.manual("2013-07-12")  # after it was chosen
        bench.open("2013-07-10", "2013-07-13")
        found = await bench.end(backfill)
        assert states(found) == {
            "10": "succeeded",
            "11": "skipped",
            "12": "skipped",
            "13": "succeeded",
        }
        reasons = [slot["reason"] for slot in found["slots"]]
        assert reasons[1].startswith(f"run {before} is ")
        assert reasons[2].startswith(f"run {meanwhile} is ")
        assert not await doubles(bench)

    story(tmp_path, told)


def test_two_backfills_of_one_range_run_each_slot_once(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        one = await bench.start("10", "14", which="all", parallel=2)
        other = await bench.start("10", "14", which="all", order="newest", parallel=2)
        bench.open()
        both = [await bench.end(one), await bench.end(other)]
        assert sum(found["counts"]["succeeded"] for found in both) == 5
        assert sum(found["counts"]["skipped"] for found in both) == 5
        assert not await doubles(bench)

    story(tmp_path, told)


def test_a_slot_that_waits_on_the_schedule_is_left_to_it(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        bench.open()
        key = slots.Key("nightly", "0 2 * * *", "America/New_York")
        waiting = round(datetime(2013, 7, 10, 6, tzinfo=UTC).timestamp() * 1000)
        later = waiting + 86_400_000
        became = slots.Became("queued", "run x has not ended")
        await bench.daemon.store.write(lambda c: slots.claim(c, key, waiting, became, waiting))
        backfill = await bench.start("10", "12", parallel=1)
        missed = slots.Became("skipped", "missed")
        await bench.daemon.store.write(lambda c: slots.claim(c, key, later, missed, later))
        found = await bench.end(backfill)
        assert states(found) == {"10": "skipped", "11": "succeeded", "12": "succeeded"}
        assert found["slots"][0]["reason"] == "it waits for its turn on the schedule"

    story(tmp_path, told)


EVERY_MINUTE = """
name: nightly
schedule: {{cron: '* * * * *', timezone: UTC, catchup: all}}
steps: [{{id: a, when: 1 == 2, run: 'true'}}]
"""


def test_no_slot_is_run_by_the_schedule_and_a_backfill_too(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        await bench.add(EVERY_MINUTE)
        begin = datetime.fromtimestamp(bench.clock.now_ms() / 1000, UTC)
        last = ""
        for minute in range(6):
            bench.clock.advance(60)
            now = begin + timedelta(minutes=minute + 1)
            request = BackfillRequest(
                "nightly", (now - timedelta(minutes=4)).isoformat(), now.isoformat(), parallel=3
            )
            last = (await bench.daemon.backfills.start(request, "me"))["backfill"]
        await bench.end(last)
        assert not await doubles(bench)
        rows = await bench.rows("SELECT count(DISTINCT scheduled_ms) FROM runs")
        assert rows[0][0] >= 9, "four minutes before the first one, and each one since"

    story(tmp_path, told)


async def doubles(bench: Bench) -> list[Any]:
    """The slots that have more than one run."""
    query = "SELECT scheduled_time FROM runs GROUP BY scheduled_ms HAVING count(*) > 1"
    return await bench.rows(query)


def test_a_stopped_backfill_lets_its_live_run_go_on_and_resumes_with_what_waits(
    tmp_path: Path,
) -> None:
    async def told(bench: Bench) -> None:
        control = bench.daemon.backfills
        backfill = await bench.start("10", "13")
        await bench.until(backfill, lambda seen: seen["counts"]["running"])
        stopped = await control.stop(backfill[:12], "me", cancel_running=False)
        assert (stopped["state"], stopped["reason"]) == ("stopped", "stopped by me")
        assert stopped["counts"]["running"] == 1
        again = await control.stop(backfill, "you", cancel_running=False)
        assert again["reason"] == "stopped by me"
        bench.open()
        found = await bench.until(backfill, lambda seen: seen["counts"]["succeeded"] == 1)
        assert (found["state"], found["counts"]["waiting"]) == ("stopped", 3)

        resumed = await control.resume("latest")
        assert (resumed["state"], resumed["reason"]) == ("running", None)
        assert (await control.resume(backfill))["state"] in ("running", "ended")
        found = await bench.end(backfill)
        assert found["counts"]["succeeded"] == 4
        for kind, times in (("stopped", 1), ("resumed", 1), ("ended", 1)):
            assert len(await bench.told(f"backfill_{kind}")) == times
        with pytest.raises(Conflict, match="has ended; there is nothing to stop"):
            await control.stop(backfill, "me", cancel_running=False)
        with pytest.raises(Conflict, match="has ended; ask for what failed with"):
            await control.resume(backfill)

    story(tmp_path, told)


@pytest.mark.parametrize("which", ["missing", "all"])
def test_a_stop_can_cancel_what_runs_and_those_slots_wait_again(tmp_path: Path, which: str) -> None:
    async def told(bench: Bench) -> None:
        control = bench.daemon.backfills
        backfill = await bench.start("10", "12", parallel=2, which=which)
        running = await bench.until(backfill, lambda seen: seen["counts"]["running"] == 2)
        first = running["slots"][0]["run_id"]
        for times in (1, 2):  # a slot may be withdrawn as often as somebody likes
            await control.stop(backfill, "me", cancel_running=True)
            found = await bench.until(backfill, lambda seen: seen["counts"]["waiting"] == 3)
            assert found["state"] == "stopped"
            if times == 1:
                told = f"run {first} was cancelled to stop the backfill"
                assert (found["slots"][0]["run_id"], found["slots"][0]["reason"]) == (None, told)
                await control.resume(backfill)
                await bench.until(backfill, lambda seen: seen["counts"]["running"] == 2)
        bench.open()
        await control.resume(backfill)
        found = await bench.end(backfill)
        assert found["counts"]["succeeded"] == 3
        runs = await bench.rows("SELECT status, count(*) FROM runs GROUP BY status ORDER BY status")
        assert [tuple(row) for row in runs] == [("cancelled", 4), ("succeeded", 3)]

    story(tmp_path, told)


def test_a_stop_that_cancels_the_last_runs_keeps_their_slots_for_later(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        backfill = await bench.start("10", "11", parallel=2)
        await bench.until(backfill, lambda seen: seen["counts"]["running"] == 2)
        found = await bench.daemon.backfills.stop(backfill, "me", cancel_running=True)
        assert found["state"] == "stopped"
        bench.open()
        await bench.daemon.backfills.resume(backfill)  # perhaps before they have ended
        found = await bench.end(backfill)
        assert found["counts"]["succeeded"] == 2
        ended = await bench.rows("SELECT 1 FROM runs WHERE status = 'succeeded'")
        assert len(ended) == 2

    story(tmp_path, told)


def test_a_run_that_was_not_cancelled_after_all_is_not_run_again(tmp_path: Path) -> None:
    """As when the daemon was killed between the stop and the cancel."""

    async def told(bench: Bench) -> None:
        backfill = await bench.start("10", "11")
        await bench.until(backfill, lambda seen: seen["counts"]["running"])
        await bench.daemon.store.write(lambda c: backfills.withdraw(c, backfill))
        await bench.daemon.backfills.stop(backfill, "me", cancel_running=False)
        bench.open()
        await bench.daemon.backfills.resume(backfill)
        found = await bench.end(backfill)
        assert found["counts"]["succeeded"] == 2
        assert len(await bench.rows("SELECT 1 FROM runs")) == 2

    story(tmp_path, told)


def test_a_run_that_somebody_else_cancels_leaves_its_slot_failed(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        backfill = await bench.start("10", "11")
        found = await bench.until(backfill, lambda seen: seen["counts"]["running"])
        await bench.daemon.runs.cancel(found["slots"][0]["run_id"], "me")
        bench.open()
        found = await bench.end(backfill)
        assert states(found) == {"10": "failed", "11": "succeeded"}
        assert found["slots"][0]["reason"] == "cancelled"

    story(tmp_path, told)


def test_a_stop_when_nothing_waits_leaves_its_last_runs_to_end_it(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        backfill = await bench.start("10", "11", parallel=2)
        await bench.until(backfill, lambda seen: seen["counts"]["running"] == 2)
        found = await bench.daemon.backfills.stop(backfill, "me", cancel_running=False)
        assert found["state"] == "running"
        bench.open()
        await bench.end(backfill)

    story(tmp_path, told)


def test_a_removed_pipeline_stops_it_until_it_is_back(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        backfill = await bench.start("10", "12")
        await bench.until(backfill, lambda seen: seen["counts"]["running"])
        await bench.daemon.catalog.remove("nightly")
        bench.open()
        found = await bench.until(backfill, lambda seen: seen["state"] == "stopped")
        assert "there is no pipeline 'nightly'" in found["reason"]
        assert found["counts"]["waiting"] == 2
        (event,) = await bench.told("backfill_stopped")
        assert event["reason"] == found["reason"]

        await bench.add()
        await bench.daemon.backfills.resume(backfill)
        assert (await bench.end(backfill))["counts"]["succeeded"] == 3

    story(tmp_path, told)


def test_one_that_cannot_go_on_is_tried_once_and_holds_up_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def told(bench: Bench) -> None:
        bench.open("2013-07-10", "2013-07-13")
        typed = DAILY.replace("nightly", "other")
        (bench.folder / "other.yaml").write_text(typed.format(folder=bench.folder))
        await bench.daemon.catalog.add(bench.folder / "other.yaml")
        gone = await bench.start("10", "12")
        await bench.daemon.catalog.remove("nightly")
        await bench.until(gone, lambda seen: seen["state"] == "stopped")
        asked = BackfillRequest("other", "2013-07-13", "2013-07-13")
        other = await bench.daemon.backfills.start(asked, "me")
        await bench.end(other["backfill"])

    story(tmp_path, told)
    assert len([r for r in caplog.records if r.getMessage() == "a backfill cannot go on"]) == 1


def test_a_param_that_an_edit_took_away_stops_it_with_the_reason(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        backfill = await bench.start("10", "12", params={"n": 2})
        await bench.until(backfill, lambda seen: seen["counts"]["running"])
        await bench.add(DAILY.replace("params: {{n: 1}}\n", ""))
        bench.open()
        found = await bench.until(backfill, lambda seen: seen["state"] == "stopped")
        assert "unknown param 'n'" in found["reason"]

    story(tmp_path, told)


def test_a_broken_edit_lets_the_last_good_version_go_on(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        bench.open()
        with pytest.raises(PipelineInvalid):
            await bench.add("name: nightly\nsteps: 7\n")
        document = await bench.daemon.backfills.start(asking("10", "11"), "me")
        assert "as it last was good" in document["warnings"][0]
        assert (await bench.end(document["backfill"]))["counts"]["succeeded"] == 2

    story(tmp_path, told)


def test_without_room_a_slot_waits_and_none_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, prepare = asyncio.Event(), Runs.prepare
    full.set()

    def refuse(runs: Runs, source: Any, request: RunRequest) -> Any:
        if full.is_set():
            raise NoRoom
        return prepare(runs, source, request)

    monkeypatch.setattr(Runs, "prepare", refuse)

    async def told(bench: Bench) -> None:
        bench.open()
        backfill = await bench.start("10", "11")
        found = await bench.document(backfill)
        assert (found["state"], found["counts"]["waiting"]) == ("running", 2)
        full.clear()

        def pushed(seen: Document) -> bool:
            bench.clock.advance(5)
            return bool(seen["state"] == "ended")

        assert (await bench.until(backfill, pushed))["counts"]["succeeded"] == 2

    story(tmp_path, told)


@pytest.mark.parametrize(
    ("which", "order"), [("missing", "oldest"), ("failed", "oldest"), ("all", "newest")]
)
def test_a_dry_run_changes_nothing_and_tells_what_then_runs(
    tmp_path: Path, which: str, order: str
) -> None:
    async def told(bench: Bench) -> None:
        bench.spoil("2013-07-10")
        bench.open("2013-07-10", "2013-07-11", "2013-07-13", "2013-07-14")
        for day in ("10", "11"):
            await bench.ended(await bench.manual(f"2013-07-{day}"))
        await bench.running(await bench.manual("2013-07-12"))  # a plan tells which it is
        asked = asking("09", "14", which=which, order=order)
        events = await bench.rows("SELECT count(*) FROM events WHERE kind LIKE 'backfill%'")
        plan = await bench.daemon.backfills.plan(asked, "me")
        assert (plan["backfill"], plan["state"]) == (None, "planned")
        assert await bench.rows("SELECT 1 FROM backfills") == []
        assert events[0][0] == 0
        bench.open("2013-07-09")
        started = await bench.daemon.backfills.start(asked, "me")
        for mine, its in zip(plan["slots"], started["slots"], strict=True):
            assert mine == its
        found = await bench.end(started["backfill"])
        ran = [slot["slot"] for slot in found["slots"] if slot["run_id"]]
        assert ran == [slot["slot"] for slot in plan["slots"] if slot["state"] == "waiting"]
        assert plan["counts"]["waiting"] == len(ran)

    story(tmp_path, told)


def test_what_has_not_come_is_left_out_and_said(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        now = datetime.fromtimestamp(bench.clock.now_ms() / 1000, UTC)
        begin, end = (now - timedelta(days=2)).date(), (now + timedelta(days=9)).date()
        request = BackfillRequest("nightly", str(begin), str(end))
        plan = await bench.daemon.backfills.plan(request, "me")
        moments = [datetime.fromisoformat(slot["slot"]) for slot in plan["slots"]]
        assert len(moments) in (2, 3)
        assert max(moments) <= now
        assert "which is now, are left out" in plan["warnings"][0]

    story(tmp_path, told)


REFUSED: list[tuple[BackfillRequest, type[Exception], str]] = [
    (BackfillRequest("nightly", "2413-07-10", "2413-07-11"), RequestInvalid, "not come yet"),
    (
        BackfillRequest("nightly", "2013-07-12", "2013-07-11"),
        RequestInvalid,
        "before it begins",
    ),
    (BackfillRequest("nightly", "soon", "2013-07-11"), RequestInvalid, "neither a date"),
    (asking("10T03:00", "10T04:00"), RequestInvalid, r"no slot of nightly \(0 2 \* \* \*\)"),
    (asking("10", "11", params={"m": 1}), RequestInvalid, "unknown param 'm'"),
    (BackfillRequest("weekly", "2013-07-10", "2013-07-11"), UnknownPipeline, "'weekly'"),
]


def test_what_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    async def whole(bench: Bench) -> None:
        control = bench.daemon.backfills
        for attempt, (asked, error, told) in product((control.plan, control.start), REFUSED):
            with pytest.raises(error, match=told):
                await attempt(asked, "me")
        assert await bench.rows("SELECT 1 FROM backfills") == []

    story(tmp_path, whole)


def test_a_backfill_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        with pytest.raises(UnknownBackfill, match="no backfill yet"):
            await bench.daemon.backfills.resume("latest")
        one, two = await bench.start("10", "10"), await bench.start("11", "11")

        async def find(wanted: str) -> str:
            return await bench.daemon.store.read(lambda c: backfills.find(c, wanted))

        assert await find(one) == one
        assert await find(two[:-1]) == two
        assert await find("latest") == two
        with pytest.raises(AmbiguousBackfill, match="give more characters"):
            await find(one[:3])
        for wanted in ("", "nothing", "%"):
            with pytest.raises(UnknownBackfill, match="trainauto backfills"):
                await find(wanted)

    story(tmp_path, told)


def test_a_pipeline_without_a_schedule_has_a_run_a_day(tmp_path: Path) -> None:
    async def told(bench: Bench) -> None:
        bench.open()
        await bench.add("name: nightly\nsteps: [{{id: a, run: 'true'}}]\n")
        plan = await bench.daemon.backfills.plan(asking("10", "12"), "me")
        warning = "nightly has no schedule: its slots are the midnights of the range"
        assert plan["warnings"] == [warning]
        found = await bench.end(await bench.start("10", "12"))
        assert [slot["slot"][:16] for slot in found["slots"]] == [
            f"2013-07-{day}T00:00" for day in (10, 11, 12)
        ]

    story(tmp_path, told)
