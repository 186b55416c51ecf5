"""``daemon``: a real one, started, asked, restarted and stopped by the commands alone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import TRAINAUTO, Outcome, Trainauto
from tests.support.waiting import wait_until
from trainauto_tui.cli import starting
from trainauto_tui.client import Client, unix
from trainauto_tui.errors import NoDaemon
from trainautod.home import daemon_log, socket_path


@pytest.fixture
def own_home(home: Path) -> Iterator[Path]:
    """A home whose daemon, if one was started, is stopped afterwards."""
    yield home
    try:
        pid = Client(unix(socket_path(home))).status()["pid"]
    except NoDaemon:
        return
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not alive(pid), "the daemon to end")


def alive(pid: int) -> bool:
    """Tell whether a process runs; nobody may have reaped one that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def command(home: Path, *words: str) -> Outcome:
    outcome = subprocess.run(
        [*TRAINAUTO, "--home", str(home), *words], capture_output=True, text=True, timeout=120
    )
    return Outcome(outcome.returncode, outcome.stdout, outcome.stderr)


@pytest.mark.slow
def test_a_daemon_lives_and_ends_by_its_verbs(own_home: Path) -> None:
    assert command(own_home, "daemon", "status").code == 3
    assert command(own_home, "daemon", "stop").out == "no daemon runs\n"

    started = command(own_home, "daemon", "start", "--json").document
    assert started["home"] == str(own_home)
    again = command(own_home, "daemon", "start")
    assert again.out.startswith(f"the daemon runs already: pid {started['pid']}")
    status = command(own_home, "daemon", "status", "--json").document
    assert {"pid", "version", "home", "started_at", "state"} <= set(status)
    assert status["pid"] == started["pid"]

    restarted = command(own_home, "daemon", "restart", "--json").document
    assert restarted["pid"] != started["pid"]
    assert not alive(started["pid"])

    stopped = command(own_home, "daemon", "stop", "--json").document
    assert stopped == {"stopped": True, "pid": restarted["pid"]}
    assert not alive(restarted["pid"])
    assert '"action"' in command(own_home, "daemon", "logs", "--tail", "1").out


@pytest.mark.slow
def test_the_daemon_starts_on_first_need_and_says_so(own_home: Path) -> None:
    first = command(own_home, "runs", "--json")
    assert first.document == {"runs": [], "next": None}
    assert f"started the daemon for {own_home}" in first.err
    assert command(own_home, "runs", "--json").err == ""


@pytest.mark.slow
def test_two_commands_at_once_start_one_daemon(own_home: Path) -> None:
    both = [
        subprocess.Popen(
            [*TRAINAUTO, "--home", str(own_home), "status", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outcomes = [Outcome(p.wait(60), *(s.read() for s in (p.stdout, p.stderr) if s)) for p in both]
    for process in both:
        process.communicate()
    assert [outcome.code for outcome in outcomes] == [0, 0]
    assert len({outcome.document["pid"] for outcome in outcomes}) == 1


def test_no_start_starts_nothing(trainauto: Trainauto, home: Path) -> None:
    assert trainauto("runs").code == 3
    assert list(home.iterdir()) == []


def test_a_daemon_that_cannot_start_says_why_and_where_its_log_is(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = [sys.executable, "-c", "import sys; sys.exit('the lock is held by pid 7')"]
    monkeypatch.setattr(starting, "start_command", lambda home: fails)
    monkeypatch.setattr(starting, "GRACE_AFTER_EXIT_S", 0.1)
    with pytest.raises(NoDaemon, match="the lock is held by pid 7") as caught:
        starting.start(home)
    assert caught.value.hint == f"its log: {daemon_log(home)}"


def test_a_daemon_that_failed_after_it_detached_is_quoted_from_its_log(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon_log(home).parent.mkdir()
    daemon_log(home).write_text('{"level": "critical", "message": "the store is newer"}\n')
    monkeypatch.setattr(starting, "start_command", lambda home: [sys.executable, "-c", ""])
    monkeypatch.setattr(starting, "ANSWERS_WITHIN_S", 0.2)
    with pytest.raises(NoDaemon, match="did not come up: the store is newer"):
        starting.start(home)


def test_a_daemon_that_goes_away_later_is_not_replaced(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(*_: object) -> None:
        raise AssertionError("started a second daemon")

    monkeypatch.setattr(starting, "start", started)
    near, far = os.pipe()
    os.close(near)
    os.close(far)
    calls = iter([True, False])

    def connect() -> object:
        if next(calls):
            return "connection"
        raise NoDaemon

    reach = starting.on_first_need(connect, home, print)  # type: ignore[arg-type]
    assert reach() == "connection"  # type: ignore[comparison-overlap]
    with pytest.raises(NoDaemon):
        reach()


def test_the_log_of_a_home_without_one_is_no_such_thing(trainauto: Trainauto) -> None:
    outcome = trainauto("daemon", "logs")
    assert outcome.code == 4
    assert "no daemon has run here yet" in outcome.err


def test_the_daemons_log_is_followed_across_its_rotation(home: Path) -> None:
    log = daemon_log(home)
    log.parent.mkdir()
    log.write_text("one\ntwo\nthree\n")
    follower = subprocess.Popen(
        [*TRAINAUTO, "daemon", "logs", "-f", "--tail", "2", "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert follower.stdout is not None
    with follower.stdout:
        assert [follower.stdout.readline() for _ in range(2)] == [b"two\n", b"three\n"]
        with log.open("a") as file:
            file.write("four\n")
        assert follower.stdout.readline() == b"four\n"
        log.rename(log.with_suffix(".1"))
        log.write_text("five\n")
        assert follower.stdout.readline() == b"five\n"
        follower.send_signal(signal.SIGINT)
        assert follower.wait(10) == 130
