"""Data triggers over real files: what starts a run, what does not, and what is told instead."""

import asyncio
import contextlib
import json
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import watchfiles

from tests.support.waiting import PATIENCE_S
from trainautod.artifacts.errors import FileKeepsChanging
from trainautod.artifacts.objects import ObjectStore, StoredObject
from trainautod.lineage import events
from trainautod.lineage.events import EventFilter
from trainautod.lineage.schema import STORE, prepare
from trainautod.runtime import feeds, watching
from trainautod.runtime.clock import SystemClock
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.machine import Config
from trainautod.runtime.slots import Capacity

LONG = "1h"  # to settle: only what shows that it is complete counts within a test


class Yard:
    """A pipeline's folder with a data trigger, and its daemon in this process.

    Its only step is never due, so that runs end by themselves and start no process.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "pipe"
        self.incoming = self.folder / "in"
        self.daemon: Daemon
        self._running: asyncio.Task[None]

    async def start(self) -> None:
        """Start what waits for files."""
        clock = SystemClock()
        config = Config(Capacity(cpus=2, memory_bytes=1 << 30))
        self.daemon = Daemon(self.root / "home", config, clock, clock.now_ms())
        await self.daemon.catalog.load()
        await self.daemon.runs.recover()
        self._running = asyncio.create_task(self.daemon.arrivals.run())

    async def stop(self) -> None:
        """Stop it, however far it is."""
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running
        await self.daemon.conductor.close()
        self.daemon.store.close()

    async def wait_for_files(self, path: str = "in/*.csv", **fields: Any) -> None:
        """Register the pipeline with this trigger."""
        trigger = ", ".join(f"{key}: {value}" for key, value in {"settle": 0, **fields}.items())
        await self.register(f"on: {{data: {{path: '{path}', {trigger}}}}}\n")

    async def register(self, text: str) -> None:
        """Register the pipeline with these lines."""
        file = self.folder / "p.yaml"
        file.write_text(f"name: p\n{text}steps: [{{id: a, when: 1 == 2, run: 'true'}}]\n")
        await self.daemon.catalog.add(file)

    def drop(self, name: str, content: str = "1") -> Path:
        """Write a file, as a program does that knows nothing of us."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    async def told(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the events of these kinds."""
        wanted = EventFilter(kinds=kinds)
        return await self.daemon.store.read(lambda c: events.after(c, 0, wanted))

    async def runs(self) -> list[list[str]]:
        """Return the files of each run, in the order of the runs."""
        return [event["data"]["files"] for event in await self.told("data_arrived")]

    async def until(self, condition: Callable[[], Awaitable[object]]) -> Any:
        """Wait until something holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not (found := await condition()):
                await asyncio.sleep(0.005)
            return found

    async def until_runs(self, *expected: list[str]) -> None:
        """Wait for as many runs, and compare their files."""

        async def enough() -> bool:
            return len(await self.runs()) >= len(expected)

        await self.until(enough)
        assert await self.runs() == list(expected)

    async def until_files(self, *expected: str) -> None:
        """Wait until these files, in whatever runs, have arrived; each once."""

        async def enough() -> bool:
            return sum(map(len, await self.runs())) >= len(expected)

        await self.until(enough)
        assert sorted(file for files in await self.runs() for file in files) == sorted(expected)


Story = Callable[[Yard], Awaitable[None]]
Tell = Callable[[Story], None]


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that is migrated already."""
    path = tmp_path_factory.mktemp("empty") / STORE
    prepare(path)
    return path


@pytest.fixture
def tell(tmp_path: Path, empty_store: Path) -> Tell:
    """Tell a story about a yard."""

    def told(story: Story) -> None:
        yard = Yard(tmp_path)
        (tmp_path / "home" / "objects").mkdir(parents=True)
        yard.incoming.mkdir(parents=True)
        shutil.copy(empty_store, tmp_path / "home" / STORE)

        async def whole() -> None:
            async with opened(yard):
                await story(yard)

        asyncio.run(whole())

    return told


