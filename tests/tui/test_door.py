"""Doors: which daemon the options mean, and what opening another one needs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.far_machine import FarMachine
from tests.support.scripted_daemon import ScriptedDaemon, serving
from trainauto_tui.client import Client, hosts
from trainauto_tui.door import Doors
from trainauto_tui.errors import NotFound, Refused, Usage
from trainautod.home import read_only_socket_path, socket_path


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FarMachine:
    machine = FarMachine(tmp_path / "machine")
    monkeypatch.setenv("PATH", machine.path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("TRAINAUTO_HOST", raising=False)
    return machine


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return home


@pytest.fixture
def daemon(home: Path) -> Iterator[ScriptedDaemon]:
    with serving(socket_path(home)) as daemon:
        yield daemon


def doors(home: Path | None, read_only: bool = False, may_start: bool = False) -> Doors:
    return Doors(str(home) if home else None, read_only, may_start, print)


def test_without_a_host_it_is_the_home_of_this_machine(daemon: ScriptedDaemon, home: Path) -> None:
    door = doors(home).first(None)
    assert (door.host, door.place, door.start) == ("", str(home), None)
    door.knock()
    assert Client(door.connect).status()["pid"] == 4242
    door.close()
    assert doors(home, may_start=True).first("local").start is not None


def test_looking_only_goes_by_another_socket(home: Path) -> None:
    with serving(read_only_socket_path(home)):
        door = doors(home, read_only=True).first(None)
        assert Client(door.connect).status()["pid"] == 4242


def test_a_kept_host_is_called_by_its_name_and_opened_before_anything_is_drawn(
    daemon: ScriptedDaemon, home: Path, machine: FarMachine
) -> None:
    hosts.keep("gpu", f"ssh://me@box{home}")
    door = doors(None, read_only=False).first("gpu")
    assert (door.host, door.place, door.start) == ("gpu", f"ssh://me@box{home}", None)
    door.knock()
    assert "BatchMode=yes" not in machine.words()  # it may ask
    assert Client(door.connect).status()["pid"] == 4242
    door.close()


def test_once_drawn_nothing_can_be_asked(home: Path, machine: FarMachine) -> None:
    with serving(socket_path(home)):
        door = doors(None).to(f"ssh://me@box{home}")
        door.knock()
        assert door.link is not None
        door.link.hang_up()
        assert Client(door.connect).status()["pid"] == 4242
        assert "BatchMode=yes" in machine.words()
        door.close()


def test_a_door_that_stays_shut_says_why(machine: FarMachine) -> None:
    machine.before("echo 'Permission denied (publickey).' >&2; exit 255")
    with pytest.raises(Refused, match="me@box does not let you in"):
        doors(None).to("ssh://me@box").knock()


def test_what_is_no_host_is_refused(home: Path) -> None:
    with pytest.raises(NotFound):
        doors(None).to("gpu")
    with pytest.raises(Usage):
        doors(home).first("ssh://box")
