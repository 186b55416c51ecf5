"""Listing a sandbox and matching declared outputs."""

import errno
import os
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.artifacts.files import write
from trainautod.artifacts.errors import NameNotText, OutputEscapes, OutputMissing, OutputUnreadable
from trainautod.artifacts.outputs import Kind, listing, matching, normalised, wanted_names


def paths(root: Path, *declared: str) -> list[str]:
    return sorted(entry.path for entry in listing(str(root), wanted_names(declared)))


def test_every_file_is_listed_hidden_ones_too(tmp_path: Path) -> None:
    for name in ("a", ".hidden", "b/c/d", "b/.git/x", "e f\n"):
        write(tmp_path / name)
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    assert paths(tmp_path) == [".hidden", "a", "b/.git/x", "b/c/d", "e f\n"]


def test_what_interpreters_leave_is_not_listed_unless_named(tmp_path: Path) -> None:
    for name in ("__pycache__/a", "b/__pycache__/c.pyc", "d.pyc", ".ipynb_checkpoints/e", "f.py"):
        write(tmp_path / name)
    assert paths(tmp_path) == ["f.py"]
    assert paths(tmp_path, "d.pyc") == ["d.pyc", "f.py"]
    assert paths(tmp_path, "__pycache__/a") == ["__pycache__/a", "f.py"]


def test_each_kind_is_told(tmp_path: Path) -> None:
    write(tmp_path / "file")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "folder").symlink_to(".")
    os.mkfifo(tmp_path / "fifo")
    kinds = {entry.path: entry.kind for entry in listing(str(tmp_path))}
    assert kinds == {
        "file": Kind.FILE,
        "link": Kind.LINK,
        "folder": Kind.LINK,
        "fifo": Kind.SPECIAL,
    }


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "sub" / os.fsdecode(b"\xfe"))
    with pytest.raises(NameNotText, match="sub/"):
        list(listing(str(tmp_path)))


def test_a_folder_that_cannot_be_listed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shut").mkdir()
    real = os.scandir

    def scandir(path: str) -> object:  # as for an ordinary user; root may read everything
        if path.endswith("shut"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(OutputUnreadable, match=r"^shut: The output cannot be read"):
        list(listing(str(tmp_path)))


@pytest.mark.parametrize(
    ("declared", "plain"),
    [("a", "a"), ("./a//b/", "a/b"), (".", "."), ("./", "."), ("a/./b", "a/b"), ("..a", "..a")],
)
def test_a_declared_path_is_made_plain(declared: str, plain: str) -> None:
    assert normalised(declared) == plain


@pytest.mark.parametrize("declared", ["", "/a", "//a", "..", "../a", "a/../b", "a/.."])
def test_a_declared_path_that_may_lead_out_is_refused(declared: str) -> None:
    with pytest.raises(OutputEscapes, match="inside the sandbox"):
        normalised(declared)


FILES = dict.fromkeys(
    ["a.csv", "b.csv", "m/1/x.pkl", "m/2/y.pkl", "m/top.pkl", "odd[1].txt", "star*"]
)


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("a.csv", ["a.csv"]),
        ("m", ["m/1/x.pkl", "m/2/y.pkl", "m/top.pkl"]),
        ("m/1", ["m/1/x.pkl"]),
        (".", list(FILES)),
        ("*.csv", ["a.csv", "b.csv"]),
        ("[ab].csv", ["a.csv", "b.csv"]),
        ("[!a].csv", ["b.csv"]),
        ("[a-b].csv", ["a.csv", "b.csv"]),
        ("m/*.pkl", ["m/top.pkl"]),
        ("m/**/*.pkl", ["m/1/x.pkl", "m/2/y.pkl", "m/top.pkl"]),
        ("**/x.pkl", ["m/1/x.pkl"]),
        ("**", list(FILES)),
        ("m/?", ["m/1/x.pkl", "m/2/y.pkl"]),
        ("odd[1].txt", ["odd[1].txt"]),
        ("star*", ["star*"]),
    ],
)
def test_a_declared_path_stands_for_files_folders_and_patterns(
    declared: str, found: list[str]
) -> None:
    assert matching(declared, FILES) == found


@pytest.mark.parametrize("declared", ["c.csv", "a", "*.txt2", "m/3", "x*", "[", "[!", "m/*/*/*"])
def test_what_matches_nothing_is_missing(declared: str) -> None:
    with pytest.raises(OutputMissing, match=r"^" + re.escape(declared) + ": The declared output"):
        matching(declared, FILES)


@settings(deadline=None)
@given(st.text(alphabet="ab*?[]!-^", min_size=1, max_size=8), st.text(alphabet="ab]-^", min_size=1))
def test_patterns_of_one_part_agree_with_the_shells(pattern: str, name: str) -> None:
    if "**" in pattern:
        return
    expected = fnmatchcase(name, pattern) or name == pattern
    try:
        assert (matching(pattern, {name: None}) == [name]) is expected
    except OutputMissing:
        assert not expected
