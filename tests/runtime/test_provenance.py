"""The git state of a pipeline's folder."""

import shutil
import subprocess
from pathlib import Path

import pytest

from trainautod.runtime.provenance import git_state

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture(autouse=True)
def own_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of the person who runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=me", "-c", "user.email=me@here", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pipeline's folder inside a repository with one commit."""
    root = tmp_path / "repository"
    (root / "pipelines").mkdir(parents=True)
    git(root, "init", "--quiet")
    (root / "pipelines" / "nightly.yaml").write_text("name: nightly\n")
    (root / "README").write_text("…\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    return root / "pipelines"


def test_a_clean_folder_is_its_commit(folder: Path) -> None:
    assert git_state(folder) == {"commit": git(folder, "rev-parse", "HEAD"), "dirty": False}


def test_an_edit_makes_it_dirty(folder: Path) -> None:
    (folder / "nightly.yaml").write_text("name: edited\n")
    state = git_state(folder)
    assert state is not None
    assert state["dirty"] is True


def test_a_new_file_makes_it_dirty(folder: Path) -> None:
    (folder / "train.py").touch()
    state = git_state(folder)
    assert state is not None
    assert state["dirty"] is True


def test_an_edit_elsewhere_does_not(folder: Path) -> None:
    (folder.parent / "README").write_text("edited\n")
    state = git_state(folder)
    assert state is not None
    assert state["dirty"] is False


def test_asking_changes_nothing(folder: Path) -> None:
    index = folder.parent / ".git" / "index"
    (folder / "nightly.yaml").touch()
    before = index.read_bytes()
    git_state(folder)
    assert index.read_bytes() == before


def test_a_repository_without_a_commit_has_no_state(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "empty")
    assert git_state(tmp_path / "empty") is None


def test_a_folder_outside_of_any_repository_has_no_state(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None
    assert git_state(tmp_path / "gone") is None


def test_a_machine_without_git_has_no_state(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_state(folder) is None


def test_a_file_name_in_another_encoding_does_not_hide_the_state(folder: Path) -> None:
    git(folder, "config", "core.quotePath", "false")
    (folder / "caf\udce9").touch()
    assert git_state(folder) == {"commit": git(folder, "rev-parse", "HEAD"), "dirty": True}
