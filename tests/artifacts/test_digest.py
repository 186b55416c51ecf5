"""Digests of files and folders."""

import os
import socket
import threading
import time
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.artifacts.files import aged, write
from trainautod.artifacts.digest import CHUNK, LARGE, WIDE_CHUNK, Digester, digest_bytes
from trainautod.artifacts.errors import FileKeepsChanging, NameNotText, NotRegularFile
from trainautod.artifacts.statcache import StatCache

SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, LARGE, WIDE_CHUNK + 1, 3 * WIDE_CHUNK]


def trusted(path: Path) -> Path:
    """The file once its change time is old enough to be trusted."""
    aged(path)
    settled_ns = path.stat().st_ctime_ns + 60_000_000
    while time.time_ns() < settled_ns:
        time.sleep(0.005)
    return path


@pytest.mark.parametrize("size", SIZES)
def test_the_digest_is_blake3_of_the_bytes(tmp_path: Path, digester: Digester, size: int) -> None:
    data = os.urandom(size)
    path = write(tmp_path / "a", data)
    expected = blake3(data).hexdigest()
    assert digester.file(path) == expected
    assert digester.files([path, path]) == [expected, expected]
    assert digest_bytes(data) == expected


def test_large_files_side_by_side_keep_their_order(tmp_path: Path, digester: Digester) -> None:
    data = [bytes([number]) * (LARGE + number) for number in range(6)]
    paths = [write(tmp_path / str(number), item) for number, item in enumerate(data)]
    paths.insert(3, write(tmp_path / "small", b"x"))
    data.insert(3, b"x")
    assert digester.files(paths) == [digest_bytes(item) for item in data]


def test_an_unchanged_file_is_not_read_again(tmp_path: Path, digester: Digester) -> None:
    path = trusted(write(tmp_path / "a", b"abc"))
    digester.file(path)
    assert digester.bytes_read == 3
    for _ in range(3):
        digester.file(path)
        digester.files([path])
        digester.tree(tmp_path)
    reads = digester.bytes_read
    digester.file(path)
    assert digester.bytes_read == reads


def test_twenty_files_cost_no_byte_the_second_time(tmp_path: Path, digester: Digester) -> None:
    for number in range(20):
        write(tmp_path / "in" / str(number), os.urandom(LARGE + 1))
    trusted(tmp_path / "in" / "19")
    first = digester.tree(tmp_path / "in")
    before = digester.bytes_read
    assert before == 20 * (LARGE + 1)
    assert digester.tree(tmp_path / "in") == first
    assert digester.bytes_read == before


def test_digests_survive_a_restart(tmp_path: Path) -> None:
    path = trusted(write(tmp_path / "a", b"abc"))
    for reads in (3, 0):
        cache = StatCache(tmp_path / "c.db")
        digester = Digester(cache)
        assert digester.file(path) == digest_bytes(b"abc")
        assert digester.bytes_read == reads
        cache.close()


def test_a_file_changed_just_now_is_read_each_time(tmp_path: Path, digester: Digester) -> None:
    path = tmp_path / "a"
    for number in range(200):  # of one size, most of them within one tick of the file clock
        path.write_bytes(b"%03d" % number)
        assert digester.file(path) == digest_bytes(b"%03d" % number)


def test_touching_a_file_changes_nothing(tmp_path: Path, digester: Digester) -> None:
    path = trusted(write(tmp_path / "a", b"abc"))
    before = digester.file(path)
    os.utime(path)
    assert digester.file(path) == before


def test_a_changed_byte_with_the_old_times_is_noticed(tmp_path: Path, digester: Digester) -> None:
    path = trusted(write(tmp_path / "a", b"abc"))
    status = path.stat()
    digester.file(path)
    path.write_bytes(b"abd")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert digester.file(path) == digest_bytes(b"abd")


