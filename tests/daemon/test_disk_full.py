"""A full disk: the daemon says so, answers, loses nothing, and carries on once there is room."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.daemon import full_disk

ROOT = Path(__file__).parents[2]
SIZE = "16m"


@pytest.mark.slow
@pytest.mark.parametrize("story", full_disk.STORIES)
def test_a_full_disk(tmp_path: Path, story: str) -> None:
    disk, outside = tmp_path / "d", tmp_path / "outside"
    disk.mkdir()
    outside.mkdir()
    enter = ("unshare", "-Urm", "sh", "-c")
    mount = f"mount -t tmpfs -o size={SIZE} tmpfs '{disk}'"
    if not shutil.which("unshare") or subprocess.run((*enter, mount), check=False).returncode:
        pytest.skip("this system lets nobody mount in a namespace of its own")
    run = (
        f"{mount} && exec '{sys.executable}' -m tests.daemon.full_disk {story} '{disk}' '{outside}'"
    )

    done = subprocess.run(
        (*enter, run), cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
    )

    assert done.returncode == 0, done.stderr[-8000:]
