"""One step of a run: what it ran, in what, on what, and how each of its attempts went."""

import sys
from pathlib import Path
from typing import Any

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from tests.support.plain_http import ask
from tests.support.waiting import wait_until
from trainautod.home import socket_path


def test_a_step_tells_its_command_resources_environment_and_inputs(
    daemon: LiveDaemon, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "in.txt").write_text("3 rows\n")
    (tmp_path / "work.sh").write_text("cat in* > out.txt\n")
    run: Any = daemon.run(
        write(
            """
            params: {rows: 3}
            steps:
              - {id: make, run: 'echo {{params.rows}} > made.txt'}
              - id: a
                needs: [make]
                inputs: [in.txt]
                run: sh work.sh {{params.rows}}
                timeout: 1m
                retry: {limit: 2, interval: 10ms}
                resources: {cpus: 0.5, memory: 64MiB}
            """
        )
    )

    step: Any = daemon.client.step(run["run_id"], "a")

    assert (step["run_id"], step["group"], step["source"]) == (run["run_id"], None, None)
    assert step["command"] == "sh work.sh 3"
    assert step["template"] == "sh work.sh {{params.rows}}"
    assert step["resources"] == {"cpus": 0.5, "gpus": 0, "memory_bytes": 64 << 20}
    assert (step["timeout_s"], step["retries"]) == (60.0, 2)
    assert [(use["role"], use["path"]) for use in step["inputs"]] == [
        ("upstream", "made.txt"),
        ("input", "in.txt"),
        ("code", "work.sh"),
    ]
    version = ".".join(map(str, sys.version_info[:3]))
    assert step["environment"]["python"] == f"CPython {version}"
    assert step["environment"]["packages"]["pytest"]
    assert step["environment"]["git"] is None
    of_run = next(one for one in run["steps"] if one["id"] == "a")
    assert {name: step[name] for name in of_run} == of_run


def test_every_attempt_is_told_with_the_way_it_ended(daemon: LiveDaemon, write: Write) -> None:
    run = daemon.run(
        write(
            """
            steps:
              - id: flaky
                run: |
                  case $TRAINAUTO_ATTEMPT_NUMBER in
                    1) exit 3;;
                    2) kill -9 $$;;
                    *) echo done;;
                  esac
                retry: {limit: 2, interval: 10ms}
            """
        )
    )

    tries = daemon.client.step(run["run_id"], "flaky")["attempts"]

    assert [(t["attempt"], t["status"], t["exit_code"], t["signal"]) for t in tries] == [
        (1, "failed", 3, None),
        (2, "failed", 137, 9),
        (3, "succeeded", 0, None),
    ]
    assert [t["error"] for t in tries] == ["exited with 3", "was ended by SIGKILL", None]
    assert tries[2]["log_bytes"] == len("done\n")
    assert all(t["started_at"] and t["ended_at"] and t["cause"] == "exited" for t in tries)


def test_a_reused_step_tells_what_its_source_ran(daemon: LiveDaemon, write: Write) -> None:
    pipeline = write("steps: [{id: a, run: 'echo 1 > a.txt'}]")
    source = daemon.run(pipeline)["run_id"]
    again = daemon.run(pipeline)["run_id"]

    step = daemon.client.step(again, "a")

    assert (step["cached"], step["attempts"]) == (True, [])
    assert step["source"] == {"run_id": source, "step": "a", "attempt": 1}
    assert step["command"] == "echo 1 > a.txt"
    assert step["environment"] == daemon.client.step(source, "a")["environment"]
    assert [output["path"] for output in step["outputs"]] == ["a.txt"]


def test_a_step_that_never_started_tells_what_the_file_says(
    daemon: LiveDaemon, write: Write
) -> None:
    run = daemon.run(write("steps: [{id: a, when: 1 == 2, run: 'echo {{seed}}'}]"))

    step = daemon.client.step(run["run_id"], "a")

    assert (step["status"], step["command"], step["template"]) == ("skipped", None, "echo {{seed}}")
    assert (step["environment"], step["inputs"], step["attempts"]) == (None, [], [])


def test_an_instance_names_its_group_and_has_its_resources(
    daemon: LiveDaemon, write: Write
) -> None:
    run = daemon.run(
        write(
            """
            steps:
              - id: each
                foreach: {f: [1, 2]}
                run: echo {{f}}
                resources: {cpus: 0.25}
              - {id: after, needs: [each], run: 'true'}
            """
        )
    )

    step = daemon.client.step(run["run_id"], "each[f=2]")
    after = daemon.client.step(run["run_id"], "after")

    assert (step["group"], step["command"]) == ("each", "echo 2")
    assert step["resources"] == {"cpus": 0.25, "gpus": 0, "memory_bytes": None}
    assert after["needs"] == ["each[f=1]", "each[f=2]"]


def test_an_unknown_step_is_not_found(daemon: LiveDaemon, write: Write) -> None:
    run = daemon.run(write("steps: [{id: a, run: 'true'}]"))

    answer = ask(socket_path(daemon.home), "GET", f"/runs/{run['run_id']}/steps/b")

    assert answer.status == 404
    assert "has no step 'b'" in answer.error()["message"]


def test_a_running_step_tells_what_it_has_reported_so_far(
    daemon: LiveDaemon, write: Write, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    (tmp_path / "report.py").write_text(
        "import os, time, trainauto\n"
        "trainauto.log_metric('loss', 3, step=0)\n"
        "trainauto.log_metric('loss', 2, step=1)\n"
        "trainauto.log_progress(1, 4, 'epochs')\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.02)\n"
        "trainauto.log_metric('loss', 1, step=2)\n"
    )
    run_id = daemon.submit(write("steps: [{id: a, run: python report.py}]"))

    def reported() -> dict[str, Any] | None:
        found: Any = daemon.client.run(run_id)["steps"][0]
        return found if found["progress"] else None

    running = wait_until(reported, "progress")
    alone = daemon.client.step(run_id, "a")
    gate.touch()
    ended = daemon.finish(run_id)["steps"][0]

    assert running["status"] == "running"
    assert running["metrics"] == {"loss": 2.0}
    assert running["progress"] == {"done": 1, "total": 4, "unit": "epochs"}
    assert (alone["metrics"], alone["progress"]) == (running["metrics"], running["progress"])
    assert alone["attempts"][0]["status"] == "running"
    assert (ended["metrics"], ended["progress"]) == ({"loss": 1.0}, None)
