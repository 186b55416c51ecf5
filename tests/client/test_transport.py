"""How the client reaches a socket, and what it says when it cannot."""

import os
import socket
from pathlib import Path

import pytest

from tests.support.scripted_daemon import serving
from trainauto_tui.client import Client, unix
from trainauto_tui.errors import NoDaemon, Refused


def test_a_missing_socket_is_no_daemon_and_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NoDaemon, match="no daemon answers") as caught:
        unix(tmp_path / "api.sock")()
    assert "trainauto daemon start" in caught.value.hint
    assert caught.value.exit_code == 3


def test_a_socket_left_behind_by_a_dead_daemon_is_no_daemon(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    with pytest.raises(NoDaemon):
        unix(path)()


@pytest.mark.skipif(os.getuid() == 0, reason="root may connect to anything")
def test_a_socket_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        path.chmod(0o000)
        with pytest.raises(Refused, match="belongs to another user"):
            unix(path)()


def test_any_connected_socket_will_do(tmp_path: Path) -> None:
    with serving(tmp_path / "s"):
        made: list[socket.socket] = []

        def connect() -> socket.socket:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(tmp_path / "s"))
            made.append(connection)
            return connection

        assert Client(connect).status()["pid"] == 4242
    assert len(made) == 1
    assert made[0].fileno() == -1, "the connection was left open"
