"""The commands against the real daemon: the whole way from a file to a result."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import TRAINAUTO, Trainauto
from tests.support.daemons import LiveDaemon

pytestmark = pytest.mark.slow

PIPELINE = """
name: small
params: {greeting: hello}
steps:
  - id: make
    run: echo {{params.greeting}} | tee made.txt
    outputs: made.txt
  - id: use
    needs: [make]
    run: cat made.txt; {last}
"""


@pytest.fixture
def live(home: Path) -> Iterator[LiveDaemon]:
    live = LiveDaemon(home).start()
    yield live
    live.stop()


def written(folder: Path, last: str = "true") -> str:
    file = folder / "small.yaml"
    file.write_text(PIPELINE.replace("{last}", last))
    return str(file)


def test_a_run_its_reuse_its_reasons_and_its_logs(
    live: LiveDaemon, trainauto: Trainauto, tmp_path: Path
) -> None:
    file = written(tmp_path)
    plan = trainauto("plan", file, "--json").document
    assert [step["verdict"] for step in plan["steps"]] == ["run", "unknown"]

    first = trainauto("run", file)
    assert first.code == 0
    assert first.lines[-1].endswith("(2 steps: 2 succeeded)")

    again = trainauto("run", file, "--json").document
    assert again["status"] == "succeeded"
    assert [step["cached"] for step in again["steps"]] == [True, True]

    changed = trainauto("run", file, "--param", "greeting=good day", "--json").document
    assert [step["cached"] for step in changed["steps"]] == [False, False]
    assert trainauto("logs", "latest", "make").out == "good day\n"
    explained = trainauto("explain", "latest", "use", "--json").document
    assert any("made.txt" in change for change in explained["changes"])
    assert len(trainauto("runs", "small").lines) == 4
    assert "made.txt" in trainauto("show", "latest").out


def test_a_failure_is_one_and_its_retry_goes_on_under_the_same_id(
    live: LiveDaemon, trainauto: Trainauto, tmp_path: Path
) -> None:
    file = written(tmp_path, f"test -e {tmp_path}/allowed || {{ echo not yet >&2; exit 7; }}")
    failed = trainauto("run", file, "--json")
    assert failed.code == 1
    assert failed.document["error"]["step"] == "use"
    assert "not yet" in failed.err
    (tmp_path / "allowed").touch()
    retried = trainauto("retry", "latest", "--json")
    assert retried.code == 0
    assert retried.document["run_id"] == failed.document["run_id"]


REFUSALS = [
    (["show", "nothing"], 4),
    (["run", "nothing"], 4),
    (["remove", "nothing"], 4),
    (["run", "{file}", "--force", "maek"], 4),
    (["cancel", "latest"], 5),
    (["retry", "latest"], 5),
    (["run", "{file}", "--param", "greting=x"], 2),
    (["run", "{file}", "--ds", "yesterday"], 2),
]


def test_each_refusal_has_its_exit_code_and_says_why(
    live: LiveDaemon, trainauto: Trainauto, tmp_path: Path
) -> None:
    file = written(tmp_path)
    assert trainauto("run", file).code == 0
    for words, code in REFUSALS:
        outcome = trainauto(*(word.format(file=file) for word in words))
        assert (outcome.code, outcome.out) == (code, ""), words
        assert outcome.err.startswith("trainauto: "), words


def test_a_followed_run_goes_on_when_the_daemon_is_killed(live: LiveDaemon, tmp_path: Path) -> None:
    file = written(tmp_path, f"while ! test -e {tmp_path}/go; do sleep 0.05; done")
    command = [*TRAINAUTO, "run", file, "--home", str(live.home), "--no-start"]
    follower = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert follower.stdout is not None
    for line in follower.stdout:
        if "use running" in line:
            break
    live.kill()
    assert follower.stderr is not None
    assert "went away" in follower.stderr.readline()
    live.start()
    (tmp_path / "go").touch()
    out, err = follower.communicate(timeout=60)
    assert follower.returncode == 0, err
    assert "use succeeded" in out
    assert "the daemon is back" in err


def test_cancel_ends_a_run_and_its_follower(
    live: LiveDaemon, trainauto: Trainauto, tmp_path: Path
) -> None:
    queued = trainauto("run", written(tmp_path, "sleep 600"), "--detach", "--json").document
    live.wait_for_step(queued["run_id"], "use", "running")
    follower = subprocess.Popen(
        [*TRAINAUTO, "show", queued["run_id"], "-f", "--json", "--home", str(live.home)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert trainauto("cancel", queued["run_id"]).code == 0
    out, _ = follower.communicate(timeout=60)
    assert follower.returncode == 1
    assert json.loads(out)["status"] == "cancelled"
