"""Sandboxes: what is placed, what is collected, what is refused."""

import errno
import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.artifacts.files import aged, assert_sound, names, overwrite, write
from trainautod.artifacts import objects as objects_module
from trainautod.artifacts import transfer
from trainautod.artifacts.digest import digest_bytes
from trainautod.artifacts.errors import (
    InputModified,
    NameNotText,
    ObjectMissing,
    OutputEscapes,
    OutputMissing,
    OutputUnreadable,
    PlacementConflict,
    SnapshotUnreadable,
)
from trainautod.artifacts.objects import ObjectStore
from trainautod.artifacts.placement import Placement
from trainautod.artifacts.sandbox import Collected, Sandbox


def stored(objects: ObjectStore, path: str, data: bytes = b"data", **more: object) -> Placement:
    item = objects.put_bytes(data)
    return Placement(path, item.digest, item.size, **more)  # type: ignore[arg-type]


def collected(path: str, data: bytes, executable: bool = False) -> Collected:
    return Collected(path, digest_bytes(data), len(data), executable)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "sandbox"


@pytest.fixture
def empty(home: Path, objects: ObjectStore) -> Sandbox:
    return Sandbox.create(home, objects=objects)


@pytest.fixture
def small_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects over 100 kB are links, as those over 16 MiB are otherwise."""
    monkeypatch.setattr(objects_module, "COPY_BYTES", 100_000)
    monkeypatch.setattr(transfer, "clone", lambda *_: False)


LARGE = b"L" * 100_001


class TestCreate:
    def test_files_are_placed_with_their_folders_and_modes(
        self, home: Path, objects: ObjectStore
    ) -> None:
        files = [
            stored(objects, "a.py", b"1", role="code"),
            stored(objects, "deep/er/b.parquet", b"2"),
            stored(objects, "./run.sh", b"3", executable=True),
        ]
        Sandbox.create(home, files, objects=objects)
        assert (home / "a.py").read_bytes() == b"1"
        assert (home / "deep/er/b.parquet").read_bytes() == b"2"
        assert os.access(home / "run.sh", os.X_OK)
        assert not os.access(home / "a.py", os.X_OK)
        assert stat.S_IMODE(home.stat().st_mode) == 0o700

    def test_code_is_a_file_of_its_own_and_large_data_a_link(
        self, home: Path, objects: ObjectStore, small_copies: None
    ) -> None:
        files = [stored(objects, "a.py", LARGE, role="code"), stored(objects, "d", LARGE)]
        Sandbox.create(home, files, objects=objects)
        assert not (home / "a.py").is_symlink()
        assert (home / "d").readlink() == objects.path(digest_bytes(LARGE))

    def test_what_a_crash_left_there_is_cleared_away(
        self, home: Path, objects: ObjectStore
    ) -> None:
        write(home / "left" / "over", b"")
        Sandbox.create(home, [stored(objects, "a")], objects=objects)
        assert names(home) == ["a"]

    def test_an_object_that_is_gone_is_told(self, home: Path, objects: ObjectStore) -> None:
        placement = stored(objects, "a")
        objects.path(placement.digest).unlink()
        with pytest.raises(ObjectMissing, match=placement.digest):
            Sandbox.create(home, [placement], objects=objects)

    def test_a_later_file_replaces_an_earlier_one(self, home: Path, objects: ObjectStore) -> None:
        Sandbox.create(
            home, [stored(objects, "a", b"1"), stored(objects, "a", b"2")], objects=objects
        )
        assert (home / "a").read_bytes() == b"2"

    @pytest.mark.parametrize("path", ["/a", "../a", "a/../../b", "", "."])
    def test_nothing_is_placed_outside(
        self, home: Path, objects: ObjectStore, path: str, tmp_path: Path
    ) -> None:
        with pytest.raises(PlacementConflict):
            Sandbox.create(home, [stored(objects, path)], objects=objects)
        with pytest.raises(PlacementConflict):
            Sandbox.create(home, links={path: write(tmp_path / "in")}, objects=objects)

    def test_a_path_cannot_be_file_and_folder(self, home: Path, objects: ObjectStore) -> None:
        files = [stored(objects, "data"), stored(objects, "data/x")]
        with pytest.raises(PlacementConflict, match=r"^data: "):
            Sandbox.create(home, files, objects=objects)


class TestLinks:
    def test_a_linked_file_is_the_input_itself(
        self, home: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        source = write(tmp_path / "in.csv", b"1")
        sandbox = Sandbox.create(home, links={"data/in.csv": source}, objects=objects)
        assert (home / "data/in.csv").readlink() == source
        assert sandbox.linked == {"data/in.csv": digest_bytes(b"1")}
        assert sandbox.collect() == ()

    def test_a_linked_folder_is_a_real_one_of_links(
        self, home: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        source = tmp_path / "incoming"
        write(source / "a", b"1")
        write(source / "sub" / "b", b"2")
        sandbox = Sandbox.create(home, links={"data/incoming": source}, objects=objects)
        assert not (home / "data/incoming/sub").is_symlink()
        assert (home / "data/incoming/sub/b").read_bytes() == b"2"
        write(source / "late", b"3")
        assert not (home / "data/incoming/late").exists()
        write(home / "data/incoming/own", b"4")
        assert sandbox.collect() == (collected("data/incoming/own", b"4"),)
        assert names(source) == ["a", "late", "sub"]

    def test_an_empty_linked_folder_is_there(
        self, home: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        (tmp_path / "in").mkdir()
        Sandbox.create(home, links={"x/in": tmp_path / "in"}, objects=objects)
        assert (home / "x/in").is_dir()

    def test_a_file_of_the_store_stands_within_and_before_links(
        self, home: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        write(tmp_path / "data" / "a", b"outside")
        write(tmp_path / "data" / "b", b"outside")
        Sandbox.create(
            home,
            [stored(objects, "data/a", b"store"), stored(objects, "data/c", b"store")],
            {"data": tmp_path / "data"},
            objects=objects,
        )
        assert (home / "data/a").read_bytes() == b"store"
        assert (home / "data/b").read_bytes() == b"outside"
        assert names(tmp_path / "data") == ["a", "b"]

    def test_a_missing_input_is_told(self, home: Path, objects: ObjectStore) -> None:
        with pytest.raises(FileNotFoundError, match="absent"):
            Sandbox.create(home, links={"a": "/absent"}, objects=objects)

    def test_an_input_that_changed_is_told(
        self, home: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        source = aged(write(tmp_path / "in", b"1"))
        sandbox = Sandbox.create(home, links={"in": source}, objects=objects)
        (home / "in").write_bytes(b"2")  # through the link
        with pytest.raises(InputModified, match=f"^in: .*{source}"):
            sandbox.collect()

    def test_an_input_that_vanished_is_told(
        self, home: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        source = write(tmp_path / "in", b"1")
        sandbox = Sandbox.create(home, links={"in": source}, objects=objects)
        source.unlink()
        with pytest.raises(InputModified):
            sandbox.collect()

    def test_an_input_that_changed_after_the_step_is_not_looked_at(
        self, home: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        source = aged(write(tmp_path / "in", b"1"))
        sandbox = Sandbox.create(home, links={"in": source}, objects=objects)
        write(home / "out", b"made of 1")
        source.write_bytes(b"2")
        assert [found.path for found in sandbox.collect(inputs_kept=True)] == ["out"]
        (home / "copy").symlink_to(source)
        with pytest.raises(InputModified, match=r"^copy: "):  # its bytes are no longer to be had
            sandbox.collect(inputs_kept=True)

    def test_a_touched_or_replaced_input_of_the_same_bytes_is_no_change(
        self, home: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        source = write(tmp_path / "in", b"1")
        sandbox = Sandbox.create(home, links={"in": source}, objects=objects)
        source.unlink()
        write(source, b"1", 0o600)
        assert sandbox.collect() == ()

    def test_a_linked_object_that_was_written_to_is_set_aside(
        self, home: Path, objects: ObjectStore, small_copies: None
    ) -> None:
        sandbox = Sandbox.create(home, [stored(objects, "d", LARGE)], objects=objects)
        overwrite(home / "d", b"!")
        with pytest.raises(InputModified, match=r"^d: "):
            sandbox.collect()
        assert len(objects.quarantined()) == 1
        assert not objects.check(digest_bytes(LARGE))

    def test_a_linked_input_is_no_output_even_when_declared(
        self, home: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        source = write(tmp_path / "in", b"1")
        sandbox = Sandbox.create(home, links={"data/in": source}, objects=objects)
        with pytest.raises(OutputEscapes, match=f"^data/in: .*the input {source}"):
            sandbox.collect(["data/in"])
        with pytest.raises(OutputMissing):
            sandbox.collect(["data"])
        write(home / "data" / "out", b"2")
        assert sandbox.collect(["data"]) == (collected("data/out", b"2"),)

    def test_a_link_replaced_by_a_file_is_an_output(
        self, home: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        source = write(tmp_path / "in", b"1")
        sandbox = Sandbox.create(home, links={"in": source}, objects=objects)
        (home / "in").unlink()
        write(home / "in", b"2")
        assert sandbox.collect(["in"]) == (collected("in", b"2"),)
        assert source.read_bytes() == b"1"


class TestCollect:
    def test_new_files_are_outputs_declared_or_not(self, home: Path, empty: Sandbox) -> None:
        write(home / "b" / "model.pkl", b"1")
        write(home / ".hidden", b"2")
        write(home / "a.sh", b"3", 0o755)
        (home / "nothing").mkdir()
        write(home / "__pycache__" / "x.pyc", b"4")
        assert empty.collect(["b/model.pkl"]) == (
            collected(".hidden", b"2"),
            collected("a.sh", b"3", executable=True),
            collected("b/model.pkl", b"1"),
        )

    def test_outputs_are_in_the_store(
        self, home: Path, empty: Sandbox, objects: ObjectStore
    ) -> None:
        write(home / "a", b"1")
        write(home / "b", b"1")
        empty.collect()
        assert objects.path(digest_bytes(b"1")).read_bytes() == b"1"
        assert_sound(objects)

    def test_collecting_again_gives_the_same_answer(self, home: Path, empty: Sandbox) -> None:
        write(home / "a", b"1")
        write(home / "run.sh", b"2", 0o700)
        (home / "link").symlink_to("a")
        first = empty.collect(["a"])
        assert empty.collect(["a"]) == first
        assert len(first) == 3

    def test_a_step_that_did_nothing_has_no_output(self, home: Path, objects: ObjectStore) -> None:
        sandbox = Sandbox.create(
            home, [stored(objects, "a.py"), stored(objects, "b/c")], objects=objects
        )
        reads = objects.digester.bytes_read
        assert sandbox.collect() == ()
        assert objects.digester.bytes_read == reads

    def test_deleted_inputs_are_no_outputs(self, home: Path, objects: ObjectStore) -> None:
        sandbox = Sandbox.create(home, [stored(objects, "a")], objects=objects)
        (home / "a").unlink()
        assert sandbox.collect() == ()
        with pytest.raises(OutputMissing, match=r"^a: "):
            sandbox.collect(["a"])

    def test_a_changed_input_is_an_output(self, home: Path, objects: ObjectStore) -> None:
        sandbox = Sandbox.create(home, [stored(objects, "a", b"old")], objects=objects)
        (home / "a").write_bytes(b"new")  # at once, of the same size
        assert sandbox.collect() == (collected("a", b"new"),)
        assert objects.check(digest_bytes(b"old"))

    @pytest.mark.parametrize("how", ["rewritten", "replaced", "touched", "mode"])
    def test_the_same_bytes_again_are_an_output_only_when_declared(
        self, home: Path, objects: ObjectStore, how: str
    ) -> None:
        sandbox = Sandbox.create(home, [stored(objects, "a", b"same")], objects=objects)
        if how == "replaced":
            (home / "a").unlink()
        if how in ("rewritten", "replaced"):
            write(home / "a", b"same")
        elif how == "touched":
            os.utime(home / "a")
        else:
            (home / "a").chmod(0o600)
        assert sandbox.collect() == ()
        assert sandbox.collect(["a"]) == (collected("a", b"same"),)

    def test_an_untouched_input_that_is_declared_counts(
        self, home: Path, objects: ObjectStore, small_copies: None
    ) -> None:
        files = [stored(objects, "d/a", b"1", executable=True), stored(objects, "d/b", LARGE)]
        sandbox = Sandbox.create(home, files, objects=objects)
        assert sandbox.collect() == ()
        assert sandbox.collect(["d"]) == (
            collected("d/a", b"1", executable=True),
            collected("d/b", LARGE),
        )

    def test_a_pattern_requires_one_match(self, home: Path, empty: Sandbox) -> None:
        write(home / "m" / "1.pkl", b"1")
        assert empty.collect(["m/*.pkl"]) == (collected("m/1.pkl", b"1"),)
        with pytest.raises(OutputMissing, match=r"^m/\*\.csv: "):
            empty.collect(["m/*.pkl", "m/*.csv"])

    def test_a_declared_folder_without_files_is_missing(self, home: Path, empty: Sandbox) -> None:
        (home / "m").mkdir()
        with pytest.raises(OutputMissing, match=r"^m: "):
            empty.collect(["m"])

    @pytest.mark.parametrize("declared", ["/etc/passwd", "../a", "a/../../b"])
    def test_a_declared_path_outside_is_refused(self, empty: Sandbox, declared: str) -> None:
        with pytest.raises(OutputEscapes, match=declared):
            empty.collect([declared])

    def test_a_name_that_is_no_text_is_refused(self, home: Path, empty: Sandbox) -> None:
        write(home / os.fsdecode(b"\xff"))
        with pytest.raises(NameNotText):
            empty.collect()

    def test_a_file_that_cannot_be_read_is_told(
        self, home: Path, empty: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(home / "sub" / "shut", b"1")
        real = os.open

        def refuse(path: str, *rest: int) -> int:  # as for an ordinary user; root may read all
            if str(path).endswith("shut"):
                raise PermissionError(errno.EACCES, "Permission denied", path)
            return real(path, *rest)

        monkeypatch.setattr(os, "open", refuse)
        with pytest.raises(OutputUnreadable, match=r"^sub/shut: .*readable by their owner"):
            empty.collect()

    def test_special_files_are_passed_over_unless_declared(
        self, home: Path, empty: Sandbox
    ) -> None:
        os.mkfifo(home / "fifo")
        (home / "to-fifo").symlink_to("fifo")
        write(home / "a", b"1")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.path.relpath(home / "socket"))
            assert empty.collect() == (collected("a", b"1"),)
            for declared in ("fifo", "socket", "to-fifo", "*", "."):
                with pytest.raises(OutputEscapes, match="FIFO"):
                    empty.collect([declared])

    def test_the_upstream_of_another_sandbox_is_not_disturbed(
        self, tmp_path: Path, objects: ObjectStore
    ) -> None:
        placement = stored(objects, "same", b"base")
        boxes = [
            Sandbox.create(tmp_path / name, [placement], objects=objects) for name in ("x", "y")
        ]
        for box in boxes:
            (box.directory / "same").write_bytes(box.directory.name.encode() * 4)
        for box in boxes:
            data = box.directory.name.encode() * 4
            assert box.collect() == (collected("same", data),)
        assert objects.check(placement.digest)


class TestMadeLinks:
    def test_a_link_within_is_its_targets_content(self, home: Path, empty: Sandbox) -> None:
        write(home / "runs" / "7" / "model", b"1")
        write(home / "runs" / "7" / "run.sh", b"2", 0o755)
        (home / "latest").symlink_to("runs/7/model")
        (home / "absolute").symlink_to(home / "runs" / "7" / "run.sh")
        (home / "folder").symlink_to("runs/7")
        assert empty.collect(["latest", "folder"]) == (
            collected("absolute", b"2", executable=True),
            collected("folder/model", b"1"),
            collected("folder/run.sh", b"2", executable=True),
            collected("latest", b"1"),
            collected("runs/7/model", b"1"),
            collected("runs/7/run.sh", b"2", executable=True),
        )

    @pytest.mark.parametrize(
        "target", ["/etc/passwd", "../secret", "/absent", "sub/../../x", "..", "/"]
    )
    def test_a_link_leading_out_is_refused_with_its_target(
        self, home: Path, empty: Sandbox, target: str
    ) -> None:
        (home / "sub").mkdir()
        (home / "a").symlink_to(target)
        with pytest.raises(OutputEscapes, match=f"^a: .*links to {target}"):
            empty.collect()

    def test_a_chain_or_a_folder_leading_out_is_refused(
        self, home: Path, empty: Sandbox, tmp_path: Path
    ) -> None:
        write(tmp_path / "outside" / "x", b"1")
        (home / "one").symlink_to(tmp_path / "outside")
        with pytest.raises(OutputEscapes):
            empty.collect()
        with pytest.raises(OutputEscapes):
            empty.collect(["one/x"])

    @pytest.mark.parametrize("target", ["nowhere", "a", "b", "."])
    def test_a_link_to_nothing_is_nothing(self, home: Path, empty: Sandbox, target: str) -> None:
        (home / "a").symlink_to(target)
        (home / "b").symlink_to("a")
        assert empty.collect() == ()
        with pytest.raises(OutputMissing):
            empty.collect(["a"])

    def test_folders_that_link_to_one_another_end(self, home: Path, empty: Sandbox) -> None:
        for one, other in (("x", "y"), ("y", "x")):
            write(home / one / "f", one.encode())
            (home / one / "to").symlink_to(f"../{other}")
            (home / one / "up").symlink_to("..")
        found = {item.path for item in empty.collect()}
        assert found == {"x/f", "y/f", "x/to/f", "y/to/f"}

    def test_an_object_may_be_moved_or_linked_to(
        self, home: Path, objects: ObjectStore, small_copies: None
    ) -> None:
        sandbox = Sandbox.create(home, [stored(objects, "d", LARGE)], objects=objects)
        (home / "chain").symlink_to("d")
        (home / "copy").symlink_to((home / "d").readlink())
        reads = objects.digester.bytes_read
        assert sandbox.collect(["copy"]) == (collected("chain", LARGE), collected("copy", LARGE))
        (home / "d").rename(home / "moved")
        (home / "chain").unlink()
        assert sandbox.collect() == (collected("copy", LARGE), collected("moved", LARGE))
        assert objects.digester.bytes_read == reads

    def test_a_link_to_an_input_stores_a_copy_and_leaves_the_input_alone(
        self, home: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        source = aged(write(tmp_path / "in", b"1", 0o640))
        sandbox = Sandbox.create(home, links={"data/in": source}, objects=objects)
        (home / "out").symlink_to("data/in")
        assert sandbox.collect() == (collected("out", b"1"),)
        assert stat.S_IMODE(source.stat().st_mode) == 0o640
        assert source.stat().st_nlink == 1
        assert_sound(objects)

    def test_a_hard_link_to_a_file_outside_stores_a_copy(
        self, home: Path, empty: Sandbox, tmp_path: Path, objects: ObjectStore
    ) -> None:
        source = write(tmp_path / "in", b"1", 0o640)
        os.link(source, home / "out")
        assert empty.collect() == (collected("out", b"1"),)
        assert stat.S_IMODE(source.stat().st_mode) == 0o640
        source.write_bytes(b"2")
        assert objects.check(digest_bytes(b"1"))

    def test_a_home_behind_a_link_is_no_escape(self, tmp_path: Path, objects: ObjectStore) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "alias").symlink_to("real")
        sandbox = Sandbox.create(tmp_path / "alias" / "box", objects=objects)
        write(sandbox.directory / "a", b"1")
        (sandbox.directory / "b").symlink_to(sandbox.directory / "a")
        assert [item.path for item in sandbox.collect()] == ["a", "b"]


class TestRemove:
    def test_all_is_deleted_and_links_are_not_followed(
        self, home: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        source = write(tmp_path / "in" / "x", b"1")
        sandbox = Sandbox.create(
            home, [stored(objects, "a/b")], {"in": tmp_path / "in"}, objects=objects
        )
        (home / "out").symlink_to(tmp_path / "in")
        (home / "shut").mkdir()
        write(home / "shut" / "x")
        (home / "shut").chmod(0)
        sandbox.remove()
        sandbox.remove()
        assert not home.exists()
        assert source.read_bytes() == b"1"

    def test_outputs_stay_verified(self, home: Path, empty: Sandbox, objects: ObjectStore) -> None:
        write(home / "a", b"1" * 1000)
        (output,) = empty.collect()
        reads = objects.digester.bytes_read
        empty.remove()
        assert objects.check(output.digest)
        assert objects.digester.bytes_read == reads

    def test_a_very_deep_folder_is_no_trouble(self, home: Path, empty: Sandbox) -> None:
        path = home
        for _ in range(1_200):
            path = path / "d"
            path.mkdir()
        write(path / "f", b"1")
        assert empty.collect() == (collected("d/" * 1_200 + "f", b"1"),)
        empty.remove()
        assert not home.exists()


class TestSnapshot:
    def test_a_restarted_daemon_collects_the_same(
        self, home: Path, objects: ObjectStore, tmp_path: Path, small_copies: None
    ) -> None:
        source = write(tmp_path / "in" / "x", b"in")
        sandbox = Sandbox.create(
            home,
            [stored(objects, "a", b"1"), stored(objects, "b", b"2"), stored(objects, "d", LARGE)],
            {"in": source.parent},
            objects=objects,
        )
        text = sandbox.snapshot_to_json()
        again = Sandbox.from_json(text, objects=objects)
        assert again.directory == home
        assert again.linked == sandbox.linked
        assert again.snapshot_to_json() == text
        assert again.collect() == ()
        (home / "a").write_bytes(b"9")
        assert again.collect() == sandbox.collect() == (collected("a", b"9"),)

    def test_a_snapshot_of_another_version_is_told(self, objects: ObjectStore) -> None:
        good = {"format": 1, "directory": "/x", "placed": {}, "linked": {}}
        Sandbox.from_json(json.dumps(good), objects=objects)
        bad: object
        for bad in ({**good, "format": 2}, {"format": 1}, [], {**good, "placed": {"a": [1]}}):
            with pytest.raises(SnapshotUnreadable):
                Sandbox.from_json(json.dumps(bad), objects=objects)
        with pytest.raises(SnapshotUnreadable):
            Sandbox.from_json("{", objects=objects)


CRASH = """
import sys
from pathlib import Path
from trainautod.artifacts.digest import Digester
from trainautod.artifacts.objects import ObjectStore
from trainautod.artifacts.sandbox import Sandbox
from trainautod.artifacts.statcache import StatCache
home = sys.argv[1]
objects = ObjectStore(home + "/objects", Digester(StatCache(home + "/digests.db")))
snapshot = Path(home + "/snapshot.json")
if snapshot.exists():
    sandbox = Sandbox.from_json(snapshot.read_text(), objects=objects)
