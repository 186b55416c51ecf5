"""The drift monitor over real files: what becomes an event, what is unknown, what stays away."""

import asyncio
import itertools
import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.drift.parquet_files import parquet
from tests.support.clocks import VirtualClock
from trainautod.lineage import drift, events
from trainautod.lineage.drift import DriftSource
from trainautod.lineage.events import EventFilter
from trainautod.lineage.schema import STORE, prepare
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.drift import SCAN_S, STILL_S
from trainautod.runtime.drift_files import MOST_LINES, parts, read
from trainautod.runtime.drift_judging import judge
from trainautod.runtime.machine import Config
from trainautod.runtime.slots import Capacity

POLICY = "on: drift_alert\nif: drift_score > 0.1\nthen: 'run pipeline: again'\n"


class Tower:
    """A folder with a policy, and a daemon in this process whose monitor looks when it is told.

    The clock begins an hour behind that of the files, so that none was there before the policy.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "monitoring"
        self.clock = VirtualClock(datetime.now(UTC) - timedelta(hours=1))
        self.daemon: Daemon

    async def start(self) -> None:
        """Start what the monitor needs; it knows of no earlier look."""
        config = Config(Capacity(cpus=2, memory_bytes=1 << 30))
        self.daemon = Daemon(self.root / "home", config, self.clock, self.clock.now_ms())
        await self.daemon.catalog.load()

    async def stop(self) -> None:
        """Stop it."""
        await self.daemon.conductor.close()
        self.daemon.store.close()

    async def restart(self) -> None:
        """Have another daemon go on."""
        await self.stop()
        await self.start()

    async def add(self, name: str = "watch", **keys: str) -> None:
        """Register a policy."""
        path = self.root / f"{name}.yaml"
        path.write_text(POLICY + "".join(f"{key}: {value}\n" for key, value in keys.items()))
        await self.daemon.catalog.add(path)

    def write(self, name: str, content: str | bytes | dict[str, Any]) -> Path:
        """Write a file as a program does that does not care who reads it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content) if isinstance(content, dict) else content
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def append(self, name: str, text: str) -> None:
        """Write on at the end of a file."""
        with open(self.folder / name, "a") as file:
            file.write(text)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with nobody looking."""
        self.clock.set(self.clock.now + timedelta(seconds=seconds))

    async def look(self, *, until_still: bool = False) -> None:
        """Look, and when files must stand still once more after that."""
        await self.daemon.drift.look()
        if until_still:
            self.pass_time(STILL_S)
            await self.daemon.drift.look()

    async def told(self, *kinds: str) -> list[dict[str, Any]]:
        """Return what events of these kinds carry."""
        wanted = EventFilter(kinds=kinds)
        found = await self.daemon.store.read(lambda c: events.after(c, 0, wanted))
        return [event["data"] for event in found]

    async def scores(self) -> list[float]:
        """Return the score of each drift_alert."""
        return [data["drift_score"] for data in await self.told("drift_alert")]

    async def reasons(self) -> list[str]:
        """Return the reason of each drift_unknown."""
        return [data["reason"] for data in await self.told("drift_unknown")]

    async def described(self, name: str = "") -> dict[str, Any]:
        """Return the document of a file."""
        path = str(self.folder / name).rstrip("/")
        listed = await self.daemon.drift.describe()
        (found,) = [each for each in listed if each["path"] == path]
        return found

    async def state(self, name: str = "") -> tuple[str, float | None]:
        """Return how a file is, and the score of its newest good report."""
        found = await self.described(name)
        last = found["last_good"]
        return found["state"], None if last is None else last["drift_score"]


Story = Callable[[Tower], Awaitable[None]]
Tell = Callable[[Story], None]


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that is migrated already."""
    path = tmp_path_factory.mktemp("empty") / STORE
    prepare(path)
    return path


@pytest.fixture
def tell(tmp_path: Path, empty_store: Path) -> Tell:
    """Tell a story about a tower."""

    def told(story: Story) -> None:
        (tmp_path / "home" / "objects").mkdir(parents=True)
        shutil.copy(empty_store, tmp_path / "home" / STORE)
        tower = Tower(tmp_path)

        async def whole() -> None:
            await tower.start()
            try:
                await story(tower)
            finally:
                await tower.stop()

        asyncio.run(whole())

    return told


def lines(*scores: float) -> str:
    return "".join(f'{{"drift_score": {score}, "day": {n}}}\n' for n, score in enumerate(scores))


