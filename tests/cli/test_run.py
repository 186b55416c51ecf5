"""``run`` and ``retry``: what is asked for, what is shown, and how it ends."""

import json
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import TRAINAUTO, Trainauto
from tests.support.screens import on_terminal, screen_of
from tests.support.scripted_daemon import ScriptedDaemon, run_document, step_document

DONE = run_document("r", "succeeded", step_document("fetch", "succeeded", duration_s=1.2))
RUNNING = run_document("r", "running", step_document("fetch", "running"))
FAILED = run_document(
    "r",
    "failed",
    step_document("fetch", "succeeded"),
    step_document("evaluate", "failed", exit_code=3),
    error={"step": "evaluate", "message": "exit code 3\nroc_auc 0.71 is below 0.82"},
)


def asked_for(daemon: ScriptedDaemon, path: str = "/runs") -> Any:
    return next(
        body for method, asked, _, body in daemon.asked if (method, asked) == ("POST", path)
    )


def test_a_name_is_asked_for_by_name(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["POST /runs"] = DONE
    outcome = trainauto("run", "nightly")
    assert outcome.code == 0
    assert asked_for(daemon) == {
        "name": "nightly",
        "params": {},
        "ds": None,
        "from_step": None,
        "force": [],
        "force_all": False,
    }


def test_what_was_typed_reaches_the_daemon(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["POST /runs"] = DONE
    options = ["--ds", "2013-07-10", "--from", "train", "--force", "fetch", "--force", "eval"]
    trainauto("run", "nightly", "--param", "days=7", "--param", "q=a=b", *options, "--force-all")
    body = asked_for(daemon)
    assert body["params"] == {"days": "7", "q": "a=b"}, "the pipeline's defaults give the types"
    assert (body["ds"], body["from_step"], body["force"]) == (
        "2013-07-10",
        "train",
        ["fetch", "eval"],
    )
    assert body["force_all"] is True


@pytest.mark.parametrize("typed", ["nightly.yaml", "./nightly.yaml", "plain"])
def test_a_file_is_asked_for_by_its_absolute_path(
    daemon: ScriptedDaemon,
    trainauto: Trainauto,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
) -> None:
    (tmp_path / Path(typed).name).touch()
    monkeypatch.chdir(tmp_path)
    daemon.answers["POST /runs"] = DONE
    trainauto("run", typed)
    assert asked_for(daemon)["path"] == str(tmp_path / Path(typed).name)
    assert "name" not in asked_for(daemon)


def test_a_missing_file_is_no_such_thing(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    outcome = trainauto("run", "missing.yaml")
    assert (outcome.code, daemon.asked) == (4, [])
    assert "no file missing.yaml" in outcome.err


def test_a_failed_run_is_one_and_says_the_step_and_its_last_lines(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["POST /runs"] = FAILED
    outcome = trainauto("run", "nightly")
    assert outcome.code == 1
    assert outcome.err == "failed: step evaluate: exit code 3\nroc_auc 0.71 is below 0.82\n"
    assert outcome.lines[-1].endswith("(2 steps: 1 succeeded, 1 failed)")


@pytest.mark.parametrize(("status", "code"), [("cancelled", 1), ("skipped", 0), ("succeeded", 0)])
def test_the_exit_code_is_the_verdict(
    daemon: ScriptedDaemon, trainauto: Trainauto, status: str, code: int
) -> None:
    daemon.answers["POST /runs"] = run_document("r", status)
    assert trainauto("run", "nightly").code == code


def test_json_is_the_run_as_it_ended_and_nothing_else(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["POST /runs"] = {**FAILED, "a_field_of_a_newer_daemon": 1}
    outcome = trainauto("run", "nightly", "--json")
    assert outcome.code == 1
    assert outcome.document == {**FAILED, "a_field_of_a_newer_daemon": 1}


def test_json_follows_to_the_end(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["POST /runs"] = RUNNING
    daemon.put_run(RUNNING)
    later = threading.Timer(0.2, daemon.advance, [DONE])
    later.start()
    outcome = trainauto("run", "nightly", "--json")
    later.join()
    assert (outcome.code, outcome.document, outcome.err) == (0, DONE, "")


def test_detach_prints_the_queued_run_and_does_not_wait(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    queued = run_document("r", "queued", step_document("fetch"))
    daemon.answers["POST /runs"] = queued
    outcome = trainauto("run", "nightly", "--detach")
    assert (outcome.code, outcome.out) == (0, "r queued\n")
    assert "trainauto show r --follow" in outcome.err
    assert trainauto("run", "nightly", "--detach", "--json").document == queued


def test_retry_follows_the_same_run(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["POST /runs/r/retry"] = DONE
    outcome = trainauto("retry", "r")
    assert outcome.code == 0
    assert "nightly r succeeded" in outcome.out
    daemon.answers["POST /runs/r/retry"] = RUNNING
    assert trainauto("retry", "r", "--detach", "--json").document == RUNNING


@pytest.mark.parametrize("verb", ["run", "retry"])
def test_what_runs_in_place_of_the_file_as_it_is_is_told(
    daemon: ScriptedDaemon, trainauto: Trainauto, verb: str
) -> None:
    told = {
        **DONE,
        "warnings": ["nightly runs as it last was good", "  nightly.yaml: No such file"],
    }
    daemon.answers["POST /runs"] = daemon.answers["POST /runs/nightly/retry"] = told
    lines = trainauto(verb, "nightly").err.splitlines()
    assert lines == ["warning: nightly runs as it last was good", "  nightly.yaml: No such file"]


def test_in_a_pipe_the_lines_come_as_things_happen(daemon: ScriptedDaemon, home: Path) -> None:
    daemon.answers["POST /runs"] = RUNNING
    daemon.put_run(RUNNING)
    process = subprocess.Popen(
        [*TRAINAUTO, "run", "nightly", "--home", str(home)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "12:00:00 fetch running\n"
        daemon.advance(DONE)
        assert "fetch succeeded 1.2s" in process.stdout.readline()
        assert "nightly r succeeded" in process.stdout.readline()
    assert process.wait(10) == 0


def test_on_a_terminal_a_step_keeps_its_line(daemon: ScriptedDaemon, home: Path) -> None:
    daemon.answers["POST /runs"] = RUNNING
    daemon.put_run(RUNNING)
    later = threading.Timer(0.6, daemon.advance, [DONE])
    later.start()
    code, written = on_terminal([*TRAINAUTO, "run", "nightly", "--home", str(home)], columns=60)
    later.join()
    assert code == 0
    assert "▶" in written
    assert "\x1b[36m" in written
    assert [line for line in screen_of(written) if line] == [
        "✔ fetch  succeeded     1.2s",
        "✔ nightly r succeeded in 3.5s (1 step: 1 succeeded)",
    ]


def test_no_color_is_respected_on_a_terminal(daemon: ScriptedDaemon, home: Path) -> None:
    daemon.answers["POST /runs"] = DONE
    command = [*TRAINAUTO, "run", "nightly", "--home", str(home)]
    _, written = on_terminal(command, {"NO_COLOR": "1"})
    assert "\x1b[3" not in written
    assert "✔ fetch" in written


def test_ctrl_c_leaves_the_run_and_says_how_to_come_back(
    daemon: ScriptedDaemon, home: Path
) -> None:
    daemon.answers["POST /runs"] = RUNNING
    daemon.put_run(RUNNING)
    command = [*TRAINAUTO, "run", "nightly", "--home", str(home)]
    code, written = on_terminal(command, interrupt_when="fetch")
    assert code == 130
    assert "run r goes on in the daemon" in written
    assert "trainauto show r --follow" in written
    assert "trainauto cancel r" in written
    assert "Traceback" not in written
    assert not [path for method, path, _, _ in daemon.asked if path.endswith("/cancel")]


def test_an_interrupt_elsewhere_is_quiet_too(daemon: ScriptedDaemon, home: Path) -> None:
    daemon.publish("slot_fired")
    process = subprocess.Popen(
        [*TRAINAUTO, "events", "-f", "--after", "0", "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert b"slot_fired" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (130, b"\n")


def test_following_from_the_tail_goes_on_with_what_is_wanted(
    daemon: ScriptedDaemon, home: Path
) -> None:
    for kind in ("slot_fired", "slot_fired", "retry_due"):
        daemon.publish(kind)
    words = ("-f", "--tail", "1", "--kind", "slot_fired", "--json")
    process = subprocess.Popen(
        [*TRAINAUTO, "events", *words, "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    told = [json.loads(process.stdout.readline())]
    for kind in ("retry_due", "slot_fired"):
        daemon.publish(kind)
    told.append(json.loads(process.stdout.readline()))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert [event["seq"] for event in told] == [2, 5]
