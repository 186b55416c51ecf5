"""Bytes from one file to another."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.artifacts.files import write
from trainautod.artifacts import transfer


@contextmanager
def opened(source: Path, target: Path) -> Iterator[tuple[int, int]]:
    handles = os.open(source, os.O_RDONLY), os.open(target, transfer.CREATE_FLAGS)
    try:
        yield handles
    finally:
        for handle in handles:
            os.close(handle)


def refuse(code: int) -> object:
    def call(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    return call


@pytest.mark.parametrize("size", [0, 1, (1 << 20) + 1, 5 << 20])
def test_a_copy_has_the_same_bytes(tmp_path: Path, size: int) -> None:
    source = write(tmp_path / "a", os.urandom(size))
    with opened(source, tmp_path / "b") as handles:
        transfer.copy(*handles)
    assert (tmp_path / "b").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("code", [errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_copy_works_where_the_kernel_does_not_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(os, "copy_file_range", refuse(code), raising=False)
    source = write(tmp_path / "a", os.urandom(3 << 20))
    with opened(source, tmp_path / "b") as handles:
        transfer.copy(*handles)
    assert (tmp_path / "b").read_bytes() == source.read_bytes()


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "copy_file_range", refuse(errno.ENOSPC), raising=False)
    source = write(tmp_path / "a", b"x")
    with opened(source, tmp_path / "b") as handles, pytest.raises(OSError, match="No space left"):
        transfer.copy(*handles)


def test_a_device_that_cannot_clone_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def ioctl(*_: object) -> int:
        asked.append(1)
        raise OSError(errno.EOPNOTSUPP, "no")

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    monkeypatch.setattr(transfer, "_no_clone", set())
    source = write(tmp_path / "a", b"x")
    for name in "bcd":
        with opened(source, tmp_path / name) as handles:
            assert not transfer.clone(*handles)
    assert len(asked) == 1


def test_a_clone_that_works_shares_the_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ioctl(target: int, _: int, source: int) -> int:
        os.write(target, os.pread(source, 100, 0))
        return 0

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    monkeypatch.setattr(transfer, "_no_clone", set())
    source = write(tmp_path / "a", b"shared")
    with opened(source, tmp_path / "b") as handles:
        assert transfer.clone(*handles)
    assert (tmp_path / "b").read_bytes() == b"shared"


def test_an_error_of_the_disk_is_not_taken_for_a_missing_feature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "ioctl", refuse(errno.EIO))
    monkeypatch.setattr(transfer, "_no_clone", set())
    source = write(tmp_path / "a", b"x")
    with opened(source, tmp_path / "b") as handles, pytest.raises(OSError, match="Input/output"):
        transfer.clone(*handles)


def test_a_fresh_file_is_set_back_and_an_old_one_left(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b"x")
    fresh = path.stat().st_mtime_ns
    for _ in range(2):
        handle = os.open(path, os.O_RDWR)
        settled = transfer.settle(handle)
        os.close(handle)
        assert settled.mtime_ns == path.stat().st_mtime_ns
        assert settled.mtime_ns < fresh - 2_000_000_000
