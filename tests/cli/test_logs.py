"""``logs``: every byte into a pipe, nothing dangerous onto a terminal."""

import re
import subprocess
import threading
from pathlib import Path

import pytest

from tests.cli.conftest import TRAINAUTO, Trainauto
from tests.support.screens import on_terminal
from tests.support.scripted_daemon import ScriptedDaemon, run_document, step_document
from tests.support.waiting import wait_until

BYTES = bytes(range(256)) * 4


def done(step: str, **fields: object) -> dict[str, object]:
    return step_document(step, "succeeded", **fields)


@pytest.fixture
def two_steps(daemon: ScriptedDaemon) -> ScriptedDaemon:
    daemon.put_run(run_document("r", "succeeded", done("fetch"), done("train"), step_document("x")))
    daemon.logs["r", "fetch", 1] = b"fetched\n"
    daemon.logs["r", "train", 1] = b"epoch 1\nepoch 2\nepoch 3\n"
    return daemon


def test_all_steps_come_in_order_under_headings(
    two_steps: ScriptedDaemon, trainauto: Trainauto
) -> None:
    assert trainauto("logs", "r").lines == [
        "==> fetch <==",
        "fetched",
        "==> train <==",
        "epoch 1",
        "epoch 2",
        "epoch 3",
    ]


def test_one_step_comes_as_it_is(two_steps: ScriptedDaemon, trainauto: Trainauto) -> None:
    assert trainauto("logs", "latest", "fetch").out == "fetched\n"


def test_a_pipe_gets_the_very_bytes(daemon: ScriptedDaemon, home: Path) -> None:
    daemon.put_run(run_document("r", "succeeded", done("a")))
    daemon.logs["r", "a", 1] = BYTES * 1000
    command = [*TRAINAUTO, "logs", "r", "a", "--home", str(home)]
    outcome = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert outcome.stdout == BYTES * 1000
    assert len([1 for _, path, _, _ in daemon.asked if path.endswith("/log")]) > 2, "in pieces"


def test_a_terminal_gets_colours_and_nothing_that_steers_it(
    daemon: ScriptedDaemon, home: Path
) -> None:
    daemon.put_run(run_document("r", "succeeded", done("a")))
    daemon.logs["r", "a", 1] = b"\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b[2Jend\n"
    code, written = on_terminal([*TRAINAUTO, "logs", "r", "a", "--home", str(home)])
    assert code == 0
    assert "\x1b[31mred\x1b[0m end" in written
    assert "\x1b]0" not in written
    assert "\x1b[2J" not in written


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ("0", ""),
        ("1", "epoch 3\n"),
        ("2", "epoch 2\nepoch 3\n"),
        ("9", "epoch 1\nepoch 2\nepoch 3\n"),
    ],
)
def test_the_last_lines(
    two_steps: ScriptedDaemon, trainauto: Trainauto, lines: str, shown: str
) -> None:
    assert trainauto("logs", "r", "train", "--tail", lines).out == shown


