"""The object store."""

import errno
import itertools
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.artifacts.files import aged, assert_sound, names, overwrite, write
from trainautod.artifacts import objects as objects_module
from trainautod.artifacts import transfer
from trainautod.artifacts.digest import HUGE, Digester, digest_bytes
from trainautod.artifacts.errors import (
    FileKeepsChanging,
    InvalidDigest,
    NotRegularFile,
    ObjectMissing,
)
from trainautod.artifacts.objects import ObjectStore, StoredObject
from trainautod.artifacts.statcache import StatCache


def put(objects: ObjectStore, path: Path, data: bytes = b"data") -> StoredObject:
    return objects.put_file(write(path, data))


def test_a_file_is_stored_under_its_digest(objects: ObjectStore, tmp_path: Path) -> None:
    stored = put(objects, tmp_path / "a")
    assert stored == StoredObject(digest_bytes(b"data"), 4)
    path = objects.path(stored.digest)
    assert path == objects.root / stored.digest[:2] / stored.digest[2:]
    assert path.read_bytes() == b"data"
    assert objects.check(stored.digest)
    assert_sound(objects)


def test_a_file_of_ours_becomes_the_object_by_a_link(objects: ObjectStore, tmp_path: Path) -> None:
    stored = put(objects, tmp_path / "a")
    assert objects.path(stored.digest).samefile(tmp_path / "a")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o444


def test_bytes_are_stored_like_a_file(objects: ObjectStore, tmp_path: Path) -> None:
    assert objects.put_bytes(b"data") == put(objects, tmp_path / "a")
    assert objects.put_bytes(b"") == StoredObject(digest_bytes(b""), 0)
    assert_sound(objects)


