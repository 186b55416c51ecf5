"""Asking whether anybody has a file open for writing."""

import mmap
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from trainautod.runtime.leases import is_open_for_writing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leases")


def test_a_file_that_is_written_to_is_open(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("w") as writer:
        writer.write("1")
        assert is_open_for_writing(str(path)) is True
    assert is_open_for_writing(str(path)) is False
    with path.open():
        assert is_open_for_writing(str(path)) is False


def test_a_mapped_file_counts_as_open(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("1")
    with path.open("r+b") as file:
        mapped = mmap.mmap(file.fileno(), 1)
    assert is_open_for_writing(str(path)) is True
    mapped.close()
    assert is_open_for_writing(str(path)) is False


def test_a_file_that_another_process_inherited_is_open(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("w") as file:
        holder = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[file.fileno()])
    assert is_open_for_writing(str(path)) is True
    holder.communicate()
    assert is_open_for_writing(str(path)) is False


def test_of_what_cannot_be_asked_it_is_not_known(tmp_path: Path) -> None:
    assert is_open_for_writing(str(tmp_path / "none")) is None
    os.mkfifo(tmp_path / "pipe")
    assert is_open_for_writing(str(tmp_path / "pipe")) is None


def test_writers_who_come_in_between_harm_nobody(tmp_path: Path) -> None:
    """A lease that is broken sends a signal; the default one would end this process."""
    path = tmp_path / "a"
    path.write_text("1")
    caught: list[int] = []
    before = signal.signal(signal.SIGURG, lambda number, frame: caught.append(number))
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with path.open("a"):
                pass

    writer = threading.Thread(target=write)
    writer.start()
    try:
        answers = {is_open_for_writing(str(path)) for _ in range(2000)}
    finally:
        stop.set()
        writer.join()
        signal.signal(signal.SIGURG, before)
    assert answers <= {True, False}
