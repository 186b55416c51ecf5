"""What is told of an attempt that did not succeed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.test_conductor import SteppedClock, tell, wait_for
from trainautod import failpoints
from trainautod.lineage.queries import sql
from trainautod.lineage.runs import run_document
from trainautod.runtime.catalog import read_source
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.secrets import FILE
from trainautod.runtime.submission import RunRequest

SECRET = "s3cr3t-" + "x" * 40


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")


def attempt_of(home: Path, text: str, armed: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a pipeline of one step, ``a``; return the run's document and its attempt's row."""
    found: list[Any] = []
    file = home.parent / "one.yaml"
    file.write_text(text)

    async def story(daemon: Daemon, _clock: SteppedClock) -> None:
        failpoints.arm(armed)
        with daemon.hub.listen() as heard:
            run_id = await daemon.runs.submit(read_source(file), RunRequest())
            await wait_for(heard, "attempt_finished")
        key = {"run_id": run_id, "step": "a", "attempt": 1}
        found.append(await daemon.store.read(lambda c: run_document(c, run_id)))
        row = await daemon.store.read(lambda c: c.execute(sql("attempt_of"), key).fetchone())
        found.append(dict(row))
        events = "SELECT data FROM events"
        found.append(await daemon.store.read(lambda c: c.execute(events).fetchall()))

    home.mkdir(mode=0o700, exist_ok=True)
    tell(home, story)
    assert SECRET not in json.dumps([row["data"] for row in found.pop()])
    return found[0], found[1]


@pytest.mark.parametrize("lead", ["", "x" * 4075])
def test_a_secret_that_a_failing_step_prints_is_not_in_its_error(tmp_path: Path, lead: str) -> None:
    """Nor is the rest of one that began before what is told of the log."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / FILE).write_text(f"TOKEN={SECRET}\n")
    (home / FILE).chmod(0o600)
    (tmp_path / "lead").write_text(lead)
    text = (
        "name: one\nenv: {secrets: [TOKEN]}\nsteps:\n"
        "  - {id: a, inputs: [lead], run: 'echo token=$TOKEN; cat lead; echo; exit 3'}\n"
    )

    run, attempt = attempt_of(home, text)

    for told in (run["error"]["message"], attempt["message"], run["steps"][0]["error"]):
        assert "exited with 3" in told
        assert "xxxxxxxxxxxxxxxxxxxxxxxxx" not in told.replace(lead or "-", "")
        assert SECRET not in told
    if not lead:
        assert "token=<TOKEN>" in run["error"]["message"]


def test_an_attempt_that_is_refused_says_so_and_when(tmp_path: Path) -> None:
    text = "name: one\nenv: {secrets: [MISSING_TOKEN]}\nsteps: [{id: a, run: 'true'}]\n"
    run, attempt = attempt_of(tmp_path / "home", text)
    assert "MISSING_TOKEN has no value" in run["error"]["message"]
    assert (attempt["cause"], attempt["exit_code"]) == ("refused", None)
    assert attempt["started_ms"] <= attempt["ended_ms"]


def test_an_attempt_whose_process_cannot_be_started_says_so(tmp_path: Path) -> None:
    text = "name: one\nsteps: [{id: a, run: 'true'}]\n"
    armed = "execution.launch.before_spec=error(EIO)"
    run, attempt = attempt_of(tmp_path / "home", text, armed)
    assert "Input/output error" in run["error"]["message"]
    assert attempt["cause"] == "spawn_failed"


def test_an_attempt_that_ran_keeps_its_times_when_its_results_cannot_be_taken_in(
    tmp_path: Path,
) -> None:
    text = "name: one\nsteps: [{id: a, run: 'sleep 0.2'}]\n"
    run, attempt = attempt_of(tmp_path / "home", text, "attempt.after_exit=error(EIO)")
    assert "attempt.after_exit" in run["error"]["message"]
    assert (attempt["cause"], attempt["exit_code"], attempt["outcome"]) == ("exited", 0, "failed")
    assert attempt["duration_s"] >= 0.2
    assert attempt["ended_ms"] - attempt["started_ms"] >= 200


def test_reading_of_records_that_make_no_sense_fails_the_step_and_says_why(tmp_path: Path) -> None:
    text = "name: one\nsteps: [{id: a, run: 'echo nonsense >> $TRAINAUTO_RECORDS'}]\n"
    run, attempt = attempt_of(tmp_path / "home", text)
    assert "cannot be read\nrecords line 1" in run["error"]["message"]
    assert (attempt["cause"], attempt["outcome"]) == ("exited", "failed")


def test_a_word_too_long_for_a_name_in_the_log_hides_nothing_of_how_a_step_failed(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / FILE).write_text(f"TOKEN={SECRET}\n")
    (home / FILE).chmod(0o600)
    metric = json.dumps({"type": "metric", "name": "loss", "value": 0.5}).replace('"', '\\"')
    text = (
        "name: one\nenv: {secrets: [TOKEN]}\nsteps:\n  - id: a\n    run: |\n"
        f'      echo "{metric}" >> $TRAINAUTO_RECORDS\n'
        f"      echo $TOKEN not found: {'x' * 300}; exit 3\n"
    )

    run, attempt = attempt_of(home, text)

    assert run["error"]["message"].startswith("exited with 3\n<TOKEN> not found: xxx")
    assert (attempt["cause"], attempt["exit_code"]) == ("exited", 3)
    assert run["steps"][0]["metrics"] == {"loss": 0.5}


@pytest.mark.parametrize(("number", "name"), [(9, "SIGKILL"), (35, "signal 35")])
def test_the_signal_that_ended_a_step_is_told_also_when_it_has_no_name(
    tmp_path: Path, number: int, name: str
) -> None:
    text = f"name: one\nsteps: [{{id: a, run: 'echo last words; kill -{number} $$'}}]\n"
    run, attempt = attempt_of(tmp_path / "home", text)
    assert f"was ended by {name}\nlast words" in run["error"]["message"]
    assert attempt["exit_code"] == 128 + number


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("sleep 60 & exit 3", "exited with 3; 1 process outlived the command and had to be ended"),
        ("sleep 60 & kill -9 $$", "was ended by SIGKILL; 1 process outlived the command"),
        ("kill -9 $PPID; sleep 60", "the process that supervised the command was killed"),
    ],
)
def test_what_happened_beside_the_command_is_told_too(
    tmp_path: Path, command: str, told: str
) -> None:
    text = f"name: one\nsteps: [{{id: a, run: '{command}'}}]\n"
    _, attempt = attempt_of(tmp_path / "home", text)
    assert attempt["message"].startswith(told)


def test_a_supervisor_that_failed_is_not_said_to_have_vanished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(failpoints.VARIABLE, "shim.after_spawn=error(ENOSPC)")
    text = "name: one\nsteps: [{id: a, run: 'sleep 60'}]\n"
    _, attempt = attempt_of(tmp_path / "home", text)
    assert attempt["message"].startswith("the supervisor of the command failed: OSError(28")
    assert attempt["outcome"] == "lost"
