"""Looking for files and at them."""

import os
from pathlib import Path

import pytest

from trainautod.runtime import scanning
from trainautod.runtime.scanning import find, is_remote, look, places
from trainautod.triggers.globs import Pattern


def patterns(folder: Path, *texts: str) -> list[Pattern]:
    return [Pattern.of(text, str(folder), "/nowhere") for text in texts]


def write(path: Path, content: str = "1") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def names(folder: Path, *texts: str) -> list[str]:
    found = find(patterns(folder, *texts)).files
    return sorted(os.path.relpath(path, folder) for path in found)


def test_all_that_patterns_mean_is_found(tmp_path: Path) -> None:
    for name in ("in/a.csv", "in/x/b.csv", "in/.c.csv", "in/d.tmp", "e.csv", "in/x.csv/f"):
        write(tmp_path / name)
    assert names(tmp_path, "in/*.csv") == ["in/a.csv"]
    assert names(tmp_path, "in/**/*.csv") == ["in/a.csv", "in/x/b.csv"]
    assert names(tmp_path, "in") == ["in/a.csv", "in/x.csv/f", "in/x/b.csv"]
    assert names(tmp_path, "e.csv", "none", "none/*.csv") == ["e.csv"]


def test_a_scan_may_begin_below(tmp_path: Path) -> None:
    for name in ("in/a.csv", "in/x/b.csv"):
        write(tmp_path / name)
    wanted = patterns(tmp_path, "in/**")
    assert set(find(wanted, str(tmp_path / "in/x")).files) == {str(tmp_path / "in/x/b.csv")}
    assert set(find(wanted, str(tmp_path / "in/a.csv")).files) == {str(tmp_path / "in/a.csv")}
    assert find(wanted, str(tmp_path)).files == {}


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    write(tmp_path / "far/a.csv")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/link").symlink_to(tmp_path / "far")
    (tmp_path / "in/self").symlink_to(tmp_path / "in")
    (tmp_path / "in/dangling.csv").symlink_to(tmp_path / "none")
    found = find(patterns(tmp_path, "in"))
    assert names(tmp_path, "in") == ["in/link/a.csv"]
    assert found.links == {str(tmp_path / "in/link"), str(tmp_path / "in/self")}
    assert found.problems == {}


def test_what_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/loop.csv").symlink_to(tmp_path / "in/loop.csv")
    write(tmp_path / "in/a.csv")
    with open(os.fsencode(tmp_path) + b"/in/\xff.csv", "w"):
        pass
    found = find(patterns(tmp_path, "in/*.csv"))
    assert set(found.files) == {str(tmp_path / "in/a.csv")}
    assert {os.path.basename(path): told for path, told in found.problems.items()} == {
        "loop.csv": "Too many levels of symbolic links",
        "\udcff.csv": "its name is not UTF-8 text; rename it",
    }


def test_a_look_tells_of_markers_that_are_not_older(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv")
    done, success = tmp_path / "a.csv.done", tmp_path / "_SUCCESS"

    def marked() -> bool:
        found = look(str(path), at_once=False, remote=False)
        assert found is not None
        return found.marked

    assert not marked()
    os.utime(write(done), (1, 1))
    assert not marked()
    os.utime(done)
    assert marked()
    done.unlink()
    write(success)
    assert marked()


def test_who_writes_is_asked_only_where_it_matters(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv")
    os.utime(path, ns=(path.stat().st_ctime_ns + 10**9,) * 2)

    def written(at_once: bool, remote: bool) -> bool | None:
        found = look(str(path), at_once=at_once, remote=remote)
        assert found is not None
        return found.written

    assert [written(True, False), written(False, False), written(True, True)] == [False, None, None]
    assert look(str(tmp_path), at_once=True, remote=False) is None
    assert look(str(tmp_path / "none"), at_once=True, remote=False) is None


def test_the_nearest_folder_that_there_is_is_watched(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "one/a.csv")

    def watched(*texts: str) -> set[tuple[str, bool]]:
        wanted = patterns(tmp_path, *texts)
        return {
            (os.path.relpath(place.path, tmp_path), place.deep)
            for place in places(wanted, find(wanted))
        }

    assert watched("in/*.csv") == {("in", False)}
    assert watched("in/**/*.csv", "in/*/x") == {("in", True)}
    assert watched("in/not/yet/**") == {("in", False)}
    assert watched("one/a.csv") == {("one", False)}
    assert watched("one") == {("one", True)}


@pytest.mark.parametrize(
    ("kind", "remote"), [("nfs4", True), ("fuse.sshfs", True), ("ext4", False)]
)
def test_network_file_systems_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, remote: bool
) -> None:
    device = tmp_path.stat().st_dev
    mounts = write(
        tmp_path / "mounts",
        f"22 1 0:5 / /proc rw - nfs proc rw\n"
        f"23 1 {os.major(device)}:{os.minor(device)} / /x rw,a shared:1 - {kind} host:/x rw\n",
    )
    monkeypatch.setattr(scanning, "_MOUNTS", str(mounts))
    wanted = patterns(tmp_path, "*")
    assert is_remote(places(wanted, find(wanted))) is remote
