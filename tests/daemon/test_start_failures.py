"""A daemon that cannot start says why, in its log too: a detached one has no other place."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.daemons import LiveDaemon
from trainautod.home import daemon_log, read_only_socket_path, socket_path, start_command

DEFECT = """
import sys
import trainautod.main as program
def defect(*_): raise LookupError("nobody thought of this")
program.load_config = defect
program.main(["--home", sys.argv[1]])
"""
SECOND = """
from trainautod.runtime.catalog import Catalog
Catalog.load = defect
"""


def test_a_defect_at_the_start_is_logged(home: Path) -> None:
    command = [sys.executable, "-c", DEFECT, str(home)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "nobody thought of this" in ended.stderr
    assert '"action": "start_failed"' in daemon_log(home).read_text()


def test_a_start_that_fails_halfway_lets_go_of_what_was_started(home: Path) -> None:
    """The store is closed, which takes its write-ahead log away; no fork server is left."""
    defect = DEFECT.replace("program.load_config = defect", SECOND)
    command = [sys.executable, "-c", defect, str(home)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "nobody thought of this" in ended.stderr
    assert (home / "store.db").exists()
    assert not (home / "store.db-wal").exists()


def test_a_socket_that_cannot_be_made_is_an_error_that_lets_go_too(home: Path) -> None:
    read_only_socket_path(home).mkdir(parents=True)
    home.chmod(0o700)
    command = [sys.executable, "-m", "trainautod.main", "--home", str(home)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert str(read_only_socket_path(home)) in ended.stderr
    assert not socket_path(home).exists()
    assert not (home / "store.db-wal").exists()


def test_who_the_daemon_is_can_be_read_whole_at_any_moment(fresh: LiveDaemon) -> None:
    identity = json.loads((fresh.home / "daemon.json").read_text())

    assert identity["pid"] == fresh.pid
    assert [path.name for path in fresh.home.glob("daemon.*")] == ["daemon.json"]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("config.toml", "[slots]\ncpus = -1\n", "cpus = -1 must be a number above 0"),
        ("store.db", "this is no database, and never was one", "store.db"),
    ],
)
def test_a_detached_daemon_tells_its_starter_why_it_does_not_come_up(
    home: Path, file: str, text: str, said: str
) -> None:
    home.mkdir(mode=0o700)
    (home / file).write_text(text)
    ended = subprocess.run(start_command(home), capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert said in ended.stderr
    assert said in daemon_log(home).read_text()


def test_a_detached_daemon_that_dies_without_a_word_is_told_too(home: Path) -> None:
    code = "import os, trainautod.runtime.lock as lock; lock.HomeLock.sign = lambda *_: os._exit(9)"
    program = f"{code}; import trainautod.main as m, sys; m.main(sys.argv[1:])"
    command = [sys.executable, "-c", program, "--home", str(home), "--detach"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (1, "trainautod: the daemon died before it served\n")


def test_a_detached_daemon_lets_its_starter_go_when_it_can_be_connected_to(home: Path) -> None:
    live = LiveDaemon(home)
    ended = subprocess.run(start_command(home), capture_output=True, text=True, check=False)
    pid = live.client.status()["pid"]
    os.kill(pid, signal.SIGKILL)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
