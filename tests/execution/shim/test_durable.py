"""Files that are there whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import trainautod
from trainautod.execution.shim import durable


def test_of_many_writers_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "claim.json"
    program = (
        "import os, sys; sys.path.append(sys.argv[1])\n"
        "from trainautod.execution.shim.durable import write_new\n"
        "sys.stdin.read(); sys.exit(not write_new(sys.argv[2], sys.argv[3].encode()))"
    )
    folder = str(Path(trainautod.__file__).parent.parent)
    reading, writing = os.pipe()
    writers = [
        subprocess.Popen(
            (sys.executable, "-I", "-S", "-c", program, folder, str(path), str(number)),
            stdin=reading,
        )
        for number in range(6)
    ]
    os.close(reading)
    os.close(writing)  # all start at once
    codes = [writer.wait() for writer in writers]
    assert sorted(codes) == [0, 1, 1, 1, 1, 1]
    assert path.read_text() == str(codes.index(0))
    assert os.listdir(tmp_path) == ["claim.json"]


def test_a_replacement_is_private_and_leaves_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "exit.json"
    durable.replace(str(path), b"1")
    durable.replace(str(path), b"22", sync=False)
    assert path.read_bytes() == b"22"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["exit.json"]


def test_a_removed_directory_is_not_tried_again(tmp_path: Path) -> None:
    assert durable.try_replace(str(tmp_path / "gone" / "exit.json"), b"1")
    with pytest.raises(FileNotFoundError):
        durable.replace(str(tmp_path / "gone" / "exit.json"), b"1")
