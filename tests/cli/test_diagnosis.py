"""``doctor``: what it finds, and that it needs no daemon."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Trainauto
from tests.support.scripted_daemon import ScriptedDaemon, status_document
from tests.support.waiting import wait_until
from trainauto_tui.cli import diagnosis
from trainautod import __version__

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
input()
"""


def test_a_fit_machine_without_a_daemon_is_healthy(trainauto: Trainauto, home: Path) -> None:
    outcome = trainauto("doctor")
    assert outcome.code == 0
    names = [line.split()[2] for line in outcome.lines]
    assert names == [
        "python", "sqlite", "home", "socket", "disk", "lock", "daemon", "watches", "gpus",
    ]  # fmt: skip
    assert "not running; it starts when it is first needed" in outcome.out


def test_json_has_every_finding(trainauto: Trainauto) -> None:
    document = trainauto("doctor", "--json").document
    assert document["healthy"] is True
    assert {"name", "state", "message"} == set(document["checks"][0])


def test_a_home_that_is_not_made_yet_is_fine(tmp_path: Path) -> None:
    finding = diagnosis.check_home(tmp_path / "none")
    assert finding.state == "ok"
    assert diagnosis.check_disk(tmp_path / "none" / "deeper").message.endswith(str(tmp_path))


def test_a_home_open_to_others_is_a_warning(home: Path) -> None:
    home.chmod(0o755)
    finding = diagnosis.check_home(home)
    assert (finding.state, "0755" in finding.message) == ("warn", True)


def test_a_home_that_is_a_file_is_a_failure(trainauto: Trainauto, home: Path) -> None:
    home.rmdir()
    home.touch()
    outcome = trainauto("doctor")
    assert outcome.code == 1
    assert "✗ fail  home" in outcome.out


def test_the_answering_daemon_is_compared_with_this_version(
    daemon: ScriptedDaemon, home: Path
) -> None:
    daemon.answers["GET /status"] = status_document(version=__version__)
    assert diagnosis.check_daemon(home).state == "ok"
    daemon.answers["GET /status"] = status_document(version="0.0.1")
    finding = diagnosis.check_daemon(home)
    assert (finding.state, "daemon restart" in finding.message) == ("warn", True)


def test_a_degraded_daemon_is_a_failure(daemon: ScriptedDaemon, home: Path) -> None:
    daemon.answers["GET /status"] = status_document(
        version=__version__, state="degraded", detail="the disk is full"
    )
    finding = diagnosis.check_daemon(home)
    assert (finding.state, "the disk is full" in finding.message) == ("fail", True)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="Linux lists locks there")
def test_the_holder_of_the_lock_is_named_and_its_silence_is_a_failure(home: Path) -> None:
    lock = home / "trainautod.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert diagnosis.check_lock(home).message == f"held by pid {holder.pid}"
        assert diagnosis.check_daemon(home).state == "fail"
        holder.communicate(b"\n")
    assert diagnosis.lock_holder(home) is None


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="Linux shows environments")
def test_steps_that_run_without_a_daemon_are_a_failure(trainauto: Trainauto, home: Path) -> None:
    attempts = [home / "runs" / "0mfz3k" / step / "1" for step in ("fetch", "train[x=a b]")]
    steps = []
    try:
        for attempt in attempts:
            named = {**os.environ, "TRAINAUTO_RECORDS": str(attempt / "records.jsonl")}
            steps.append(subprocess.Popen(["cat"], stdin=subprocess.PIPE, env=named))
        wait_until(lambda: len(diagnosis.running_attempts(home)) == 2, "both steps to be seen")
        outcome = trainauto("doctor")
    finally:
        for step in steps:
            step.communicate()
    assert outcome.code == 1
    (line,) = [line for line in outcome.lines if "daemon start" in line]
    assert line.startswith("✗ fail  daemon")
    assert "2 steps run" in line
    assert "0mfz3k/fetch/1, 0mfz3k/train[x=a b]/1" in line
    assert diagnosis.check_daemon(home).state == "ok"


def test_steps_of_another_home_are_not_ours(home: Path) -> None:
    other = home.with_name("home2") / "runs" / "r" / "a" / "1" / "records.jsonl"
    named = {**os.environ, "TRAINAUTO_RECORDS": str(other)}
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, env=named) as step:
        assert diagnosis.running_attempts(home) == set()
        step.communicate()


def test_looking_at_the_lock_does_not_take_it(home: Path) -> None:
    lock = home / "trainautod.lock"
    lock.touch()
    diagnosis.check_lock(home)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
    ],
)
def test_the_versions_with_the_wal_reset_bug(version: tuple[int, int, int], affected: bool) -> None:
    assert diagnosis.has_wal_reset_bug(version) is affected


def test_a_long_home_has_its_socket_elsewhere(tmp_path: Path) -> None:
    home = tmp_path / ("x" * 120)
    finding = diagnosis.check_socket(home)
    assert (finding.state, "over 100 bytes" in finding.message) == ("ok", True)


def fake_tool(folder: Path, script: str) -> None:
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)


@pytest.mark.parametrize(
    ("prepare", "state", "message"),
    [
        (lambda folder: None, "ok", "none"),
        (lambda folder: fake_tool(folder, "echo 'GPU 0: X'; echo 'GPU 1: X'"), "ok", "2 found"),
        (lambda folder: fake_tool(folder, "exit 9"), "warn", "nvidia-smi fails"),
    ],
)
def test_gpus(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[Path], None],
    state: str,
    message: str,
) -> None:
    prepare(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/nowhere")
    finding = diagnosis.check_gpus(tmp_path)
    assert finding.state == state
    assert message in finding.message


def test_an_unreadable_home_is_a_finding_not_a_crash(home: Path) -> None:
    if os.getuid() == 0:
        pytest.skip("root may read anything")
    home.chmod(0)
    assert diagnosis.check_lock(home).state == "ok"
    home.chmod(0o700)