@contextlib.asynccontextmanager
async def opened(yard: Yard) -> AsyncIterator[None]:
    await yard.start()
    try:
        yield
    finally:
        await yard.stop()


def test_files_that_are_there_start_one_run(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        yard.drop("in/b.csv")
        yard.drop("in/a.csv")
        yard.drop("in/a.txt")
        await yard.wait_for_files()
        await yard.until_runs(["in/a.csv", "in/b.csv"])
        (run,) = await yard.daemon.store.read(
            lambda c: c.execute("SELECT trigger FROM runs").fetchall()
        )
        assert run["trigger"] == (
            '{"kind": "data", "files": ["in/a.csv", "in/b.csv"], "count": 2,'
            ' "path": ["in/*.csv"], "cause": "2 files: in/a.csv, in/b.csv"}'
        )

    tell(story)


def test_a_cause_is_one_line_whatever_a_file_is_called(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        yard.drop("in/a\n\x1b[31m.csv")
        await yard.wait_for_files()
        await yard.until_runs(["in/a\n\x1b[31m.csv"])
        (run,) = await yard.daemon.store.read(
            lambda c: c.execute("SELECT trigger FROM runs").fetchall()
        )
        assert json.loads(run["trigger"])["cause"] == "1 file: in/a⏎\\x1b[31m.csv"

    tell(story)


def test_each_content_of_a_file_starts_one_run(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        await yard.wait_for_files()
        path = yard.drop("in/a.csv", "one")
        await yard.until_files("in/a.csv")
        os.utime(path)
        path.chmod(0o600)
        yard.drop("in/a.csv", "one")
        yard.drop("in/b.csv")
        await yard.until_files("in/a.csv", "in/b.csv")
        yard.drop("in/a.csv", "two")
        await yard.until_files("in/a.csv", "in/b.csv", "in/a.csv")
        yard.drop("in/a.csv", "one")  # seen before
        yard.drop("in/c.csv")
        await yard.until_files("in/a.csv", "in/b.csv", "in/a.csv", "in/c.csv")

    tell(story)


def test_files_that_arrive_while_no_daemon_runs_start_one_run(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        yard.drop("in/a.csv")
        await yard.wait_for_files()
        await yard.until_runs(["in/a.csv"])
        await yard.stop()
        yard.drop("in/b.csv")
        yard.drop("in/c.csv")
        os.utime(yard.incoming / "a.csv")
        await yard.start()
        await yard.until_runs(["in/a.csv"], ["in/b.csv", "in/c.csv"])

    tell(story)


def test_a_file_that_is_written_to_waits_for_its_writer(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        await yard.wait_for_files()
        with (yard.incoming / "a.csv").open("w") as writer:
            writer.write("half")
            writer.flush()
            yard.drop("in/b.csv")
            await yard.until_runs(["in/b.csv"])
            writer.write(" and half")
        await yard.until_runs(["in/b.csv"], ["in/a.csv"])

    tell(story)


def test_a_marker_or_a_renaming_tells_that_a_file_is_complete(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        await yard.wait_for_files("in/**", settle=LONG)
        yard.drop("in/growing.csv")
        yard.drop("in/marked.csv")
        yard.drop("in/marked.csv.done", "")
        await yard.until_files("in/marked.csv")
        yard.drop("in/day/a.csv")
        yard.drop("in/day/b.csv")
        yard.drop("in/day/_SUCCESS", "")
        await yard.until_files("in/marked.csv", "in/day/a.csv", "in/day/b.csv")
        aside = yard.drop("aside")
        os.utime(aside, (1, 1))
        aside.rename(yard.incoming / "renamed.csv")
        known = ["in/marked.csv", "in/day/a.csv", "in/day/b.csv"]
        await yard.until_files(*known, "in/renamed.csv")

    tell(story)


def test_a_marker_that_is_older_than_its_file_says_nothing(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        os.utime(yard.drop("in/a.csv.done", ""), (1, 1))
        yard.drop("in/a.csv")
        yard.drop("in/b.csv")
        yard.drop("in/b.csv.done", "")
        await yard.wait_for_files(settle=LONG)
        await yard.until_runs(["in/b.csv"])

    tell(story)


def test_a_file_counts_when_it_stood_still(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        await yard.wait_for_files(settle="200ms")
        began = time.monotonic()
        yard.drop("in/a.csv")
        await yard.until_runs(["in/a.csv"])
        assert time.monotonic() - began >= 0.2

    tell(story)


def test_a_batch_is_one_run(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        await yard.wait_for_files(batch="400ms")
        yard.drop("in/a.csv")
        await asyncio.sleep(0.05)  # within the batch
        yard.drop("in/b.csv")
        await yard.until_runs(["in/a.csv", "in/b.csv"])

    tell(story)


def test_more_files_than_a_run_takes_make_several(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainautod.triggers.data.MOST_FILES", 3)

    async def story(yard: Yard) -> None:
        names = [f"in/{number}.csv" for number in range(7)]
        for name in names:
            yard.drop(name)
        await yard.wait_for_files()
        await yard.until_runs(names[:3], names[3:6], names[6:])

    tell(story)


def test_folders_may_come_later_go_and_be_made_again(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        await yard.wait_for_files("in/new/deep/**/*.csv")
        yard.drop("in/new/deep/a.csv")
        await yard.until_files("in/new/deep/a.csv")
        yard.drop("in/new/deep/x/y/b.csv")
        await yard.until_files("in/new/deep/a.csv", "in/new/deep/x/y/b.csv")
        shutil.rmtree(yard.incoming)
        yard.drop("in/new/deep/c.csv")
        known = ["in/new/deep/a.csv", "in/new/deep/x/y/b.csv", "in/new/deep/c.csv"]
        await yard.until_files(*known)
        yard.drop("in/new/deep/z/d.csv")
        await yard.until_files(*known, "in/new/deep/z/d.csv")

    tell(story)


def test_a_folder_may_be_a_link(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        store = yard.root / "far"
        store.mkdir()
        (yard.folder / "linked").symlink_to(store)
        await yard.wait_for_files("linked")
        (store / "a.csv").write_text("1")
        await yard.until_files("linked/a.csv")
        (store / "x").mkdir()
        (store / "x" / "b.csv").write_text("1")
        await yard.until_files("linked/a.csv", "linked/x/b.csv")

    tell(story)


def test_files_outside_of_the_pipelines_folder_are_named_in_full(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        await yard.wait_for_files("../far/*.csv")
        path = yard.drop("../far/a.csv").resolve()
        await yard.until_runs([str(path)])

    tell(story)


def test_an_edit_of_the_trigger_takes_effect_at_once(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        await yard.wait_for_files()
        yard.drop("in/a.csv")
        yard.drop("other/b.csv")
        await yard.until_runs(["in/a.csv"])
        await yard.wait_for_files("other/*.csv")
        await yard.until_runs(["in/a.csv"], ["other/b.csv"])
        yard.drop("in/c.csv")
        yard.drop("other/d.csv")
        await yard.until_runs(["in/a.csv"], ["other/b.csv"], ["other/d.csv"])
        await yard.register("")
        yard.drop("other/e.csv")
        await yard.wait_for_files("../other/none.csv")
        await yard.wait_for_files()
        await yard.until_files("in/a.csv", "other/b.csv", "other/d.csv", "in/c.csv")

    tell(story)


def test_a_file_of_two_triggers_has_one_run_of_the_pipeline(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        for number in range(20):
            yard.drop(f"in/{number}.csv")
        await yard.register(
            "on: [{data: {path: in/*.csv, settle: 0}}, {data: {path: 'in/1*', settle: 0}}]\n"
        )
        await yard.until_files(*(f"in/{number}.csv" for number in range(20)))

    tell(story)


def test_what_cannot_be_read_is_told_once_and_disturbs_nothing(tell: Tell) -> None:
    async def story(yard: Yard) -> None:
        odd = os.fsencode(yard.incoming) + b"/\xff.csv"
        with open(odd, "w") as file:
            file.write("1")
        await yard.wait_for_files()
        yard.drop("in/a.csv")
        await yard.until_runs(["in/a.csv"])
        await yard.until(lambda: yard.told("data_unreadable"))
        os.utime(odd)  # and watchfiles gives up over such a name
        yard.drop("in/b.csv")
        await yard.until_runs(["in/a.csv"], ["in/b.csv"])
        (event,) = await yard.told("data_unreadable")
        assert event["data"]["path"].endswith("in/\\udcff.csv")
        assert "not UTF-8" in event["data"]["reason"]

    tell(story)


def test_news_that_is_lost_is_made_good_by_a_scan(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "SCAN_S", 0.2)
    monkeypatch.setattr(feeds.Feed, "notice", lambda feed, changes: None)
    monkeypatch.setattr(feeds.Feed, "rescan", lambda feed: None)

    async def story(yard: Yard) -> None:
        await yard.wait_for_files()
        yard.drop("in/a.csv")
        await yard.until_runs(["in/a.csv"])
        yard.drop("in/b.csv")
        await yard.until_runs(["in/a.csv"], ["in/b.csv"])

    tell(story)


def test_folders_that_cannot_be_watched_are_told_of_and_scanned_often(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = True

    def watch(*paths: str, ignore_permission_denied: bool, **given: Any) -> Any:
        if limited and not ignore_permission_denied:  # else watchfiles ignores this error too
            raise OSError("OS file watch limit reached. (Error { kind: MaxFilesWatch })")
        return watchfiles.watch(*paths, **given) if not limited else iter([set()])

    monkeypatch.setattr(watching, "watch", watch)
    monkeypatch.setattr(watching, "AGAIN_S", 0.1)
    monkeypatch.setattr(feeds, "POLL_S", 0.1)

    async def story(yard: Yard) -> None:
        nonlocal limited
        await yard.wait_for_files(settle="1ms")
        (event,) = await yard.until(lambda: yard.told("data_unwatched"))
        assert "raise fs.inotify.max_user_watches" in event["data"]["reason"]
        yard.drop("in/a.csv")
        await yard.until_runs(["in/a.csv"])
        limited = False
        monkeypatch.setattr(feeds, "POLL_S", feeds.SCAN_S)
        yard.drop("in/b.csv")
        await yard.until_runs(["in/a.csv"], ["in/b.csv"])
        assert len(await yard.told("data_unwatched")) == 1

    tell(story)


class Restless(ObjectStore):
    """A store of files that others keep writing to, for a while."""

    refuses = True

    def put_file(self, path: str | os.PathLike[str], link: bool = True) -> StoredObject:
        if self.refuses:
            raise FileKeepsChanging(os.fspath(path))
        return super().put_file(path, link)


def test_files_whose_run_cannot_be_started_wait_for_it(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "RETRY_S", 0.1)

    async def story(yard: Yard) -> None:
        objects = yard.daemon.objects
        restless = Restless(objects.root, objects.digester)
        monkeypatch.setattr(yard.daemon.runs, "_objects", restless)
        (yard.folder / "step.sh").write_text("true\n")
        (yard.folder / "p.yaml").write_text(
            "name: p\non: {data: {path: in/*.csv, settle: 0}}\n"
            "steps: [{id: a, when: 1 == 2, run: sh step.sh}]\n"
        )
        await yard.daemon.catalog.add(yard.folder / "p.yaml")
        yard.drop("in/a.csv")
        (event,) = await yard.until(lambda: yard.told("data_refused"))
        assert event["data"]["count"] == 1
        assert "step.sh" in event["data"]["reason"]
        yard.drop("in/b.csv")
        await asyncio.sleep(0.3)  # some tries
        restless.refuses = False
        await yard.until_files("in/a.csv", "in/b.csv")
        assert len(await yard.told("data_refused")) == 1

    tell(story)