@pytest.mark.parametrize("kind", ["asked", "executable", "another name"])
def test_a_file_that_must_stay_as_it_is_is_copied(
    objects: ObjectStore, tmp_path: Path, kind: str
) -> None:
    path = write(tmp_path / "a", b"data", 0o755 if kind == "executable" else 0o640)
    if kind == "another name":
        os.link(path, tmp_path / "b")
    mode = path.stat().st_mode
    stored = objects.put_file(path, link=kind != "asked")
    assert not objects.path(stored.digest).samefile(path)
    assert path.stat().st_mode == mode
    path.write_bytes(b"changed")
    assert objects.check(stored.digest)
    assert_sound(objects)


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP])
def test_where_links_are_refused_the_file_is_copied(
    objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def link(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", link)
    stored = put(objects, tmp_path / "a")
    assert not objects.path(stored.digest).samefile(tmp_path / "a")
    assert_sound(objects)


def test_a_file_on_another_device_is_copied(objects: ObjectStore, tmp_path: Path) -> None:
    other = Path("/dev/shm") / f"trainauto-test-{os.getpid()}"
    if not other.parent.is_dir() or other.parent.stat().st_dev == tmp_path.stat().st_dev:
        other = tmp_path / "same"
    try:
        stored = put(objects, other)
        assert objects.path(stored.digest).read_bytes() == b"data"
        assert_sound(objects)
    finally:
        other.unlink()


def test_storing_again_writes_and_reads_nothing(objects: ObjectStore, tmp_path: Path) -> None:
    stored = put(objects, tmp_path / "a")
    before = objects.path(stored.digest).stat()
    reads = objects.digester.bytes_read
    assert objects.put_file(tmp_path / "a") == stored
    assert objects.put_bytes(b"data") == stored
    assert objects.check(stored.digest)
    assert objects.digester.bytes_read == reads
    assert objects.path(stored.digest).stat() == before


def test_a_huge_file_written_just_now_is_read_once(objects: ObjectStore, tmp_path: Path) -> None:
    model = write(tmp_path / "model.pkl", b"weights")
    os.truncate(model, HUGE)
    stored = objects.put_file(model)
    assert objects.check(stored.digest)
    assert objects.digester.bytes_read == HUGE
    assert stored.size == HUGE


def test_a_second_file_of_the_same_content_stays_its_own(
    objects: ObjectStore, tmp_path: Path
) -> None:
    stored = put(objects, tmp_path / "a")
    assert put(objects, tmp_path / "b") == stored
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o644


def test_several_files_are_stored_at_once(objects: ObjectStore, tmp_path: Path) -> None:
    paths = [write(tmp_path / str(n), b"%d" % (n % 7)) for n in range(20)]
    stored = objects.put_files(paths)
    assert [item.digest for item in stored] == [digest_bytes(b"%d" % (n % 7)) for n in range(20)]
    assert len(list(objects.root.glob("??/*"))) == 7
    assert objects.put_files([]) == []
    assert_sound(objects)


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("writes", [1, 1000])
def test_a_file_written_after_its_digest_was_taken_is_not_stored(
    objects: ObjectStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settled: bool,
    writes: int,
) -> None:
    path = write(tmp_path / "a", b"old!")
    if settled:
        aged(path)
    real, left = objects.digester.files, iter(range(writes))

    def files(paths: list[Path]) -> list[str]:
        digests = real(paths)
        for number in itertools.islice(left, 1):
            path.write_bytes(b"n%03d" % number)
        return digests

    monkeypatch.setattr(objects.digester, "files", files)
    if writes == 1:
        assert objects.put_file(path).digest == digest_bytes(b"n000")
    else:
        with pytest.raises(FileKeepsChanging):
            objects.put_file(path)
    assert not objects.check(digest_bytes(b"old!"))
    assert_sound(objects)


def test_a_file_that_is_replaced_whole_while_it_is_read_is_stored(
    objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read, left = write(tmp_path / "a", b"version"), os.preadv, iter(range(4))

    def replace(handle: int, buffers: list[bytearray], offset: int) -> int:
        for number in itertools.islice(left, 1):
            write(tmp_path / "b", b"version %d" % number).replace(path)
        return read(handle, buffers, offset)

    monkeypatch.setattr(os, "preadv", replace)
    assert objects.put_file(path).digest == digest_bytes(b"version 3")
    assert_sound(objects)


def test_a_writer_that_kept_the_file_open_cannot_fool_the_store(
    objects: ObjectStore, tmp_path: Path
) -> None:
    path = write(tmp_path / "a", b"before")
    with path.open("r+b", buffering=0) as file:
        stored = objects.put_file(path)
        file.write(b"behind")  # within the same tick of the file clock, and of the same size
    assert not objects.check(stored.digest)
    assert [item.read_bytes() for item in objects.quarantined()] == [b"behind"]


def test_what_is_no_file_is_not_stored(objects: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(write(tmp_path / "a", b"data"))
    for name in ("folder", "link"):
        with pytest.raises(NotRegularFile):
            objects.put_file(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        objects.put_file(tmp_path / "absent")


@pytest.mark.parametrize("digest", ["", "../x", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n"])
def test_only_digests_name_objects(objects: ObjectStore, digest: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDigest):
        objects.path(digest)
    with pytest.raises(InvalidDigest):
        objects.check(digest)
    with pytest.raises(InvalidDigest):
        objects.materialise(digest, tmp_path / "x")


@pytest.mark.parametrize("damage", [b"dat!", b"", b"longer than it was"])
def test_a_damaged_object_is_set_aside_and_can_be_stored_again(
    objects: ObjectStore, tmp_path: Path, damage: bytes
) -> None:
    stored = put(objects, tmp_path / "a")
    for count in (1, 2):
        path = objects.path(stored.digest)
        overwrite(path, damage)
        if not damage:
            os.truncate(path, 2)
        assert not objects.check(stored.digest)
        assert not path.exists()
        evidence = objects.quarantined()
        assert [item.name for item in evidence] == [
            f"{stored.digest}.{number}" for number in range(1, count + 1)
        ]
        assert evidence[-1].read_bytes()[:4] in (damage[:4], b"da")
        with pytest.raises(ObjectMissing):
            objects.materialise(stored.digest, tmp_path / "out")
        assert objects.put_bytes(b"data") == stored
        assert objects.check(stored.digest)
    assert_sound(objects)


def test_a_folder_in_an_objects_place_is_set_aside(objects: ObjectStore) -> None:
    stored = objects.put_bytes(b"data")
    path = objects.path(stored.digest)
    path.unlink()
    path.mkdir()
    assert not objects.check(stored.digest)
    assert objects.put_bytes(b"data") == stored
    assert_sound(objects)


def test_an_object_the_disk_cannot_read_is_set_aside(
    objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = objects.put_bytes(b"data")
    os.utime(objects.path(stored.digest))

    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "preadv", fail)
        assert not objects.check(stored.digest)
    assert names(objects.root / "quarantine") == [f"{stored.digest}.1"]


def test_a_machine_out_of_file_handles_condemns_no_object(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = objects.put_bytes(b"data")
    os.utime(objects.path(stored.digest))

    def fail(*_: object) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(os, "preadv", fail)
        with pytest.raises(OSError, match="Too many"):
            objects.check(stored.digest)
    assert objects.check(stored.digest)


def test_a_touched_object_is_read_once_and_believed_again(objects: ObjectStore) -> None:
    stored = objects.put_bytes(b"data")
    path = objects.path(stored.digest)
    os.utime(path, (1, 1))
    before = objects.digester.bytes_read
    assert objects.check(stored.digest)
    assert objects.digester.bytes_read == before + 4
    assert objects.check(stored.digest)
    assert objects.digester.bytes_read == before + 4


def test_a_restarted_store_believes_what_was_verified(tmp_path: Path) -> None:
    for reads in (0, 0):
        cache = StatCache(tmp_path / "c.db")
        store = ObjectStore(tmp_path / "objects", Digester(cache))
        stored = store.put_bytes(b"data")
        assert store.check(stored.digest)
        assert store.digester.bytes_read == reads
        cache.close()


def test_removing_the_second_name_costs_no_reading(objects: ObjectStore, tmp_path: Path) -> None:
    stored = put(objects, tmp_path / "a")
    write(tmp_path / "other", b"x")
    before = objects.digester.bytes_read
    objects.release(tmp_path / "a")
    objects.release(tmp_path / "other")
    assert names(tmp_path) == ["digests.db", "digests.db-shm", "digests.db-wal", "objects"]
    assert objects.check(stored.digest)
    assert objects.digester.bytes_read == before


def test_removing_the_second_name_of_a_damaged_object_hides_nothing(
    objects: ObjectStore, tmp_path: Path
) -> None:
    stored = put(objects, tmp_path / "a")
    overwrite(tmp_path / "a", b"dat!")
    objects.release(tmp_path / "a")
    assert not objects.check(stored.digest)


@pytest.mark.parametrize("size", [0, 5, (64 << 10) + 1, transfer.COPY_BYTES])
@pytest.mark.parametrize("executable", [False, True])
def test_a_small_object_is_materialised_as_a_file_of_its_own(
    objects: ObjectStore, tmp_path: Path, size: int, executable: bool
) -> None:
    stored = objects.put_bytes(b"x" * size)
    target = tmp_path / "out"
    assert not objects.materialise(stored.digest, target, executable).linked
    assert target.read_bytes() == b"x" * size
    assert os.access(target, os.W_OK)
    assert bool(target.stat().st_mode & 0o100) is executable
    target.write_bytes(b"changed")
    assert objects.check(stored.digest)


def test_a_large_object_is_a_link_unless_it_must_be_a_file(
    objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects_module, "COPY_BYTES", 100_000)
    monkeypatch.setattr(transfer, "clone", lambda *_: False)
    stored = objects.put_bytes(b"x" * 100_001)
    assert objects.materialise(stored.digest, tmp_path / "a").linked
    assert (tmp_path / "a").readlink() == objects.path(stored.digest)
    assert not objects.materialise(stored.digest, tmp_path / "b", True).linked
    assert not objects.materialise(stored.digest, tmp_path / "c", link=False).linked
    assert (tmp_path / "c").read_bytes() == b"x" * 100_001


def test_a_target_that_exists_is_left_alone(objects: ObjectStore, tmp_path: Path) -> None:
    stored = objects.put_bytes(b"data")
    target = write(tmp_path / "out", b"mine")
    with pytest.raises(FileExistsError):
        objects.materialise(stored.digest, target)
    assert target.read_bytes() == b"mine"


def test_a_full_disk_leaves_no_part_of_a_file(
    objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = objects.put_bytes(b"data")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            objects.materialise(stored.digest, tmp_path / "out")
        with pytest.raises(OSError, match="No space"):
            objects.put_bytes(b"more")
    assert not (tmp_path / "out").exists()
    assert_sound(objects)


def test_a_failed_sync_stores_nothing(
    objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    path = write(tmp_path / "a", b"data")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            objects.put_file(path)
        with pytest.raises(OSError, match="Input/output"):
            objects.put_bytes(b"data")
    assert not objects.check(digest_bytes(b"data"))
    assert_sound(objects)


def test_a_put_syncs_the_file_and_then_its_folder(
    objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def record(handle: int) -> None:
        synced.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        real(handle)

    objects.put_bytes(b"data")
    monkeypatch.setattr(os, "fsync", record)
    put(objects, tmp_path / "a", b"other")
    assert synced == ["file", "folder", "folder"]  # its shard is new, so the root too
    synced.clear()
    put(objects, tmp_path / "b", b"other")
    assert synced == []
    again = ObjectStore(objects.root, objects.digester)
    again.put_bytes(b"other")  # an earlier process may have died before it synced the folder
    assert synced == ["folder"]


def test_leftovers_of_a_dead_process_are_swept(objects: ObjectStore) -> None:
    write(objects.root / "tmp" / "deadbeef-0", b"half")
    mine = write(objects.root / "tmp" / f"{objects_module._PROCESS}-x", b"at work")
    ObjectStore(objects.root, objects.digester)
    assert names(objects.root / "tmp") == [mine.name]


def test_verify_all_reads_every_byte_whatever_is_remembered(objects: ObjectStore) -> None:
    kept = objects.put_bytes(b"kept")
    lost = objects.put_bytes(b"lost")
    path = objects.path(lost.digest)
    status = path.stat()
    overwrite(path, b"LOST")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    before = objects.digester.bytes_read
    found = {verdict.digest: verdict.intact for verdict in objects.verify_all()}
    assert found == {kept.digest: True, lost.digest: False}
    assert objects.digester.bytes_read == before + 8
    assert [verdict.digest for verdict in objects.verify_all()] == [kept.digest]


def test_only_their_owner_may_enter_the_stores_folders(objects: ObjectStore) -> None:
    objects.put_bytes(b"data")
    for folder in (objects.root, *(item for item in objects.root.iterdir())):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_threads_may_put_the_same_content(objects: ObjectStore, tmp_path: Path) -> None:
    failed: list[BaseException] = []
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        try:
            barrier.wait()
            for serial in range(20):
                stored = put(objects, tmp_path / f"{number}-{serial}", b"%d" % serial)
                if not objects.check(stored.digest):
                    raise AssertionError(serial)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert objects.quarantined() == ()
    assert len(list(objects.root.glob("??/*"))) == 20
    assert_sound(objects)


CRASH = """
import sys
from trainautod.artifacts.digest import Digester
from trainautod.artifacts.objects import ObjectStore
from trainautod.artifacts.statcache import StatCache
home = sys.argv[1]
store = ObjectStore(home + "/objects", Digester(StatCache(home + "/digests.db")))
if sys.argv[2] == "bytes":
    store.put_bytes(b"data")
else:
    store.put_files([home + "/a", home + "/b"])
"""


@pytest.mark.parametrize("how", ["bytes", "files"])
@pytest.mark.parametrize("action", ["crash", "1*off->crash", "error(ENOSPC)"])
@pytest.mark.parametrize("point", ["artifacts.put.before_rename", "artifacts.put.after_rename"])
def test_a_put_that_dies_leaves_no_wrong_object(
    tmp_path: Path, point: str, action: str, how: str
) -> None:
    write(tmp_path / "a", b"data")
    write(tmp_path / "b", b"more")
    ended = subprocess.run(
        [sys.executable, "-c", CRASH, str(tmp_path), how],
        env={**os.environ, "TRAINAUTO_FAILPOINTS": f"{point}={action}"},
        check=False,
        capture_output=True,
    )
    assert ended.returncode != 0 or (how == "bytes" and action.startswith("1*"))
    cache = StatCache(tmp_path / "digests.db")
    objects = ObjectStore(tmp_path / "objects", Digester(cache))
    assert_sound(objects)
    assert objects.check(digest_bytes(b"data")) or "before" in point or action[0] == "1"
    assert (tmp_path / "a").read_bytes() == b"data"
    stored = objects.put_files([tmp_path / "a", tmp_path / "b"])
    assert [item.digest for item in stored] == [digest_bytes(b"data"), digest_bytes(b"more")]
    assert_sound(objects)
    cache.close()


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50
)
@given(st.binary(max_size=40))
def test_what_is_put_is_what_comes_out(objects: ObjectStore, tmp_path: Path, data: bytes) -> None:
    stored = objects.put_bytes(data)
    target = tmp_path / f"out{time.monotonic_ns()}"
    objects.materialise(stored.digest, target)
    assert target.read_bytes() == data


def test_no_order_of_events_serves_wrong_content(tmp_path: Path) -> None:
    """Puts, damage, removal, touches and restarts in any order, against a plain model."""

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.home = tmp_path / str(time.monotonic_ns())
            self.home.mkdir()
            self.serial = 0
            self.damaged: set[bytes] = set()
            self.present: set[bytes] = set()
            self.start()

        def start(self) -> None:
            self.cache = StatCache(self.home / "c.db")
            self.objects = ObjectStore(self.home / "objects", Digester(self.cache))

        contents = st.sampled_from([b"one", b"two", b"six"])

        @rule(data=contents, link=st.booleans(), keep=st.booleans())
        def put(self, data: bytes, link: bool, keep: bool) -> None:
            self.serial += 1
            path = write(self.home / "files" / str(self.serial), data)
            assert self.objects.put_file(path, link=link).digest == digest_bytes(data)
            self.present.add(data)
            self.damaged.discard(data)
            if not keep:
                self.objects.release(path)

        @rule(data=contents)
        def damage(self, data: bytes) -> None:
            path = self.objects.path(digest_bytes(data))
            if path.exists():
                overwrite(path, b"bad")
                self.damaged.add(data)

        @rule(data=contents)
        def remove(self, data: bytes) -> None:
            self.objects.path(digest_bytes(data)).unlink(missing_ok=True)
            self.present.discard(data)
            self.damaged.discard(data)

        @rule(data=contents, seconds=st.integers(0, 2))
        def touch(self, data: bytes, seconds: int) -> None:
            path = self.objects.path(digest_bytes(data))
            if path.exists():
                aged(path, seconds)

        @rule()
        def restart(self) -> None:
            self.cache.close()
            self.start()

        @rule(data=contents)
        def take(self, data: bytes) -> None:
            self.serial += 1
            target = self.home / f"out{self.serial}"
            try:
                self.objects.materialise(digest_bytes(data), target)
            except ObjectMissing:
                assert data not in self.present or data in self.damaged
                self.present.discard(data)
                self.damaged.discard(data)
            else:
                assert target.read_bytes() == data

        @invariant()
        def nothing_unfinished_is_left(self) -> None:
            assert names(self.objects.root / "tmp") == []

        def teardown(self) -> None:
            self.cache.close()

    run_state_machine_as_test(
        Machine, settings=settings(max_examples=25, stateful_step_count=20, deadline=None)
    )
