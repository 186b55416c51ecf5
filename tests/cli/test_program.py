"""Exit codes, and what is said when something goes wrong."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import TRAINAUTO, Trainauto
from tests.support.scripted_daemon import ScriptedDaemon, run_document, step_document


def test_no_daemon_is_three_and_says_how_to_start_one(trainauto: Trainauto) -> None:
    outcome = trainauto("status")
    assert (outcome.code, outcome.out) == (3, "")
    assert "no daemon answers" in outcome.err
    assert "trainauto daemon start" in outcome.err


@pytest.mark.parametrize(
    ("status", "code"), [(404, 4), (422, 2), (409, 5), (403, 5), (503, 3), (500, 1)]
)
def test_each_refusal_has_its_exit_code(
    daemon: ScriptedDaemon, trainauto: Trainauto, status: int, code: int
) -> None:
    daemon.fail("POST /runs/r/cancel", status, "it says no", hint="do this")
    outcome = trainauto("cancel", "r", "--json")
    assert (outcome.code, outcome.out) == (code, "")
    assert outcome.err == "trainauto: it says no\ndo this\n"


def test_all_problems_of_a_file_are_printed(
    daemon: ScriptedDaemon, trainauto: Trainauto, tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").touch()
    problems = ["a.yaml:3: unknown key 'need'", "a.yaml:9: cycle"]
    daemon.fail("POST /pipelines", 422, "a.yaml is not valid", problems=problems)
    outcome = trainauto("add", str(tmp_path / "a.yaml"))
    assert outcome.code == 2
    assert outcome.err.splitlines() == ["trainauto: a.yaml is not valid", *problems]


def test_a_reader_that_goes_away_ends_the_command_quietly(
    daemon: ScriptedDaemon, home: Path
) -> None:
    steps = [step_document(f"step{number}", "succeeded") for number in range(5000)]
    daemon.put_run(run_document("r", "succeeded", *steps))
    near, far = os.pipe()
    process = subprocess.Popen(
        [*TRAINAUTO, "show", "r", "--home", str(home)], stdout=far, stderr=subprocess.PIPE
    )
    os.close(far)
    os.read(near, 10)
    os.close(near)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (141, b"")


def test_a_follower_notices_that_its_reader_went_away_without_a_word_to_write(
    daemon: ScriptedDaemon, home: Path
) -> None:
    daemon.logs["r", "a", 1] = b"begun\n"
    daemon.put_run(run_document("r", "running", step_document("a", "running")))
    near, far = os.pipe()
    process = subprocess.Popen(
        [*TRAINAUTO, "logs", "r", "a", "-f", "--home", str(home)],
        stdout=far,
        stderr=subprocess.PIPE,
    )
    os.close(far)
    assert os.read(near, 100) == b"begun\n"
    os.close(near)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (141, b"")
