"""The command line over a real ``ssh``: what works, and what is said when it does not."""

import os
import subprocess

import pytest

from tests.cli.conftest import TRAINAUTO
from tests.remote.conftest import Gated, Trainauto
from tests.support.daemons import LiveDaemon
from tests.support.sshd import Sshd

pytestmark = pytest.mark.slow


def test_status_and_runs_are_those_of_the_far_daemon(
    daemon: LiveDaemon, there: str, trainauto: Trainauto, gated: Gated
) -> None:
    gated.open()
    done = daemon.run(gated.file)
    status = trainauto("--host", there, "status", "--json")
    assert (status.code, status.document["pid"], status.err) == (0, daemon.pid, "")
    runs = trainauto("--host", there, "runs", "--json").document["runs"]
    assert done["run_id"] in [run["run_id"] for run in runs]


def following(there: str, run_id: str, gated: Gated) -> "subprocess.Popen[str]":
    """Return what follows the log of a gated step, and has printed its first line."""
    follower = subprocess.Popen(
        [*TRAINAUTO, "--host", there, "logs", run_id, "wait", "-f"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert follower.stdout is not None
    assert follower.stdout.readline() == f"first {gated.mark}\n"
    return follower


def test_a_log_is_followed_while_it_grows(
    daemon: LiveDaemon, there: str, sshd: Sshd, gated: Gated
) -> None:
    run_id = daemon.submit(gated.file)
    follower = following(there, run_id, gated)
    gated.open()
    rest, err = follower.communicate(timeout=60)
    assert (rest, err, follower.returncode) == (f"second {gated.mark}\n", "", 0)


def test_a_follower_goes_on_after_its_link_was_cut(
    daemon: LiveDaemon, there: str, sshd: Sshd, gated: Gated
) -> None:
    run_id = daemon.submit(gated.file)
    follower = following(there, run_id, gated)
    sshd.cut()
    gated.open()
    rest, err = follower.communicate(timeout=60)
    assert (rest, follower.returncode) == (f"second {gated.mark}\n", 0), err


def test_a_file_over_there_is_run_by_its_whole_path(
    there: str, trainauto: Trainauto, gated: Gated
) -> None:
    gated.open()
    done = trainauto("--host", there, "run", str(gated.file), "--json")
    assert done.code == 0, done.err
    assert done.document["status"] == "succeeded"
    assert trainauto("--host", there, "check", str(gated.file)).out.startswith(str(gated.file))


def test_a_far_daemon_starts_on_first_need_and_is_stopped_from_here(
    sshd: Sshd, trainauto: Trainauto, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = f"ssh://box{tmp_path_factory.mktemp('far')}/home"
    assert trainauto("--host", place, "daemon", "status").code == 3
    try:
        status = trainauto("--host", place, "status", "--json")
        assert status.code == 0, status.err
    finally:
        stopped = trainauto("--host", place, "daemon", "stop", "--json")
    assert stopped.document == {"stopped": True, "pid": status.document["pid"]}


def test_a_restart_logs_in_once_to_look_and_once_to_start(
    sshd: Sshd, trainauto: Trainauto, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = f"ssh://box{tmp_path_factory.mktemp('far')}/home"
    first = trainauto("--host", place, "status", "--json")
    try:
        logins = sshd.log().count("Accepted publickey")
        again = trainauto("--host", place, "daemon", "restart", "--json")
        assert sshd.log().count("Accepted publickey") == logins + 2
        assert again.document["pid"] != first.document["pid"]
    finally:
        trainauto("--host", place, "daemon", "stop")


@pytest.mark.parametrize(
    ("host", "code", "words"),
    [
        ("stranger", 5, ["stranger does not let you in", "Permission denied (publickey"]),
        ("unknown", 5, ["the host key of unknown is not known here", "Host key verification"]),
        ("changed", 5, ["is not the machine it was", "ssh-keygen -R changed"]),
        ("bare", 3, ["bare has no trainauto on the PATH", "not found", "'echo $PATH'"]),
        ("box:1", 3, ["box takes no ssh connections on that port", "Connection refused"]),
    ],
)
def test_what_is_wrong_is_told_in_words_of_ssh_with_what_to_do(
    trainauto: Trainauto, host: str, code: int, words: list[str]
) -> None:
    outcome = trainauto("--host", f"ssh://{host}", "status")
    assert (outcome.code, outcome.out) == (code, "")
    for word in words:
        assert word in outcome.err


def test_a_forced_read_only_command_shows_everything_and_changes_nothing(
    daemon: LiveDaemon, trainauto: Trainauto, gated: Gated
) -> None:
    run_id = daemon.submit(gated.file)
    watcher = ("--host", "ssh://watcher/another/home")  # it is held to one
    shown = trainauto(*watcher, "show", run_id, "--json")
    assert shown.document["run_id"] == run_id
    for words in (["cancel", run_id], ["run", str(gated.file)]):
        outcome = trainauto(*watcher, *words)
        assert outcome.code == 5, outcome
    gated.open()
    assert daemon.finish(run_id)["status"] == "succeeded"


def test_plain_http_passes_through_dial_stdio(daemon: LiveDaemon, sshd: Sshd) -> None:
    done = subprocess.run(
        ["ssh", "box", "trainauto", "dial-stdio", "--home", str(daemon.home)],
        input=b"GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        capture_output=True,
        timeout=60,
        env=dict(os.environ),
    )
    assert done.returncode == 0
    assert done.stdout.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f'"pid":{daemon.pid}'.encode() in done.stdout.replace(b" ", b"")
