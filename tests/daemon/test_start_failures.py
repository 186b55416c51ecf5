"""A daemon that cannot start says why, in its log too: a detached one has no other place."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.daemons import LiveDaemon
from trainautod.home import daemon_log, read_only_socket_path, socket_path

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