def test_a_file_that_never_rests_is_refused(
    tmp_path: Path, digester: Digester, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a", b"x" * (8 * WIDE_CHUNK))
    read = os.preadv

    def disturb(handle: int, buffers: list[bytearray], offset: int) -> int:
        if not offset:  # once in each try, whatever else this machine does
            with path.open("ab") as file:
                file.write(b"y")
        return read(handle, buffers, offset)

    monkeypatch.setattr(os, "preadv", disturb)
    with pytest.raises(FileKeepsChanging, match="let its writer finish"):
        digester.file(path)


def test_a_file_cut_short_while_read_does_no_harm(tmp_path: Path, digester: Digester) -> None:
    path = write(tmp_path / "a", b"x" * (64 << 20))
    thread = threading.Timer(0.002, os.truncate, (path, 10))
    thread.start()
    try:
        digester.file(path)
    except FileKeepsChanging:
        pass
    finally:
        thread.join()
    assert digester.file(path) == digest_bytes(b"x" * 10)


def test_special_files_and_folders_have_no_digest(tmp_path: Path, digester: Digester) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, Path("/dev/null")):
        with pytest.raises(NotRegularFile):
            digester.file(path)
    with pytest.raises(FileNotFoundError):
        digester.file(tmp_path / "absent")


def test_a_tree_lists_every_file_with_size_and_mode(tmp_path: Path, digester: Digester) -> None:
    root = tmp_path / "in"
    write(root / "b" / "run.sh", b"12", 0o755)
    write(root / "a.txt", b"1")
    write(root / ".hidden", b"")
    (root / "empty").mkdir()
    tree = digester.tree(root)
    assert list(tree) == [".hidden", "a.txt", "b/run.sh"]
    assert tree["b/run.sh"].digest == digest_bytes(b"12")
    assert [item.size for item in tree.values()] == [0, 1, 2]
    assert [item.executable for item in tree.values()] == [False, False, True]


def test_a_tree_follows_links_and_leaves_out_what_cannot_be_read(
    tmp_path: Path, digester: Digester
) -> None:
    write(tmp_path / "elsewhere" / "x", b"x")
    root = tmp_path / "in"
    write(root / "real", b"r")
    (root / "file").symlink_to("real")
    (root / "folder").symlink_to(tmp_path / "elsewhere")
    (root / "loop").symlink_to(".")
    (root / ".#lock").symlink_to("user@host.123")
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(root / "socket"))
        tree = digester.tree(root)
    assert list(tree) == ["file", "folder/x", "real"]
    assert tree["file"] == tree["real"]


def test_odd_names_are_kept_and_undecodable_ones_refused(
    tmp_path: Path, digester: Digester
) -> None:
    write(tmp_path / "in" / "a\nb", b"")
    write(tmp_path / "in" / "é \u202e", b"")
    assert list(digester.tree(tmp_path / "in")) == ["a\nb", "é \u202e"]
    write(tmp_path / "in" / os.fsdecode(b"\xff"), b"")
    with pytest.raises(NameNotText, match=r"udcff.*rename"):
        digester.tree(tmp_path / "in")


def test_a_deep_tree_is_no_trouble(tmp_path: Path, digester: Digester) -> None:
    path = tmp_path / "in"
    path.mkdir()
    for _ in range(1_500):
        path = path / "d"
        path.mkdir()
    (path / "f").write_bytes(b"")
    try:
        assert list(digester.tree(tmp_path / "in")) == ["d/" * 1_500 + "f"]
    finally:  # too deep for pytest to delete
        (path / "f").unlink()
        while path != tmp_path:
            path.rmdir()
            path = path.parent


names = st.sampled_from(["a", "b", "c", "d e"])


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30
)
@given(st.dictionaries(st.tuples(names, names), st.binary(max_size=8), max_size=6), st.data())
def test_trees_are_equal_exactly_when_their_files_are(
    tmp_path: Path, digester: Digester, files: dict[tuple[str, str], bytes], data: st.DataObject
) -> None:
    root = tmp_path / f"in{time.monotonic_ns()}"
    for copy in ("x", "y"):
        (root / copy).mkdir(parents=True)
        for (folder, name), content in files.items():
            write(root / copy / folder / name, content)
    first = digester.tree(root / "x")
    assert digester.tree(root / "y") == first
    assert set(first) == {f"{folder}/{name}" for folder, name in files}
    if files:
        folder, name = data.draw(st.sampled_from(sorted(files)))
        write(root / "y" / folder / name, files[folder, name] + b"!")
        changed = digester.tree(root / "y")
        assert {path for path in first if changed[path] != first[path]} == {f"{folder}/{name}"}


def test_thousands_of_known_files_are_not_read_again(tmp_path: Path, digester: Digester) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3_000):
        (tmp_path / "in" / str(number)).write_bytes(b"%d" % number)
    trusted(tmp_path / "in" / "2999")
    digester.tree(tmp_path / "in")
    before = digester.bytes_read
    digester.tree(tmp_path / "in")
    assert digester.bytes_read == before
