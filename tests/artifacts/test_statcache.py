"""The cache of digests by stat identity."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from trainautod.artifacts import statcache
from trainautod.artifacts.identity import StatIdentity
from trainautod.artifacts.statcache import StatCache

DIGEST = "ab" * 32


def identity(ino: int = 1, mtime: int = 5, dev: int = 7) -> StatIdentity:
    return StatIdentity(dev, ino, 100, mtime, mtime)


def test_a_digest_is_found_by_its_exact_identity(tmp_path: Path) -> None:
    with closing(StatCache(tmp_path / "c.db")) as cache:
        assert cache.get(identity()) is None
        cache.put(identity(), DIGEST)
        assert cache.get(identity()) == DIGEST
        assert cache.get(identity(mtime=6)) is None
        assert cache.get(identity(dev=8)) is None


def test_a_changed_file_replaces_its_entry(tmp_path: Path) -> None:
    with closing(StatCache(tmp_path / "c.db")) as cache:
        cache.put(identity(), DIGEST)
        cache.put(identity(mtime=6), "cd" * 32)
        assert cache.get(identity()) is None
        assert cache.get(identity(mtime=6)) == "cd" * 32


@pytest.mark.parametrize("ino", [1, 2**63 - 1, 2**63, 2**64 - 1])
def test_entries_survive_a_restart(tmp_path: Path, ino: int) -> None:
    with closing(StatCache(tmp_path / "c.db")) as cache:
        cache.put(identity(ino), DIGEST)
    with closing(StatCache(tmp_path / "c.db")) as cache:
        assert cache.get(identity(ino)) == DIGEST
        assert cache.get(identity(ino, mtime=6)) is None


def test_negative_and_distant_times_are_no_trouble(tmp_path: Path) -> None:
    with closing(StatCache(tmp_path / "c.db")) as cache:
        for mtime in (-5, 2**64):
            cache.put(identity(mtime=mtime), DIGEST)
            assert cache.get(identity(mtime=mtime)) == DIGEST


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM digests").fetchone()[0])


def test_writes_are_batched_and_flushed_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    with closing(StatCache(path)) as cache:
        for ino in range(statcache.BATCH - 1):
            cache.put(identity(ino), DIGEST)
        assert rows(path) == 0
        cache.put(identity(9_999), DIGEST)
        assert rows(path) == statcache.BATCH
        cache.put(identity(10_000), DIGEST)
        cache.flush()
        assert rows(path) == statcache.BATCH + 1


@pytest.mark.parametrize("damage", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_begun_again(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "c.db"
    path.write_bytes(damage)
    with closing(StatCache(path)) as cache:
        cache.put(identity(), DIGEST)
    assert rows(path) == 1


def test_damage_found_later_costs_the_entries_only(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    with closing(StatCache(path)) as cache:
        for ino in range(2_000):
            cache.put(identity(ino), DIGEST)
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (path.stat().st_size - 8192))
    with closing(StatCache(path)) as cache:
        assert [cache.get(identity(ino)) for ino in range(2_000)].count("wrong") == 0
        cache.put(identity(1), DIGEST)
        assert cache.get(identity(1)) == DIGEST
    with closing(StatCache(path)) as cache:
        assert cache.get(identity(1)) == DIGEST


def test_without_a_file_it_works_in_memory(tmp_path: Path) -> None:
    with closing(StatCache(tmp_path / "absent" / "c.db")) as cache:
        for ino in range(statcache.BATCH + 1):
            cache.put(identity(ino), DIGEST)
        cache.flush()
        assert cache.get(identity(3)) == DIGEST


def test_a_locked_file_costs_a_batch_not_an_error(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    with closing(StatCache(path)) as cache, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        cache.put(identity(), DIGEST)
        cache.flush()
        assert cache.get(identity()) == DIGEST


def test_it_still_answers_after_close(tmp_path: Path) -> None:
    cache = StatCache(tmp_path / "c.db")
    cache.put(identity(), DIGEST)
    cache.close()
    cache.close()
    assert cache.get(identity()) == DIGEST
    assert cache.get(identity(2)) is None


def test_memory_is_bounded_and_what_left_it_is_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statcache, "MEMORY_ENTRIES", 10)
    with closing(StatCache(tmp_path / "c.db")) as cache:
        for ino in range(100):
            cache.put(identity(ino), DIGEST)
        assert all(cache.get(identity(ino)) == DIGEST for ino in range(100))


def test_the_file_keeps_the_entries_written_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.db"
    with closing(StatCache(path)) as cache:
        for ino in range(100):
            cache.put(identity(ino), DIGEST)
    monkeypatch.setattr(statcache, "FILE_ENTRIES", 10)
    with closing(StatCache(path)) as cache:
        assert [ino for ino in range(100) if cache.get(identity(ino))] == list(range(90, 100))


def test_threads_share_it(tmp_path: Path) -> None:
    wrong: list[int] = []
    with closing(StatCache(tmp_path / "c.db")) as cache:

        def work(start: int) -> None:
            for ino in range(start, start + 500):
                cache.put(identity(ino), f"{ino:064x}")
                if cache.get(identity(ino)) != f"{ino:064x}":
                    wrong.append(ino)

        threads = [threading.Thread(target=work, args=(n * 250,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert cache.get(identity(1_000)) == f"{1_000:064x}"
