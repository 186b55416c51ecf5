"""Changes of inputs show in what `stat` tells of them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from trainautod.execution.shim.inputs import are_kept, fingerprint

from ..conftest import Lab


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "below").mkdir(parents=True)
    (folder / "a").write_text("a")
    (folder / "below" / "b").write_text("b")
    return folder


def _rewrite(folder: Path) -> None:
    (folder / "below" / "b").write_text("c")
    os.utime(folder / "below" / "b", ns=(1, 1))


CHANGES: dict[str, Callable[[Path], object]] = {
    "other bytes": _rewrite,
    "another time": lambda folder: os.utime(folder / "a", ns=(1, 1)),
    "one more": lambda folder: (folder / "below" / "new").write_text(""),
    "one less": lambda folder: (folder / "a").unlink(),
    "another name": lambda folder: (folder / "a").rename(folder / "c"),
    "a file in place of a folder": lambda folder: folder.rename(folder.parent / "gone"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_happens_to_an_input_shows(folder: Path, change: str) -> None:
    sources = [str(folder)]
    before = fingerprint(sources)
    assert are_kept(sources, before) is True
    CHANGES[change](folder)
    assert are_kept(sources, before) in (False, None)


def test_a_single_file_and_links_are_followed(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder / "a")
    (folder / "circle").symlink_to(folder)
    (folder / "nowhere").symlink_to("/absent")
    sources = [str(link), str(folder)]
    before = fingerprint(sources)
    assert are_kept(sources, before) is True
    (folder / "a").write_text("other")
    assert are_kept(sources, before) is False


def test_nothing_to_compare_with_is_not_known(folder: Path) -> None:
    assert are_kept([str(folder)], "") is None


def test_a_record_tells_whether_inputs_were_kept_until_the_end(lab: Lab, folder: Path) -> None:
    spec = {"inputs": (str(folder),), "inputs_were": fingerprint([str(folder)])}
    assert lab.run("true", **spec)[0].inputs_kept is True
    assert lab.run("false", **spec)[0].inputs_kept is None
    assert lab.run("true")[0].inputs_kept is None
    assert lab.run(f"echo more >> {folder}/a", **spec)[0].inputs_kept is False