def wide(*scores: object) -> str:
    return "day,drift_score,a\n" + "".join(f"d{n},{s},0.1\n" for n, s in enumerate(scores))


def test_a_report_is_an_event_with_all_that_conditions_read(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        features = {"b": 0.05, "a": {"score": 0.31, "psi": 0.31}, "c": 0.2, "d": None}
        path = tower.write("x.json", {"drift_score": 0.27, "features": features, "model": "m"})
        await tower.look()

        (found,) = await tower.told("drift_alert")
        assert found == {
            "drift_score": 0.27,
            "features": {"b": 0.05, "a": 0.31, "c": 0.2},
            "affected": ["a", "c"],
            "model": "m",
            "path": str(path),
            "report": 1,
        }
        assert await tower.state("x.json") == ("good", 0.27)

    tell(story)


@pytest.mark.parametrize("ending", ["json", "JSON", "jsonl", "ndjson", "csv"])
def test_the_formats_are_told_by_the_ending(tell: Tell, ending: str) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        tower.write(f"x.{ending}", wide(0.3) if ending == "csv" else lines(0.3))
        tower.write("x.txt", "notes")
        tower.write("README", "notes")
        await tower.look(until_still=True)
        assert await tower.scores() == [0.3]
        assert await tower.reasons() == []

    tell(story)


def test_a_file_that_is_named_must_be_a_report(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add(watch="monitoring/x.txt")
        tower.write("x.txt", "0.3")
        await tower.look(until_still=True)
        (reason,) = await tower.reasons()
        assert reason == "its name ends in none of .json, .jsonl, .ndjson, .csv, .parquet"

    tell(story)


def test_a_report_that_is_replaced_is_a_new_one_and_the_same_bytes_are_none(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        for score in (0.1, 0.1, 0.2, 0.2, 0.1):
            fresh = tower.write("x.tmp", lines(score))
            fresh.rename(tower.folder / "x.json")
            await tower.look()
        os.utime(tower.folder / "x.json")
        await tower.look()
        await tower.restart()
        await tower.look()
        assert await tower.scores() == [0.1, 0.2, 0.1]

    tell(story)


@pytest.mark.parametrize(
    "damage",
    [
        '{"drift_score": 0.',
        '{"drift_score": NaN}',
        "",
        "[]",
        "null",
        "\x00" * 64,
        '{"drift_score": "0.0"}',
        "drift_score\n0.0\n",
    ],
)
def test_a_damaged_report_is_unknown_once_and_heals(tell: Tell, damage: str) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        tower.write("x.json", lines(0.3))
        await tower.look()
        tower.write("x.json", damage)
        await tower.look()
        assert await tower.state("x.json") == ("good", 0.3)  # somebody may be writing to it

        tower.pass_time(STILL_S)
        await tower.look()
        await tower.look()
        await tower.restart()
        await tower.look(until_still=True)
        (unknown,) = await tower.told("drift_unknown")
        assert unknown["last_good"] == 1
        assert unknown["pipelines"] == ["again"]
        assert await tower.state("x.json") == ("unknown", 0.3)

        tower.write("x.json", lines(0.3))
        await tower.look()
        assert await tower.state("x.json") == ("good", 0.3)
        tower.write("x.json", lines(0.05))
        await tower.look()
        assert await tower.scores() == [0.3, 0.05]

    tell(story)


def test_each_line_that_is_appended_is_a_report_when_it_ends(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        tower.write("x.jsonl", lines(0.1, 0.2) + '{"drift_score": 0.')
        await tower.look()
        tower.append("x.jsonl", '3}\n{"drift_score": NaN}\n{"drift_score": 0.4')
        await tower.look()
        assert await tower.scores() == [0.1, 0.2, 0.3]
        assert await tower.reasons() == ["line 4: NaN is no number of JSON"]

        tower.pass_time(STILL_S)
        await tower.look()
        assert (await tower.reasons())[1].startswith("line 5 does not end")
        assert await tower.state("x.jsonl") == ("unknown", 0.3)
        tower.append("x.jsonl", "}\n")
        await tower.look()
        assert await tower.scores() == [0.1, 0.2, 0.3, 0.4]
        assert await tower.state("x.jsonl") == ("good", 0.4)

    tell(story)


def test_rows_of_a_table_go_on_after_damaged_ones(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        tower.write("x.csv", wide(0.1, "", "nan", 0.2) + "d9,0.3,0.1,9\nd10,0.3")
        await tower.look(until_still=True)
        assert await tower.scores() == [0.1, 0.2]
        first, last = await tower.reasons()
        assert first == "line 3: drift_score is null, not a number (and 2 more)"
        assert last.startswith("line 7 does not end")

    tell(story)


def test_a_table_with_a_feature_in_each_row_counts_when_it_stands_still(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        tower.write("x.csv", "feature,score\ndrift_score,0.3\na,0.3\n")
        await tower.look()
        assert await tower.scores() == []
        tower.append("x.csv", "b,0.1\n")
        await tower.look(until_still=True)
        (found,) = await tower.told("drift_alert")
        assert found["features"] == {"a": 0.3, "b": 0.1}

    tell(story)


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv"])
def test_a_file_that_is_written_anew_with_what_it_had_is_no_news(tell: Tell, name: str) -> None:
    """As by programs that write all days, or the last ones, each time; also caught in between."""
    text = wide if name == "x.csv" else lines

    async def story(tower: Tower) -> None:
        await tower.add()
        whole = text(0.1, 0.2, 0.3, 0.4)
        tower.write(name, text(0.1, 0.2, 0.3))
        await tower.look()
        for size in (len(text()) + 3, len(whole) // 2, len(whole)):
            tower.write(name, whole[:size])
            await tower.look(until_still=size < len(whole))
        head, *rest = whole.splitlines(keepends=True)
        last = head + "".join(rest[2:]) if name == "x.csv" else "".join(rest[1:])
        tower.write(name, last)
        await tower.look()
        assert await tower.scores() == [0.1, 0.2, 0.3, 0.4]
        assert (await tower.state(name)) == ("good", 0.4)

    tell(story)


def test_a_new_file_under_the_name_of_an_old_one_has_reports_of_its_own(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        tower.write("x.jsonl", lines(0.1, 0.2))
        await tower.look()
        tower.write("x.jsonl", lines(0.5))
        await tower.look()
        tower.append("x.jsonl", '{"drift_score": 0.6}\n')
        await tower.look()
        assert await tower.scores() == [0.1, 0.2, 0.5, 0.6]

    tell(story)


def test_lines_with_the_same_bytes_are_each_a_report(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        same = '{"drift_score": 0.3}\n'
        tower.write("x.jsonl", same * 2)
        await tower.look()
        tower.append("x.jsonl", same)
        await tower.look()
        assert await tower.scores() == [0.3, 0.3, 0.3]

    tell(story)


def test_of_what_was_there_before_the_newest_report_alone_is_told(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        tower.clock.set(datetime.now(UTC) + timedelta(hours=1))
        for age, name in enumerate(("c.jsonl", "b.json", "a.json", "broken.json")):
            text = "{" if name == "broken.json" else lines(*(0.1 * age + n / 50 for n in range(4)))
            path = tower.write(name, text if name[-1] == "l" else text.splitlines()[-1])
            os.utime(path, (1000 - age, 1000 - age))
        await tower.add()
        await tower.look(until_still=True)
        assert await tower.scores() == [0.06]
        assert await tower.reasons() == []
        assert await tower.state("a.json") == ("good", 0.26)
        assert (await tower.state("broken.json"))[0] == "unknown"
        stored = await tower.daemon.store.read(lambda c: drift.report_page(c, None, None, 100))
        assert len(stored) == 6

        tower.clock.set(datetime.now(UTC))
        tower.write("b.json", lines(0.7))
        tower.append("c.jsonl", lines(0.8))
        await tower.look()
        assert sorted(await tower.scores()) == [0.06, 0.7, 0.8]

    tell(story)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Callable[[Tower], None]:
    """Let a second pass whenever somebody looks at the clock."""

    def slowed(tower: Tower) -> None:
        now_ms, ticks = tower.clock.now_ms, itertools.count(step=1000)
        monkeypatch.setattr(tower.clock, "now_ms", lambda: now_ms() + next(ticks))

    return slowed


def test_a_new_report_waits_for_no_backlog(tell: Tell, slow: Callable[[Tower], None]) -> None:
    backlog = [n / 100 for n in range(1, 21)]

    async def story(tower: Tower) -> None:
        await tower.add()
        for score in backlog:
            tower.write(f"{score:.2f}.json", lines(score))
        slow(tower)
        await tower.look()
        begun = await tower.scores()
        assert begun == backlog[: len(begun)] != backlog

        tower.write("new.json", lines(0.9))
        tower.write("0.20.json", lines(0.8))
        while len(await tower.scores()) < len(backlog) + 1:
            await tower.look()
        assert await tower.scores() == [*begun, 0.8, 0.9, *backlog[len(begun) : -1]]

    tell(story)


def test_nobody_is_told_that_reports_stay_away_before_all_are_read(
    tell: Tell, slow: Callable[[Tower], None]
) -> None:
    async def story(tower: Tower) -> None:
        await tower.add(max_age="1h")
        for n in range(20):
            tower.write(f"{n:02}.json", lines(n / 100))
        await tower.look()
        tower.pass_time(3601)
        tower.write("new.json", lines(0.9))
        await tower.restart()
        slow(tower)
        await tower.look()
        assert 0.9 not in await tower.scores()
        while 0.9 not in await tower.scores():
            await tower.look()
        assert await tower.told("drift_stale") == []

    tell(story)


def test_the_report_that_is_told_of_those_before_is_read_first(
    tell: Tell, slow: Callable[[Tower], None]
) -> None:
    async def story(tower: Tower) -> None:
        for n in range(30):
            os.utime(tower.write(f"{n:02}.json", lines(n / 100)), (1000 + n, 1000 + n))
        tower.clock.set(datetime.now(UTC) + timedelta(hours=1))
        await tower.add()
        slow(tower)
        await tower.look()
        assert await tower.scores() == [0.29]
        assert (await tower.state("28.json"))[0] == "waiting"

    tell(story)


def test_a_folder_may_come_later_and_go_again(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        await tower.look()
        assert await tower.state() == ("waiting", None)
        path = tower.write("x.json", lines(0.2))
        await tower.look()
        shutil.rmtree(tower.folder)
        await tower.look()
        assert await tower.state() == ("waiting", None)
        path.parent.mkdir()
        path.write_text(lines(0.3))
        await tower.look()
        assert await tower.scores() == [0.2, 0.3]

    tell(story)


def test_links_are_followed_and_what_is_no_file_is_passed_over(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        elsewhere = tower.root / "elsewhere.json"
        elsewhere.write_text(lines(0.2))
        (tower.folder / "folder.json").mkdir(parents=True)
        os.mkfifo(tower.folder / "pipe.json")
        (tower.folder / "nowhere.json").symlink_to("/nowhere/x.json")
        (tower.folder / "x.json").symlink_to(elsewhere)
        await tower.look(until_still=True)
        elsewhere.write_text(lines(0.3))
        await tower.look()
        assert await tower.scores() == [0.2, 0.3]
        assert await tower.reasons() == []

    tell(story)


def test_files_that_are_too_large_are_unknown(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        os.truncate(tower.write("one.json", b""), 100 << 20)
        os.truncate(tower.write("many.jsonl", b""), 100 << 20)
        await tower.look(until_still=True)
        assert await tower.reasons() == [
            "it is larger than 64 MiB; begin a new file",
            "it is larger than 8 MiB",
        ]

    tell(story)


def rows(*scores: float) -> bytes:
    days = [f"2013-07-{round(score * 100):02}" for score in scores]
    return parquet({"day": days, "drift_score": list(scores), "a": [0.1] * len(scores)})


def test_the_rows_of_a_parquet_file_are_reports_and_those_it_had_are_no_news(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        for last in ((0.1, 0.2), (0.1, 0.2, 0.3), (0.2, 0.3, 0.04)):
            tower.write("x.parquet", rows(*last))
            await tower.look()
        assert await tower.scores() == [0.1, 0.2, 0.3, 0.04]
        assert await tower.state("x.parquet") == ("good", 0.04)

    tell(story)


def test_a_long_table_is_recorded_in_parts_and_again_after_a_crash_between_them(
    tell: Tell,
) -> None:
    scores = [round(0.1 + number / 10_000, 4) for number in range(MOST_LINES + 10)]

    async def story(tower: Tower) -> None:
        await tower.add()
        path = str(tower.write("x.parquet", rows(*scores)))
        whole = read(DriftSource(path), still=True)
        sizes = [len(part.lines) for part in parts(whole)]
        assert sizes == [MOST_LINES, 10]
        first = next(parts(whole))
        await tower.daemon.store.write(lambda c: judge(c, path, first, pipelines=[], at_ms=1))
        assert len(await tower.scores()) == MOST_LINES
        await tower.restart()
        await tower.look()
        assert await tower.scores() == scores
        assert await tower.state("x.parquet") == ("good", scores[-1])
        await tower.restart()
        await tower.look()
        assert len(await tower.scores()) == len(scores)

    tell(story)


def test_a_crash_within_a_long_table_that_was_there_before_tells_its_last_report_alone(
    tell: Tell,
) -> None:
    scores = [round(0.1 + number / 10_000, 4) for number in range(MOST_LINES + 10)]

    async def story(tower: Tower) -> None:
        path = str(tower.write("x.parquet", rows(*scores)))
        tower.pass_time(2 * 3600)
        await tower.add()
        first = next(parts(read(DriftSource(path), still=True)))
        await tower.daemon.store.write(
            lambda c: judge(c, path, first, old=True, pipelines=[], at_ms=1)
        )
        await tower.restart()
        await tower.look()
        assert await tower.scores() == scores[-1:]

    tell(story)


def test_a_table_of_too_many_cells_is_unknown(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        wide = {f"f{n}": [0.1] * 600 for n in range(2000)}
        tower.write("x.parquet", parquet({"drift_score": [0.1] * 600, **wide}))
        await tower.look(until_still=True)
        (reason,) = await tower.reasons()
        assert "600 rows of 2001 columns are no table of reports" in reason

    tell(story)


def test_a_reader_that_dies_is_tried_again_although_its_file_stays_as_it_is(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        tower.write("x.parquet", rows(0.2))
        with monkeypatch.context() as patch:
            patch.setattr(sys, "executable", "/bin/false")
            await tower.look(until_still=True)
        assert await tower.reasons() == ["its reader ended with 1: no word"]
        await tower.look()
        assert await tower.scores() == [0.2]
        assert await tower.state("x.parquet") == ("good", 0.2)

    tell(story)


def test_people_are_told_when_good_reports_stay_away_once_for_each_max_age(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add(max_age="1h")
        await tower.look()
        tower.pass_time(3599)
        await tower.look()
        assert await tower.told("drift_stale") == []
        tower.pass_time(2)
        await tower.look()
        await tower.look()
        (waits,) = await tower.told("drift_stale")
        assert waits["path"] == str(tower.folder)
        assert "it waits for the first one since" in waits["reason"]
        assert (waits["max_age_s"], waits["pipelines"]) == (3600.0, ["again"])

        tower.write("x.json", lines(0.2))
        await tower.look()
        assert await tower.state("x.json") == ("good", 0.2)
        tower.write("x.json", "{")
        tower.pass_time(3601)
        await tower.look(until_still=True)
        assert await tower.state("x.json") == ("unknown", 0.2)
        reason = (await tower.described("x.json"))["reason"]
        assert reason.startswith("it ends too early, at line 1, column 2; no good report for ")
        tower.write("x.json", lines(0.2))
        await tower.look()
        assert await tower.state("x.json") == ("stale", 0.2)
        await tower.restart()
        await tower.look()
        assert len(await tower.told("drift_stale")) == 2
        tower.pass_time(10 * 3600)
        await tower.look()
        await tower.look()
        *_, last = await tower.told("drift_stale")
        assert len(await tower.told("drift_stale")) == 3
        assert last["path"] == str(tower.folder / "x.json")
        assert "(max_age of watch): the last one is of" in last["reason"]

    tell(story)


def test_a_report_that_a_wrong_clock_dated_keeps_nobody_from_being_told(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add(max_age="1h")
        tower.pass_time(30 * 24 * 3600)
        tower.write("x.json", lines(0.2))
        await tower.look()
        tower.pass_time(-29 * 24 * 3600)
        await tower.look()
        (stale,) = await tower.told("drift_stale")
        assert stale["path"] == str(tower.folder)

    tell(story)


def test_looks_at_files_that_stay_as_they_are_write_nothing(tell: Tell) -> None:
    async def story(tower: Tower) -> None:
        await tower.add()
        paths = [str(tower.write("x.json", lines(0.2))), str(tower.write("y.json", "{"))]
        await tower.look(until_still=True)
        judged = await tower.daemon.store.read(lambda c: drift.sources(c, paths))
        tower.pass_time(SCAN_S)
        await tower.look()
        assert await tower.daemon.store.read(lambda c: drift.sources(c, paths)) == judged

    tell(story)
