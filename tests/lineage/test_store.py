"""The store's thread: grouped, durable writes; honest reads; a full disk; an orderly end."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.waiting import wait_until
from trainautod.lineage import Store, events
from trainautod.lineage import store as store_module
from trainautod.lineage.errors import StoreClosed
from trainautod.lineage.queries import sql

Connection = sqlite3.Connection


def note(kind: str) -> Callable[[Connection], dict[str, Any]]:
    """Work that appends an event."""
    return lambda c: events.append(c, kind=kind, at_ms=1)


def kinds(connection: Connection) -> list[str]:
    return [str(row["kind"]) for row in connection.execute("SELECT kind FROM events ORDER BY seq")]


def on_disk(path: Path) -> list[str]:
    """What another process sees: committed rows only."""
    with closing(sqlite3.connect(path)) as other:
        return [kind for (kind,) in other.execute("SELECT kind FROM events ORDER BY seq")]


class Pause:
    """Work that keeps the store's thread busy until it is let go."""

    def __init__(self, store: Store) -> None:
        self._began, self._go = threading.Event(), threading.Event()
        self._done = store.submit(self._wait)
        assert self._began.wait(10)

    def _wait(self, _connection: Connection) -> None:
        self._began.set()
        assert self._go.wait(10)

    def end(self) -> None:
        self._go.set()
        self._done.result(10)


