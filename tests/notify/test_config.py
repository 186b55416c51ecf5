"""Section ``[notify]`` of config.toml."""

import socket
from pathlib import Path

import pytest

from trainautod.notify.rates import MOST, Rate
from trainautod.runtime.errors import ConfigInvalid
from trainautod.runtime.machine import Telling, load_config
from trainautod.spec.notify import PROBLEMS


def read(home: Path, text: str) -> Telling:
    (home / "config.toml").write_text(f"[slots]\ngpus = 0\n[notify]\n{text}\n")
    return load_config(home).telling


def test_without_it_nobody_is_told_and_pipelines_have_the_usual_rate(tmp_path: Path) -> None:
    telling = load_config(tmp_path).telling
    assert (telling.on, telling.to, telling.rate) == ((), (), Rate(MOST))


def test_everything_can_be_said(tmp_path: Path) -> None:
    telling = read(
        tmp_path,
        'on = ["run_failed", "task_died"]\nto = ["SLACK_URL", "MAIL_URL"]\n'
        'max_per_hour = 5\nhost = "ssh://me@box"',
    )
    assert telling.on == ("run_failed", "task_died")
    assert telling.to == ("SLACK_URL", "MAIL_URL")
    assert telling.rate == Rate(5)
    assert telling.place.opening("0mfz3k") == "trainauto-tui --host ssh://me@box --run 0mfz3k"


def test_who_is_told_hears_of_all_problems_unless_it_is_said_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, 'to = "SLACK_URL"').on == PROBLEMS


def test_without_an_address_the_machine_and_an_unusual_home_are_named(tmp_path: Path) -> None:
    place = read(tmp_path, "").place
    here = f"(on {socket.gethostname()})"
    assert place.opening("0mfz3k") == f"trainauto-tui --home {tmp_path} --run 0mfz3k   {here}"


def test_the_usual_home_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRAINAUTO_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    home = tmp_path / "trainauto"
    home.mkdir()
    assert read(home, "").place.opening(None).startswith("trainauto-tui   (on ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('to = ["json://me:pw@host"]', "name a secret that holds an Apprise URL"),
        ('on = ["run_failed"]', "no `to`"),
        ('to = "A"\non = ["run_fialed"]', "did you mean"),
        ('to = "A"\nmax_per_hour = 0', "max_per_hour"),
        ('to = "A"\nmax_per_hour = 2.5', "whole number"),
        ('host = ""', "ssh://me@box"),
        ('host = "a\\nb"', "ssh://me@box"),
        ("to = 3", "a list of names"),
        ("too = 3", "unknown key"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        read(tmp_path, text)
    assert told in str(refused.value)
    assert "me:pw" not in str(refused.value)
