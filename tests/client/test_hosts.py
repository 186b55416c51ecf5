"""Kept hosts: named, found again, and never half written."""

import json
import threading
from pathlib import Path

import pytest

from trainauto_tui.client import hosts
from trainauto_tui.client.address import Address
from trainauto_tui.errors import Invalid, NotFound, Usage


@pytest.fixture(autouse=True)
def _config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("TRAINAUTO_HOST", raising=False)


def test_nothing_is_kept_at_first() -> None:
    assert hosts.kept() == {}


def test_a_kept_host_is_found_by_its_name(tmp_path: Path) -> None:
    assert hosts.keep("gpu", "ssh://me@box:22") == Address("box", "me", 22)
    assert hosts.kept() == {"gpu": Address("box", "me", 22)}
    assert hosts.resolve("gpu") == Address("box", "me", 22)
    assert hosts.file() == tmp_path / "trainauto" / "hosts.json"
    assert json.loads(hosts.file().read_text()) == {"hosts": {"gpu": "ssh://me@box:22"}}
    assert [path.name for path in hosts.file().parent.iterdir()] == ["hosts.json"]


def test_a_name_can_be_given_to_another_address_and_taken_away() -> None:
    hosts.keep("gpu", "ssh://one")
    hosts.keep("gpu", "ssh://two")
    assert hosts.forget("gpu") == Address("two")
    assert hosts.kept() == {}
    with pytest.raises(NotFound, match="no host is kept as 'gpu'; kept: none"):
        hosts.forget("gpu")


@pytest.mark.parametrize("name", ["local", "", "-x", "a b", "a/b", "ssh://x", "é"])
def test_a_name_that_could_be_mistaken_is_refused(name: str) -> None:
    with pytest.raises(Usage, match="cannot be the name"):
        hosts.keep(name, "ssh://box")


def test_an_address_that_is_none_is_not_kept() -> None:
    with pytest.raises(Usage):
        hosts.keep("gpu", "box")
    assert not hosts.file().exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"hosts": []}', '{"hosts": {"a": 1}}', '{"hosts": {"a": "http://x"}}']
)
def test_a_broken_file_is_told_with_its_path_and_not_overwritten(text: str) -> None:
    hosts.file().parent.mkdir()
    hosts.file().write_text(text)
    with pytest.raises(Invalid, match="is not a list of hosts") as caught:
        hosts.keep("gpu", "ssh://box")
    assert str(hosts.file()) in caught.value.message
    assert hosts.file().read_text() == text


def test_a_file_that_cannot_be_read_is_told_with_its_path() -> None:
    hosts.file().mkdir(parents=True)
    with pytest.raises(Invalid, match="cannot be read: Is a directory") as caught:
        hosts.kept()
    assert str(hosts.file()) in caught.value.message


def test_changes_at_once_lose_nothing() -> None:
    names = [f"host{number}" for number in range(12)]
    threads = [threading.Thread(target=hosts.keep, args=(name, f"ssh://{name}")) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(hosts.kept()) == sorted(names)


def test_a_host_is_a_url_a_name_or_this_machine() -> None:
    hosts.keep("gpu", "ssh://me@box")
    assert hosts.resolve("") is None
    assert hosts.resolve("local") is None
    assert hosts.resolve("ssh://other") == Address("other")
    with pytest.raises(NotFound, match="kept: gpu"):
        hosts.resolve("cpu")


def test_the_variable_counts_where_no_option_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINAUTO_HOST", "ssh://there")
    assert hosts.chosen(None, None) == Address("there")
    assert hosts.chosen("ssh://elsewhere", None) == Address("elsewhere")
    assert hosts.chosen("local", None) is None
    assert hosts.chosen(None, "/a/home") is None


def test_a_home_of_this_machine_does_not_go_with_another_one() -> None:
    with pytest.raises(Usage, match="does not go with --host"):
        hosts.chosen("ssh://box", "/home")
    assert hosts.chosen("local", "/home") is None


def test_a_host_is_called_by_its_name_or_by_its_account() -> None:
    hosts.keep("gpu", "ssh://me@box")
    assert hosts.name_of(Address("box", "me")) == "gpu"
    assert hosts.name_of(Address("box", "you")) == "you@box"