class TestWrites:
    def test_are_on_disk_when_they_answer(self, store: Store, path: Path) -> None:
        assert store.submit(note("a"), writes=True).result(10)["seq"] == 1
        assert on_disk(path) == ["a"]

    def test_are_full_synchronous_in_a_write_ahead_log(self, store: Store) -> None:
        def pragmas(connection: Connection) -> list[Any]:
            names = ("journal_mode", "synchronous", "foreign_keys")
            return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

        assert store.submit(pragmas).result(10) == ["wal", 2, 1]

    def test_that_wait_together_share_one_commit(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        commits = count_commits(monkeypatch)
        pause = Pause(store)
        futures = [store.submit(note(f"k{i}"), writes=True) for i in range(50)]
        pause.end()
        assert [f.result(10)["seq"] for f in futures] == list(range(1, 51))
        assert len(commits) == 1

    def test_a_stream_without_a_pause_is_cut_into_transactions(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        commits = count_commits(monkeypatch)
        monkeypatch.setattr(store_module, "BATCH_LIMIT", 10)
        pause = Pause(store)
        futures = [store.submit(note("k"), writes=True) for _ in range(35)]
        pause.end()
        wait(futures, 10)
        assert len(commits) == 4

    def test_one_that_fails_does_not_disturb_its_neighbours(self, store: Store) -> None:
        def half_done(connection: Connection) -> None:
            events.append(connection, kind="half", at_ms=1)
            raise ValueError("refused")

        pause = Pause(store)
        first = store.submit(note("first"), writes=True)
        second = store.submit(half_done, writes=True)
        third = store.submit(lambda c: c.execute("INSERT INTO nowhere VALUES (1)"), writes=True)
        fourth = store.submit(note("fourth"), writes=True)
        pause.end()
        with pytest.raises(ValueError, match="refused"):
            second.result(10)
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            third.result(10)
        wait([first, fourth], 10)
        assert store.submit(kinds).result(10) == ["first", "fourth"]

    def test_one_that_fails_alone_leaves_no_transaction_open(self, store: Store) -> None:
        with pytest.raises(ZeroDivisionError):
            store.submit(lambda _: 1 // 0, writes=True).result(10)
        store.submit(note("next"), writes=True).result(10)
        assert store.submit(kinds).result(10) == ["next"]

    def test_keep_the_order_in_which_they_were_submitted(self, store: Store) -> None:
        futures = [store.submit(note(f"k{i}"), writes=True, urgent=bool(i % 3)) for i in range(200)]
        assert [f.result(10)["seq"] for f in futures] == list(range(1, 201))

    def test_that_are_not_urgent_wait_a_little_for_company(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store_module, "LAZY_COMMIT_S", 30.0)
        commits = count_commits(monkeypatch)
        lazy = [store.submit(note(f"lazy{i}"), writes=True, urgent=False) for i in range(3)]
        assert store.submit(kinds, urgent=False).result(10) == ["lazy0", "lazy1", "lazy2"]
        assert not any(future.done() for future in lazy)
        urgent = store.submit(note("urgent"), writes=True)
        wait([*lazy, urgent], 10)
        assert len(commits) == 1

    def test_that_are_not_urgent_are_committed_without_company(self, store: Store) -> None:
        future = store.submit(note("lazy"), writes=True, urgent=False)
        assert future.result(10)["seq"] == 1

    def test_whose_caller_gave_up_are_left_out_and_harm_nobody(self, store: Store) -> None:
        pause = Pause(store)
        given_up = store.submit(note("given up"), writes=True)
        question = store.submit(kinds)
        assert given_up.cancel()
        assert question.cancel()
        kept = store.submit(note("kept"), writes=True)
        pause.end()
        kept.result(10)
        assert store.submit(kinds).result(10) == ["kept"]

    def test_of_a_cancelled_task_do_not_stop_the_store(self, store: Store) -> None:
        async def story() -> list[str]:
            pause = await asyncio.to_thread(Pause, store)
            task = asyncio.create_task(store.write(note("given up")))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(pause.end)
            await store.write(note("kept"), urgent=False)
            return await store.read(kinds)

        assert asyncio.run(story()) == ["kept"]


class TestReads:
    def test_see_every_write_before_them_and_only_what_is_on_disk(
        self, store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store_module, "LAZY_COMMIT_S", 30.0)
        lazy = store.submit(note("lazy"), writes=True, urgent=False)
        assert store.submit(kinds).result(10) == ["lazy"]
        assert lazy.done()
        assert on_disk(path) == ["lazy"]

    def test_that_fail_tell_their_caller(self, store: Store) -> None:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            store.submit(lambda c: c.execute("SELECT * FROM nowhere")).result(10)
        assert store.submit(events.last).result(10) == 0


class TestClosing:
    def test_finishes_what_is_queued(self, path: Path) -> None:
        store = Store.open(path)
        pause = Pause(store)
        futures = [store.submit(note(f"k{i}"), writes=True, urgent=bool(i % 2)) for i in range(20)]
        closing = threading.Thread(target=store.close)
        closing.start()
        pause.end()
        closing.join(10)
        assert all(future.done() for future in futures)
        assert on_disk(path) == [f"k{i}" for i in range(20)]
        assert not path.with_name("store.db-wal").exists()

    def test_refuses_what_comes_later(self, path: Path) -> None:
        store = Store.open(path)
        store.close()
        store.close()
        with pytest.raises(StoreClosed, match="the daemon is stopping"):
            store.submit(note("late"), writes=True).result(10)
        with pytest.raises(StoreClosed):
            store.submit(kinds).result(10)

    def test_leaves_no_caller_waiting(self, path: Path) -> None:
        store = Store.open(path)
        answers: list[Future[Any]] = []

        def ask() -> None:
            answers.extend(store.submit(note("k"), writes=True, urgent=False) for _ in range(300))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        store.close()
        for thread in threads:
            thread.join(10)
        assert not wait(answers, 10).not_done
        written = sum(future.exception() is None for future in answers)
        assert len(on_disk(path)) == written


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try a full disk again soon."""
    monkeypatch.setattr(store_module, "ROOM_RETRY_S", 0.02)


def big(kind: str, size: int = 20_000) -> Callable[[Connection], dict[str, Any]]:
    return lambda c: events.append(c, kind=kind, at_ms=1, data={"x": "y" * size})


def limit_pages(store: Store, room: int | None) -> None:
    """Let the store grow by ``room`` pages and no more."""

    def work(connection: Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        most = pages + room if room is not None else 1 << 30
        connection.execute(f"PRAGMA max_page_count={most}")

    store.submit(work).result(10)


def degraded(store: Store) -> Callable[[], str | None]:
    return lambda: store.degraded


@pytest.mark.usefixtures("quick")
class TestWithoutRoom:
    def test_writes_wait_reads_go_on_and_all_recovers_by_itself(self, store: Store) -> None:
        store.submit(note("before"), writes=True).result(10)
        limit_pages(store, 2)
        held = [store.submit(big(f"held{i}"), writes=True) for i in range(3)]
        told = wait_until(degraded(store), "the store to be degraded")
        assert "free some space" in told
        assert store.submit(kinds).result(10) == ["before"]
        later = [store.submit(note(f"later{i}"), writes=True) for i in range(3)]
        assert not any(future.done() for future in held)
        limit_pages(store, None)
        wait([*held, *later], 10)
        assert store.degraded is None
        expected = ["before", *(f"held{i}" for i in range(3)), *(f"later{i}" for i in range(3))]
        assert store.submit(kinds).result(10) == expected

    def test_nothing_acknowledged_is_lost_and_nothing_is_written_twice(
        self, store: Store, path: Path
    ) -> None:
        limit_pages(store, 6)
        pause = Pause(store)
        small = store.submit(note("small"), writes=True)
        large = store.submit(big("large", 200_000), writes=True)
        last = store.submit(note("last"), writes=True)
        pause.end()
        wait_until(degraded(store), "the store to be degraded")
        assert not large.done()
        limit_pages(store, None)
        wait([small, large, last], 10)
        assert on_disk(path) == ["small", "large", "last"]

    def test_writes_stay_in_order_however_often_they_are_put_off(self, store: Store) -> None:
        limit_pages(store, 1)
        futures = [store.submit(big(f"k{i}", 3_000), writes=True) for i in range(60)]
        wait_until(degraded(store), "the store to be degraded")
        for room in (1, 3, 5, 8):
            limit_pages(store, room)
            futures += [store.submit(note(f"more{room}.{i}"), writes=True) for i in range(5)]
        limit_pages(store, None)
        assert [f.result(10)["seq"] for f in futures] == list(range(1, 81))

    def test_a_held_write_that_is_refused_later_answers_its_caller_alone(
        self, store: Store
    ) -> None:
        def only_once(connection: Connection) -> None:
            found = connection.execute("SELECT count(*) FROM specs").fetchone()[0]
            big("never")(connection)
            if found:
                raise ValueError("taken")

        store.submit(note("before"), writes=True).result(10)
        limit_pages(store, 2)
        pause = Pause(store)
        add_spec = {"digest": "d", "text": "t"}
        first = store.submit(lambda c: c.execute(sql("add_spec"), add_spec), writes=True)
        held = store.submit(only_once, writes=True)
        last = store.submit(note("last"), writes=True)
        pause.end()
        wait_until(degraded(store), "the store to be degraded")
        limit_pages(store, None)
        with pytest.raises(ValueError, match="taken"):
            held.result(10)
        first.result(10)
        last.result(10)
        assert store.submit(kinds).result(10) == ["before", "last"]

    def test_closing_refuses_what_does_not_fit(self, path: Path) -> None:
        store = Store.open(path)
        limit_pages(store, 1)
        held = store.submit(big("held"), writes=True)
        wait_until(degraded(store), "the store to be degraded")
        later = store.submit(big("later"), writes=True)
        store.close()
        for future in (held, later):
            with pytest.raises(StoreClosed, match="full"):
                future.result(10)
        assert on_disk(path) == []

    def test_a_store_that_another_program_holds_is_waited_for(
        self, store: Store, path: Path
    ) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            held = store.submit(note("held"), writes=True)
            told = wait_until(degraded(store), "the store to be degraded")
            assert "another program holds it" in told
            assert store.submit(kinds).result(10) == []
            other.execute("ROLLBACK")
        assert held.result(10)["seq"] == 1


FULL_DISK = """
import sys, threading, time
from pathlib import Path
from trainautod.lineage import Store, events, store as module

module.ROOM_RETRY_S = 0.02
home = Path(sys.argv[1])
store = Store.open(home / "store.db")
ballast = home / "ballast"
with ballast.open("wb") as file:
    try:
        while True:
            file.write(b"x" * 65536)
            file.flush()
    except OSError:
        pass

def work(name):
    return lambda c: events.append(c, kind=name, at_ms=1, data={"x": "y" * 30000})

started, go = threading.Event(), threading.Event()
store.submit(lambda c: (started.set(), go.wait(10)))
started.wait(10)
store.submit(work("held"), writes=True, urgent=False)  # its COMMIT is what fails
read = store.submit(lambda c: [e["kind"] for e in events.after(c, 0)])
go.set()
assert read.result(10) == []

futures = [store.submit(work(f"k{i}"), writes=True) for i in range(20)]
while store.degraded is None:
    time.sleep(0.01)
acknowledged = [f.result()["kind"] for f in futures if f.done()]
seen = store.submit(lambda c: [e["kind"] for e in events.after(c, 0)]).result(10)
assert seen == acknowledged, (seen, acknowledged)
ballast.unlink()
assert [f.result(20)["seq"] for f in futures] == list(range(2, 22))
assert store.degraded is None
store.close()
print("recovered after", len(acknowledged))
"""


def test_a_disk_that_is_really_full_is_survived(tmp_path: Path) -> None:
    mount = tmp_path / "disk"
    mount.mkdir()
    script = tmp_path / "story.py"
    script.write_text(FULL_DISK)
    inside = f'mount -t tmpfs -o size=3m none "{mount}" && exec "{sys.executable}" -W error '
    command = ["unshare", "-Urm", "sh", "-c", inside + f'"{script}" "{mount}"']
    if not may_mount(mount):
        pytest.skip("this machine lets no user mount a small disk of its own")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("recovered after")


def may_mount(directory: Path) -> bool:
    inside = f'mount -t tmpfs -o size=3m none "{directory}"'
    try:
        done = subprocess.run(
            ["unshare", "-Urm", "sh", "-c", inside], capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


class Broken(sqlite3.Connection):
    """A connection whose disk fails at the next commit."""

    failing = False

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "COMMIT" and self.failing:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return super().execute(sql, *parameters)


def test_a_failing_disk_ends_the_store_and_everyone_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Broken, "failing", False)
    plain = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: plain(*a, factory=Broken, **k))
    store = Store.open(path)
    fatal: list[BaseException] = []
    store.on_fatal = fatal.append
    store.submit(note("kept"), writes=True).result(10)
    Broken.failing = True
    pause = Pause(store)
    writes = [store.submit(note("lost"), writes=True) for _ in range(3)]
    pause.end()
    for future in writes:
        with pytest.raises(StoreClosed, match="disk I/O error"):
            future.result(10)
    store.close()
    assert [str(error) for error in fatal] == ["disk I/O error"]
    with pytest.raises(StoreClosed):
        store.submit(kinds).result(10)
    assert on_disk(path) == ["kept"]


KILLED = """
import os, sys
from pathlib import Path
from trainautod.lineage import Store, events

store = Store.open(Path(sys.argv[1]))
for i in range(10_000):
    store.submit(lambda c: events.append(c, kind=f"k{i}", at_ms=1), writes=True).result(10)
    os.write(1, b"%d\\n" % i)
"""


def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(25):
            process.stdout.readline()
        process.kill()
        rest = process.stdout.read().split()
    acknowledged = 25 + len(rest)
    kept = on_disk(path)
    assert kept[:acknowledged] == [f"k{i}" for i in range(acknowledged)]
    assert len(kept) - acknowledged in (0, 1)


def count_commits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with every commit."""
    commits: list[str] = []

    def passing(name: str) -> None:
        commits.extend([name] if name == "store.commit.after" else [])

    monkeypatch.setattr(store_module, "failpoint", passing)
    return commits


def test_the_file_is_private(tmp_path: Path) -> None:
    fresh = Store.open(tmp_path / "fresh.db")
    fresh.close()
    assert (tmp_path / "fresh.db").stat().st_mode & 0o777 == 0o600
