"""Who may talk to the daemon: its owner, through a socket that nobody else can use."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from trainautod.home import SOCKET_PATH_LIMIT, socket_path

NOBODY = 65534

#: What somebody else tries: connect, ask, and tell how far it came. It becomes that somebody once
#: Python runs, because another user may not even reach the interpreter.
STRANGER = """
import os, socket, sys
os.setgroups([])
os.setresgid(*[int(sys.argv[2])] * 3)
os.setresuid(*[int(sys.argv[2])] * 3)
link = socket.socket(socket.AF_UNIX)
link.settimeout(10)
try:
    link.connect(sys.argv[1])
except OSError as error:
    sys.exit(f"no connection: {type(error).__name__}")
try:
    link.sendall(b"GET /status HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    answer = link.recv(65536)
except ConnectionError:
    answer = b""
print("answered" if answer else "hung up")
"""

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")


@pytest.fixture(scope="module")
def reachable() -> Iterator[LiveDaemon]:
    """A daemon of a home whose parent every user may enter: only the home itself keeps them out."""
    with tempfile.TemporaryDirectory(prefix="ta-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o755)
        live = LiveDaemon(Path(directory) / "home").start()
        yield live
        live.kill()


def test_socket_and_directory_are_the_owners_alone(daemon: LiveDaemon) -> None:
    path = socket_path(daemon.home)

    assert path == daemon.home / "api.sock"
    assert path.is_socket()
    assert _mode(path) == 0o600
    assert _mode(path.parent) == 0o700
    assert path.stat().st_uid == path.parent.stat().st_uid == os.getuid()


def test_no_port_of_the_network_is_open(daemon: LiveDaemon) -> None:
    assert daemon.pid is not None
    inodes = _socket_inodes(daemon.pid)
    listening = {
        line.split()[9]
        for table in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    }

    assert inodes
    assert not inodes & listening


def test_everything_in_a_home_is_the_owners_alone(daemon: LiveDaemon, write: Write) -> None:
    daemon.run(write("steps: [{id: a, run: 'echo x > o'}]"))

    readable = [
        path
        for path in daemon.home.iterdir()
        if not path.is_symlink() and _mode(path) & 0o077 and path.name != "daemon.json"
    ]

    assert readable == []


@needs_root
def test_another_user_cannot_connect(reachable: LiveDaemon) -> None:
    outcome = _stranger(reachable)

    assert outcome.returncode != 0
    assert outcome.stderr.strip() == "no connection: PermissionError"
    assert reachable.client.status()["state"] == "running"


@needs_root
def test_another_user_is_hung_up_on_even_where_file_modes_let_them_in(
    reachable: LiveDaemon,
) -> None:
    path = socket_path(reachable.home)
    reachable.home.chmod(0o777)
    path.chmod(0o777)
    try:
        outcomes = [_stranger(reachable) for _ in range(3)]
    finally:
        path.chmod(0o600)
        reachable.home.chmod(0o700)

    assert {outcome.stdout.strip() for outcome in outcomes} == {"hung up"}
    assert reachable.client.status()["state"] == "running"
    assert "traceback" not in reachable.log().lower()


@needs_root
def test_a_fallback_directory_prepared_by_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner could move our socket away and put their own in its place."""
    runtime = tmp_path / "r"
    squatted = runtime / f"trainauto-{os.getuid()}"
    squatted.mkdir(parents=True)
    os.chown(squatted, NOBODY, NOBODY)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    live = LiveDaemon(tmp_path / ("long" * 30))
    live.launch()
    try:
        assert live.wait_for_death() == 1
    finally:
        live.kill()
    assert f"{squatted} belongs to another user" in live.log()


def test_the_socket_file_of_a_dead_daemon_is_replaced(fresh: LiveDaemon) -> None:
    path = socket_path(fresh.home)
    fresh.kill()
    before = path.stat().st_ctime_ns
    assert path.is_socket()

    fresh.start()

    assert path.stat().st_ctime_ns > before
    assert _mode(path) == 0o600


def test_whoever_only_asks_nothing_more_is_still_answered(daemon: LiveDaemon) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(socket_path(daemon.home)))
        connection.sendall(b"GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f'"pid":{daemon.pid}'.encode() in answer


def test_a_graceful_stop_removes_the_socket_file(fresh: LiveDaemon) -> None:
    fresh.stop()

    assert not socket_path(fresh.home).exists()


def test_a_home_with_a_long_path_is_served_from_the_runtime_directory(
    home: Path, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    home.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    long = home / ("a-folder-with-a-long-name-" * 5)
    path = socket_path(long)
    live = LiveDaemon(long).start()
    try:
        run = live.run(write("steps: [{id: a, run: 'echo x > o'}]"))
        modes = [_mode(path), _mode(path.parent), _mode(path.parent.parent)]
    finally:
        live.stop()

    assert run["status"] == "succeeded"
    assert path.is_relative_to(home / f"trainauto-{os.getuid()}")
    assert len(os.fsencode(path)) <= SOCKET_PATH_LIMIT < len(os.fsencode(long / "api.sock"))
    assert modes == [0o600, 0o700, 0o700]


def test_two_long_homes_have_sockets_of_their_own(tmp_path: Path) -> None:
    one, other = (socket_path(tmp_path / (name * 120)) for name in "ab")

    assert one != other


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def _socket_inodes(pid: int) -> set[str]:
    links = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}


def _stranger(live: LiveDaemon) -> "subprocess.CompletedProcess[str]":
    path = str(socket_path(live.home))
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", STRANGER, path, str(NOBODY)],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
