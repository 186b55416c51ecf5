"""One daemon per home, and only in a home that it can trust."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.daemons import LiveDaemon
from tests.support.nursery import Nursery
from tests.support.waiting import wait_until
from trainautod.home import socket_path

NOBODY = 65534


@pytest.fixture
def prepared(home: Path) -> Path:
    """A home as its owner left it: private, and empty so far."""
    home.mkdir(mode=0o700)
    return home


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Path:
    """The store of a home that was used and properly left."""
    home = tmp_path_factory.mktemp("s") / "h"
    pipeline = home.parent / "pipeline.yaml"
    pipeline.write_text("steps: [{id: a, run: 'echo x > o'}]\n")
    live = LiveDaemon(home, nursery).start()
    live.run(pipeline)
    live.stop()
    return home / "store.db"


def test_a_second_daemon_is_told_who_holds_the_home(daemon: LiveDaemon) -> None:
    second = refused(daemon.home)

    status = daemon.client.status()
    assert second.returncode == 5
    assert f"pid {status['pid']}" in second.stderr
    assert f"since {status['started_at']}" in second.stderr
    assert f"version {status['version']}" in second.stderr
    assert "trainauto daemon stop" in second.stderr


def test_a_second_daemon_in_the_background_is_told_as_well(daemon: LiveDaemon) -> None:
    second = refused(daemon.home, "--detach")

    assert second.returncode == 5
    assert f"pid {daemon.client.status()['pid']}" in second.stderr


def test_a_second_daemon_disturbs_nothing(daemon: LiveDaemon) -> None:
    log, last = daemon.log(), daemon.client.status()["last_event"]

    refused(daemon.home)

    assert daemon.log() == log
    assert daemon.client.status()["last_event"] == last


def test_the_lock_is_taken_before_the_store_is_opened(daemon: LiveDaemon) -> None:
    """Two processes that open one store at once can damage it."""
    assert daemon.pid is not None
    lock = daemon.home / "trainautod.lock"
    told = refused(daemon.home, trace=True)

    opened = re.findall(r"open (\S+)", told.stdout)
    assert str(lock) in opened
    assert not [path for path in opened if "store.db" in path or "statcache.db" in path]


def test_of_many_that_start_at_once_one_serves(prepared: Path) -> None:
    racers = [LiveDaemon(prepared) for _ in range(4)]
    for racer in racers:
        racer.launch()
    try:
        wait_until(lambda: sum(ended(racer) for racer in racers) == 3, "three to give up")
        (winner,) = [racer for racer in racers if not ended(racer)]
        wait_until(winner.answers, "the winner to answer")
        assert winner.pid is not None
        assert winner.client.status()["pid"] == winner.pid
        codes = [racer.wait_for_death() for racer in racers if racer is not winner]
        assert codes == [5, 5, 5]
    finally:
        for racer in racers:
            racer.kill()


def test_a_dead_holder_holds_nothing(fresh: LiveDaemon) -> None:
    fresh.kill()

    fresh.start()

    assert fresh.client.status()["state"] == "running"


@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_a_home_that_others_may_write_to_is_refused(prepared: Path, mode: int) -> None:
    prepared.chmod(mode)

    told = refused(prepared)

    assert told.returncode == 1
    assert f"others may write to {prepared}; run `chmod go-w {prepared}`" in told.stderr
    assert list(prepared.iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_a_home_of_another_user_is_refused(prepared: Path) -> None:
    os.chown(prepared, NOBODY, NOBODY)

    told = refused(prepared)

    assert told.returncode == 1
    assert f"{prepared} belongs to uid {NOBODY}, not to you; use another --home" in told.stderr
    assert list(prepared.iterdir()) == []


def test_a_home_that_is_a_file_is_refused(home: Path) -> None:
    home.write_text("not a directory")

    told = refused(home)

    assert told.returncode == 1
    assert str(home) in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[slots\n", "(at line 1, column 7)"),
        (b"[slots]\ncpus = 'many'\n", "cpus = 'many' must be a number above 0"),
        (
            b"[slots]\ncpu = 2\n",
            "unknown key 'cpu' in [slots]; known: ['cpus', 'gpus', 'memory_gib']",
        ),
        (b"\xff\xfe", "can't decode byte 0xff"),
    ],
)
def test_a_wrong_config_is_told_with_file_and_key(prepared: Path, text: bytes, words: str) -> None:
    config = prepared / "config.toml"
    config.write_bytes(text)

    told = refused(prepared)

    assert told.returncode == 1
    assert f"{config}: " in told.stderr
    assert words in told.stderr
    assert "Traceback" not in told.stderr
    assert not (prepared / "store.db").exists()


def test_what_the_config_declares_is_what_the_daemon_offers(
    prepared: Path, nursery: Nursery
) -> None:
    (prepared / "config.toml").write_text("[slots]\ncpus = 3.5\nmemory_gib = 2\ngpus = [1, 5]\n")
    live = LiveDaemon(prepared, nursery).start()
    try:
        slots = live.client.status()["slots"]
    finally:
        live.kill()

    assert slots["cpus"]["total"] == 3.5
    assert slots["memory_bytes"]["total"] == 2 << 30
    assert slots["gpus"]["total"] == [1, 5]


@pytest.mark.parametrize("damage", ["garbage", "overwritten"])
def test_a_damaged_store_is_refused_and_left_as_it_is(
    prepared: Path, store: Path, damage: str
) -> None:
    path = prepared / "store.db"
    shutil.copy(store, path)
    spoil(path, damage)
    before = path.read_bytes()

    told = refused(prepared)

    assert told.returncode == 1
    assert str(path) in told.stderr
    assert "restore a backup" in told.stderr
    assert "Traceback" not in told.stderr
    assert path.read_bytes() == before
    assert not socket_path(prepared).exists()


def test_a_store_of_a_later_version_is_refused_and_left_as_it_is(
    prepared: Path, store: Path
) -> None:
    path = prepared / "store.db"
    shutil.copy(store, path)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('trainauto', '9999_from_the_future', '2099-01-01')"
        )
    connection.close()
    before = path.read_bytes()

    told = refused(prepared)

    assert told.returncode == 1
    assert "9999_from_the_future" in told.stderr
    assert "upgrade" in told.stderr
    assert path.read_bytes() == before


def test_a_left_store_is_taken_up_again(prepared: Path, store: Path, nursery: Nursery) -> None:
    shutil.copy(store, prepared / "store.db")
    live = LiveDaemon(prepared, nursery).start()
    try:
        runs = live.client.runs()["runs"]
    finally:
        live.kill()

    assert [run["status"] for run in runs] == ["succeeded"]


TRACE = """
import runpy, sys
def told(event, arguments):
    if event in ("open", "sqlite3.connect"):
        print("open", arguments[0], flush=True)
sys.addaudithook(told)
runpy.run_module("trainautod.main", run_name="__main__", alter_sys=True)
"""


def refused(home: Path, *options: str, trace: bool = False) -> "subprocess.CompletedProcess[str]":
    """Start a daemon that will not serve, and return what it told."""
    program = ["-c", TRACE] if trace else ["-m", "trainautod.main"]
    return subprocess.run(
        [sys.executable, *program, "--home", str(home), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def ended(live: LiveDaemon) -> bool:
    return live.pid is not None and not live.is_alive()


def spoil(path: Path, damage: str) -> None:
    size = path.stat().st_size
    intact = 0 if damage == "garbage" else 8192
    with path.open("r+b") as file:
        file.seek(intact)
        file.write(os.urandom(size - intact))