def test_the_last_lines_of_a_long_log_are_found_without_reading_it_all(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.put_run(run_document("r", "succeeded", done("a")))
    long_line = b"x" * 100_000 + b"\n"
    daemon.logs["r", "a", 1] = b"start\n" * 500_000 + long_line * 2
    assert trainauto("logs", "r", "a", "--tail", "2").out.encode() == long_line * 2
    offsets = [int(query["offset"]) for _, path, query, _ in daemon.asked if "log" in path]
    assert 0 not in offsets


def test_an_attempt_can_be_chosen(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.put_run(run_document("r", "succeeded", done("a", attempt=2)))
    daemon.logs["r", "a", 1] = b"first\n"
    daemon.logs["r", "a", 2] = b"second\n"
    assert trainauto("logs", "r", "a").out == "second\n"
    assert trainauto("logs", "r", "a", "--attempt", "1").out == "first\n"
    assert trainauto("logs", "r", "a", "--attempt", "3").code == 4


def test_a_gap_is_told_where_it_is(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.put_run(run_document("r", "succeeded", done("a")))
    daemon.logs["r", "a", 1] = b"head\n" + b"?" * 2048 + b"tail\n"
    daemon.gaps["r", "a", 1] = (5, 2053)
    outcome = trainauto("logs", "r", "a")
    assert outcome.out == "head\ntail\n"
    assert outcome.err == "[2.0 KiB dropped here: the log passed its cap]\n"


def test_an_unknown_step_is_no_such_thing_and_the_known_ones_are_named(
    two_steps: ScriptedDaemon, trainauto: Trainauto
) -> None:
    outcome = trainauto("logs", "r", "trian")
    assert outcome.code == 4
    assert "its steps: fetch, train, x" in outcome.err


def test_a_step_with_instances_means_all_of_them(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.put_run(run_document("r", "succeeded", done("train[f=a]"), done("train[f=b]")))
    daemon.logs["r", "train[f=a]", 1] = b"a\n"
    daemon.logs["r", "train[f=b]", 1] = b"b\n"
    assert trainauto("logs", "r", "train").lines == [
        "==> train[f=a] <==",
        "a",
        "==> train[f=b] <==",
        "b",
    ]


def test_json_is_one_document(two_steps: ScriptedDaemon, trainauto: Trainauto) -> None:
    two_steps.gaps["r", "train", 1] = (8, 16)
    document = trainauto("logs", "r", "--json").document
    assert document["run_id"] == "r"
    assert [step["id"] for step in document["steps"]] == ["fetch", "train"]
    assert document["steps"][1] == {
        "id": "train",
        "attempt": 1,
        "size": 24,
        "dropped": 8,
        "complete": True,
        "text": "epoch 1\nepoch 3\n",
    }


def test_follow_goes_on_to_the_end_across_tries_and_restarts(
    daemon: ScriptedDaemon, home: Path
) -> None:
    daemon.put_run(run_document("r", "running", step_document("a", "running")))
    daemon.logs["r", "a", 1] = b"one\n"
    command = [*TRAINAUTO, "logs", "r", "a", "-f", "--home", str(home)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"one\n"
    daemon.logs["r", "a", 1] += b"two\n"
    assert process.stdout.readline() == b"two\n"
    daemon.stop()
    assert process.stderr is not None
    assert b"went away" in process.stderr.readline()
    daemon.logs["r", "a", 1] += b"three\n"
    daemon.logs["r", "a", 2] = b"again\n"
    daemon.put_run(run_document("r", "succeeded", done("a", attempt=2)))
    daemon.start()
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out == b"three\nagain\n"
    assert b"the daemon is back" in err


def test_follow_shows_steps_as_they_start(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.put_run(run_document("r", "running", step_document("a"), step_document("b")))

    def script() -> None:
        wait_until(lambda: [p for _, p, _, _ in daemon.asked if p == "/runs/r"], "the follower")
        daemon.logs["r", "b", 1] = b"b begins\n"
        daemon.logs["r", "a", 1] = b"a ends\n"
        daemon.put_run(run_document("r", "succeeded", done("a"), done("b")))

    writer = threading.Thread(target=script)
    writer.start()
    outcome = trainauto("logs", "r", "-f")
    writer.join()
    assert outcome.code == 0
    assert re.findall("==> (.) <==", outcome.out) == ["a", "b"]


def test_follow_asks_no_more_for_a_log_that_is_complete(daemon: ScriptedDaemon, home: Path) -> None:
    daemon.put_run(run_document("r", "running", done("a"), step_document("b", "running")))
    daemon.logs["r", "a", 1] = b"a is done\n"
    daemon.logs["r", "b", 1] = b"line 0\n"
    command = [*TRAINAUTO, "logs", "r", "-f", "--home", str(home)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    for number in range(1, 4):
        last = b"line %d\n" % (number - 1)
        assert last in iter(process.stdout.readline, b"")
        daemon.logs["r", "b", 1] += b"line %d\n" % number
    daemon.put_run(run_document("r", "succeeded", done("a"), done("b")))
    out, _ = process.communicate(timeout=30)
    assert out == b"line 3\n"
    asked = [path for _, path, _, _ in daemon.asked]
    assert asked.count("/runs/r/steps/a/log") == 1
    assert asked.count("/runs/r/steps/b/log") >= 4