else:
    sandbox = Sandbox.create(home + "/sandbox", objects=objects)
    for name in "abc":
        (sandbox.directory / name).write_text(name)
    snapshot.write_text(sandbox.snapshot_to_json())
print([(item.path, item.digest) for item in sandbox.collect(["a"])])
"""
POINTS = [
    "artifacts.collect.before",
    "artifacts.put.before_rename",
    "artifacts.put.after_rename",
    "artifacts.collect.after",
]


@pytest.mark.parametrize("skip", ["", "1*off->"])
@pytest.mark.parametrize("point", POINTS)
def test_a_collect_that_dies_can_be_done_again(
    tmp_path: Path, objects: ObjectStore, point: str, skip: str
) -> None:
    def attempt(armed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", CRASH, str(tmp_path)],
            env={**os.environ, "TRAINAUTO_FAILPOINTS": armed},
            check=False,
            capture_output=True,
            text=True,
        )

    died = attempt(f"{point}={skip}crash")
    assert died.returncode == 137 or (skip and "collect" in point)
    assert_sound(ObjectStore(objects.root, objects.digester))
    again = attempt("")
    expected = [(name, digest_bytes(name.encode())) for name in "abc"]
    assert again.stdout.strip() == str(expected)
    assert_sound(objects)


paths = st.sampled_from(["a", "b", "d/a", "d/e/b"])
contents = st.sampled_from([b"", b"1", b"2"])


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)
@given(
    st.dictionaries(paths, contents),
    st.lists(st.tuples(paths, st.none() | contents), max_size=6),
    st.lists(paths, max_size=2),
)
def test_outputs_are_what_is_new_or_changed_or_declared(
    tmp_path: Path,
    objects: ObjectStore,
    placed: dict[str, bytes],
    actions: Sequence[tuple[str, bytes | None]],
    declared: list[str],
) -> None:
    home = tmp_path / str(time.monotonic_ns())
    files = [stored(objects, path, data) for path, data in placed.items()]
    sandbox = Sandbox.create(home, files, objects=objects)
    after = dict(placed)
    for path, data in actions:
        if data is None:
            (home / path).unlink(missing_ok=True)
            after.pop(path, None)
        else:
            write(home / path, data)
            after[path] = data
    if set(declared) - set(after):
        with pytest.raises(OutputMissing):
            sandbox.collect(declared)
        return
    expected = tuple(
        collected(path, data)
        for path, data in sorted(after.items())
        if placed.get(path) != data or path in declared
    )
    assert sandbox.collect(declared) == expected
    assert sandbox.collect(declared) == expected
    sandbox.remove()
