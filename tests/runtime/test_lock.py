"""One daemon per home, and a home of one's own."""

import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from trainautod.runtime.errors import AlreadyRunning, HomeUnsafe
from trainautod.runtime.lock import HomeLock, prepare_home

HOLDER = {"pid": 4711, "version": "0.1.0", "started_at": "2013-07-10T02:00:00.000+00:00"}
HOLD = """
import sys, time
from pathlib import Path
from trainautod.runtime.lock import HomeLock
lock = HomeLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestHome:
    def test_is_made_private_with_its_folders(self, tmp_path: Path) -> None:
        home = tmp_path / "share" / "trainauto"
        prepare_home(home)
        assert mode(home) == 0o700
        assert {p.name: mode(p) for p in home.iterdir()} == {
            "objects": 0o700,
            "runs": 0o700,
            "logs": 0o700,
        }

    def test_may_exist_already(self, tmp_path: Path) -> None:
        prepare_home(tmp_path / "home")
        (tmp_path / "home" / "objects" / "kept").touch()
        prepare_home(tmp_path / "home")
        assert (tmp_path / "home" / "objects" / "kept").exists()

    @pytest.mark.parametrize("unsafe", [0o777, 0o770, 0o722, 0o1777])
    def test_that_others_may_write_to_is_refused(self, tmp_path: Path, unsafe: int) -> None:
        tmp_path.chmod(unsafe)
        with pytest.raises(HomeUnsafe, match=r"others may write to .* run `chmod go-w"):
            prepare_home(tmp_path)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
    def test_of_somebody_else_is_refused(self, tmp_path: Path) -> None:
        os.chown(tmp_path, 12345, -1)
        with pytest.raises(HomeUnsafe, match="belongs to uid 12345, not to you"):
            prepare_home(tmp_path)
        assert list(tmp_path.iterdir()) == []


class TestLock:
    def test_the_second_is_told_who_came_first(self, tmp_path: Path) -> None:
        first = HomeLock(tmp_path)
        first.acquire()
        first.sign(HOLDER)
        with pytest.raises(AlreadyRunning) as caught:
            HomeLock(tmp_path).acquire()
        told = str(caught.value)
        assert f"{tmp_path} is held by pid 4711 (version 0.1.0, since 2013-07-10T02" in told
        assert "trainauto daemon stop" in told

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": 1}', b"\xff\xfe", b"null"])
    def test_a_lock_that_nobody_has_signed_is_held_all_the_same(
        self, tmp_path: Path, content: bytes
    ) -> None:
        first = HomeLock(tmp_path)
        first.acquire()
        (tmp_path / "trainautod.lock").write_bytes(content)
        with pytest.raises(AlreadyRunning, match="a daemon that is just starting"):
            HomeLock(tmp_path).acquire()

    def test_a_new_signature_replaces_a_longer_one(self, tmp_path: Path) -> None:
        lock = HomeLock(tmp_path)
        lock.acquire()
        lock.sign({**HOLDER, "more": "x" * 100})
        lock.sign(HOLDER)
        assert json.loads((tmp_path / "trainautod.lock").read_text()) == HOLDER

    def test_another_home_is_free(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            HomeLock(tmp_path / name).acquire()

    def test_acquiring_again_is_no_conflict_with_oneself(self, tmp_path: Path) -> None:
        lock = HomeLock(tmp_path)
        lock.acquire()
        lock.acquire()

    def test_the_file_is_private(self, tmp_path: Path) -> None:
        HomeLock(tmp_path)
        assert mode(tmp_path / "trainautod.lock") == 0o600

    def test_dies_with_its_holder(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", HOLD, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(AlreadyRunning):
                HomeLock(tmp_path).acquire()
            holder.send_signal(signal.SIGKILL)
            holder.wait(10)
        HomeLock(tmp_path).acquire()

    def test_is_not_handed_to_programs_that_are_started(self, tmp_path: Path) -> None:
        lock = HomeLock(tmp_path)
        lock.acquire()
        script = f"ls -l /proc/self/fd 2>/dev/null | grep -c {tmp_path}/trainautod.lock"
        done = subprocess.run(
            ["sh", "-c", script], capture_output=True, close_fds=False, check=False
        )
        assert done.stdout.strip() in (b"0", b"")


def test_a_holder_that_is_just_going_is_waited_for(tmp_path: Path) -> None:
    """As after `kill -9`, when a child of the dead daemon has not become its program yet."""
    prepare_home(tmp_path)
    going = HomeLock(tmp_path)
    going.acquire()
    timer = threading.Timer(0.05, fcntl.flock, (going._file, fcntl.LOCK_UN))
    timer.start()
    HomeLock(tmp_path).acquire()
    timer.join()
