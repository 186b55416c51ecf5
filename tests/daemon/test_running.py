"""Runs of real pipelines by a real daemon."""

import venv
from pathlib import Path

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon, statuses, step_of
from tests.support.waiting import wait_until

CHAIN = """
name: chain
steps:
  - id: make
    run: printf data > data.txt
    outputs: data.txt
  - id: count
    needs: [make]
    run: python count.py data.txt
  - id: report
    needs: [count]
    run: test "$(cat count.txt)" = 4 && echo done
"""
COUNT = """
import sys
import venv
from pathlib import Path
Path("count.txt").write_text(str(len(Path(sys.argv[1]).read_text())))
"""


@pytest.fixture
def chain(write: Write, tmp_path: Path) -> Path:
    (tmp_path / "count.py").write_text(COUNT)
    return write(CHAIN)


def test_a_run_executes_every_step_in_order_of_needs(daemon: LiveDaemon, chain: Path) -> None:
    run = daemon.run(chain)

    assert run["status"] == "succeeded"
    assert statuses(run) == {"make": "succeeded", "count": "succeeded", "report": "succeeded"}
    assert [o["path"] for o in step_of(run, "count")["outputs"]] == ["count.txt"]
    assert daemon.client.log(run["run_id"], "report", 0).data == b"done\n"


def test_a_second_run_reuses_every_step_and_spawns_nothing(daemon: LiveDaemon, chain: Path) -> None:
    daemon.run(chain)

    again = daemon.run(chain)

    assert set(statuses(again).values()) == {"reused"}
    assert not (daemon.home / "runs" / again["run_id"]).exists()
    kinds = {e["kind"] for e in daemon.client.event_page(0, run_id=again["run_id"])["events"]}
    assert "slots_granted" not in kinds


def test_an_edit_of_a_script_reruns_its_step_and_explain_says_why(
    daemon: LiveDaemon, chain: Path
) -> None:
    daemon.run(chain)
    script = chain.parent / "count.py"
    script.write_text(COUNT.replace("str(len(", "' ' + str(len("))

    run = daemon.run(chain)

    assert statuses(run)["make"] == "reused"
    assert statuses(run)["count"] == "succeeded"
    told = daemon.client.explain(run["run_id"], "count")
    assert any("count.py changed" in change for change in told["changes"])
    assert "count.py" in step_of(run, "count")["reason"]


def test_touching_files_and_unrelated_edits_rerun_nothing(daemon: LiveDaemon, chain: Path) -> None:
    daemon.run(chain)
    (chain.parent / "count.py").touch()
    (chain.parent / "notes.py").write_text("# a comment in a file that no step uses\n")

    assert set(statuses(daemon.run(chain)).values()) == {"reused"}


def test_an_equal_output_of_a_rerun_step_stops_the_rerun(daemon: LiveDaemon, chain: Path) -> None:
    daemon.run(chain)
    (chain.parent / "count.py").write_text("# only a comment\n" + COUNT)

    run = daemon.run(chain)

    assert statuses(run) == {"make": "reused", "count": "succeeded", "report": "reused"}


def test_a_deleted_object_is_made_again_by_its_producer(daemon: LiveDaemon, chain: Path) -> None:
    first = daemon.run(chain)
    digest = step_of(first, "make")["outputs"][0]["digest"]
    found = [p for p in (daemon.home / "objects").rglob("*") if p.name.endswith(digest[2:])]
    assert len(found) == 1
    found[0].unlink()

    run = daemon.run(chain)

    assert statuses(run) == {"make": "succeeded", "count": "reused", "report": "reused"}
    assert "missing" in step_of(run, "make")["reason"]
    assert step_of(run, "make")["outputs"] == step_of(first, "make")["outputs"]


def test_a_corrupt_object_is_never_served(daemon: LiveDaemon, chain: Path) -> None:
    first = daemon.run(chain)
    digest = step_of(first, "make")["outputs"][0]["digest"]
    (found,) = [p for p in (daemon.home / "objects").rglob("*") if p.name.endswith(digest[2:])]
    found.chmod(0o600)
    found.write_text("DATA")
    (chain.parent / "count.py").write_text("# edited\n" + COUNT)

    run = daemon.run(chain)

    assert statuses(run)["make"] == "succeeded"
    assert (run["status"], step_of(run, "make")["outputs"][0]["digest"]) == ("succeeded", digest)


def test_a_failing_step_skips_what_needs_it_and_lets_the_rest_finish(
    daemon: LiveDaemon, write: Write
) -> None:
    pipeline = write(
        """
        steps:
          - {id: bad, run: "echo the reason >&2; exit 3"}
          - {id: after, run: "true", needs: [bad]}
          - {id: later, run: "true", needs: [after]}
          - {id: other, run: "sleep 0.2; echo ok"}
        """
    )

    run = daemon.run(pipeline)

    assert run["status"] == "failed"
    assert statuses(run) == {
        "bad": "failed",
        "after": "skipped",
        "later": "skipped",
        "other": "succeeded",
    }
    assert run["error"]["step"] == "bad"
    assert run["error"]["message"].splitlines() == ["exited with 3", "the reason"]
    assert step_of(run, "bad")["exit_code"] == 3


def test_retry_goes_on_from_what_failed_with_the_mended_code(
    daemon: LiveDaemon, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "step.sh").write_text("exit 1\n")
    pipeline = write(
        """
        steps:
          - {id: first, run: "date +%N > stamp.txt"}
          - {id: second, run: "sh step.sh", needs: [first]}
          - {id: third, run: "cat stamp.txt", needs: [second]}
        """
    )
    failed = daemon.run(pipeline)
    (tmp_path / "step.sh").write_text("exit 0\n")

    daemon.client.retry(failed["run_id"])
    run = daemon.finish(failed["run_id"])

    assert run["status"] == "succeeded"
    assert step_of(run, "second")["attempt"] == 2
    assert step_of(run, "first") == step_of(failed, "first")


def test_cancel_ends_the_whole_process_tree_and_the_run(daemon: LiveDaemon, write: Write) -> None:
    pipeline = write(
        """
        steps:
          - id: long
            run: sleep 300 & echo $! > pids; sleep 300
            stop: {grace: 1s}
          - {id: after, run: "true", needs: [long]}
        """
    )
    run_id = daemon.submit(pipeline)
    pids = daemon.attempt(run_id, "long") / "sandbox" / "pids"
    wait_until(lambda: pids.exists() and pids.read_text().strip(), "the background process")
    background = int(pids.read_text())

    daemon.client.cancel(run_id)
    run = daemon.finish(run_id)

    assert run["status"] == "cancelled"
    assert statuses(run) == {"long": "cancelled", "after": "cancelled"}
    assert not Path(f"/proc/{background}").exists()
    assert daemon.client.status()["slots"]["cpus"]["used"] == 0


def test_a_step_over_its_timeout_fails_with_124(daemon: LiveDaemon, write: Write) -> None:
    run = daemon.run(
        write("steps: [{id: slow, run: 'sleep 60', timeout: 300ms, stop: {grace: 1s}}]")
    )

    assert step_of(run, "slow")["exit_code"] == 124
    assert run["error"]["message"].startswith("timed out after 0.3s")


def test_retries_wait_and_then_succeed_as_a_new_attempt(daemon: LiveDaemon, write: Write) -> None:
    pipeline = write(
        """
        steps:
          - id: flaky
            run: test "$TRAINAUTO_ATTEMPT_NUMBER" = 3
            retry: {limit: 3, interval: 50ms}
        """
    )

    run = daemon.run(pipeline)

    assert (run["status"], step_of(run, "flaky")["attempt"]) == ("succeeded", 3)


def test_when_false_skips_and_when_true_runs(daemon: LiveDaemon, write: Write) -> None:
    pipeline = write(
        """
        steps:
          - {id: eval, run: "printf '{\\"passed\\": true, \\"auc\\": 0.9}' > eval.json"}
          - {id: good, needs: [eval], when: "eval.passed == true and eval.auc > 0.8", run: "true"}
          - {id: bad, needs: [eval], when: "eval.auc > 0.95", run: "true"}
          - {id: after, needs: [bad], run: "true"}
        """
    )

    run = daemon.run(pipeline)

    assert run["status"] == "succeeded"
    assert statuses(run) == {
        "eval": "succeeded",
        "good": "succeeded",
        "bad": "skipped",
        "after": "skipped",
    }


def test_an_unknown_name_in_when_fails_the_step(daemon: LiveDaemon, write: Write) -> None:
    pipeline = write(
        """
        steps:
          - {id: eval, run: "printf '{\\"passed\\": true}' > eval.json"}
          - {id: good, needs: [eval], when: "eval.pased == true", run: "true"}
        """
    )

    run = daemon.run(pipeline)

    assert statuses(run)["good"] == "failed"
    assert "pased" in run["error"]["message"]


def test_parallel_steps_that_write_one_path_do_not_disturb_each_other(
    daemon: LiveDaemon, write: Write
) -> None:
    body = (
        "for i in 1 2 3 4 5; do echo $w >> out.txt; sleep 0.02; done; test $(sort -u out.txt) = $w"
    )
    pipeline = write(
        f"""
        max_parallel: 2
        steps:
          - {{id: a, run: "w=a; {body}", outputs: out.txt}}
          - {{id: b, run: "w=b; {body}", outputs: out.txt}}
        """
    )

    run = daemon.run(pipeline)

    assert run["status"] == "succeeded"
    digests = {step_of(run, step)["outputs"][0]["digest"] for step in ("a", "b")}
    assert len(digests) == 2


def test_a_step_that_needs_both_is_told_of_the_collision(daemon: LiveDaemon, write: Write) -> None:
    pipeline = write(
        """
        steps:
          - {id: a, run: "echo a > out.txt"}
          - {id: b, run: "echo b > out.txt"}
          - {id: c, run: "cat out.txt", needs: [a, b]}
        """
    )

    run = daemon.run(pipeline)

    assert "a and b both wrote out.txt" in run["error"]["message"]


def test_a_file_of_a_step_that_is_not_needed_is_not_there(daemon: LiveDaemon, write: Write) -> None:
    pipeline = write(
        """
        max_parallel: 1
        steps:
          - {id: a, run: "echo a > out.txt"}
          - {id: b, run: "cat out.txt"}
        """
    )

    run = daemon.run(pipeline)

    assert statuses(run) == {"a": "succeeded", "b": "failed"}
    assert "out.txt" in run["error"]["message"]


def test_outputs_outside_the_sandbox_are_refused(daemon: LiveDaemon, write: Write) -> None:
    pipeline = write("steps: [{id: a, run: 'ln -s /etc/passwd out.txt', outputs: out.txt}]")

    run = daemon.run(pipeline)

    assert run["status"] == "failed"
    assert "out.txt" in run["error"]["message"]
    assert step_of(run, "a")["outputs"] == []


def test_a_missing_declared_output_fails_the_step(daemon: LiveDaemon, write: Write) -> None:
    run = daemon.run(write("steps: [{id: a, run: 'true', outputs: model.pkl}]"))

    assert run["status"] == "failed"
    assert "model.pkl" in run["error"]["message"]


def test_foreach_makes_one_cached_instance_per_item(daemon: LiveDaemon, write: Write) -> None:
    text = """
        params: {scale: 2}
        steps:
          - id: each
            foreach: {feature: [delay, distance]}
            run: echo {{feature}} {{params.scale}} > {{feature}}.txt
            outputs: "{{feature}}.txt"
          - {id: join, needs: [each], run: "cat delay.txt distance.txt > all.txt"}
        """

    run = daemon.run(write(text))
    again = daemon.run(write(text.replace("[delay, distance]", "[delay, distance, hour]")))

    assert set(statuses(run)) == {"each[feature=delay]", "each[feature=distance]", "join"}
    assert run["status"] == "succeeded"
    assert statuses(again)["each[feature=delay]"] == "reused"
    assert statuses(again)["each[feature=hour]"] == "succeeded"


def test_from_reruns_a_step_and_all_after_it(daemon: LiveDaemon, chain: Path) -> None:
    daemon.run(chain)

    from_count = daemon.run(chain, from_step="count")
    only_count = daemon.run(chain, force=["count"])

    assert statuses(from_count) == {"make": "reused", "count": "succeeded", "report": "succeeded"}
    assert statuses(only_count) == {"make": "reused", "count": "succeeded", "report": "reused"}


def test_params_metrics_and_registrations_are_recorded_and_reused(
    daemon: LiveDaemon, write: Write
) -> None:
    pipeline = write(
        """
        params: {rate: 0.1}
        steps:
          - id: train
            run: |
              echo {{params.rate}} > model.txt
              echo '{"type": "metric", "name": "auc", "value": 0.91}' >> "$TRAINAUTO_RECORDS"
              printf '{"type": "register_model", "path": "model.txt",' >> "$TRAINAUTO_RECORDS"
              echo '"name": "m", "stage": "staging"}' >> "$TRAINAUTO_RECORDS"
        """
    )

    first = daemon.run(pipeline)
    second = daemon.run(pipeline)
    other = daemon.run(pipeline, params={"rate": "0.2"})

    assert step_of(first, "train")["metrics"] == {"auc": 0.91}
    assert step_of(second, "train")["metrics"] == {"auc": 0.91}
    assert other["params"] == {"rate": 0.2}
    (model,) = daemon.client.models()
    assert [(v["version"], v["stage"]) for v in model["versions"]] == [
        (1, "staging"),
        (2, "staging"),
    ]
    assert [t["to"] for t in daemon.client.transitions("m")] == ["staging", "staging"]


def test_a_malformed_record_fails_the_step_and_names_the_line(
    daemon: LiveDaemon, write: Write
) -> None:
    run = daemon.run(write("steps: [{id: a, run: 'echo {oops >> $TRAINAUTO_RECORDS'}]"))

    assert run["status"] == "failed"
    assert "records line 1" in run["error"]["message"]


def test_memory_over_the_limit_ends_the_step(daemon: LiveDaemon, write: Write) -> None:
    code = "x = bytearray(300 << 20); import time; time.sleep(30)"
    run = daemon.run(
        write(f"steps: [{{id: a, run: \"python -c '{code}'\", resources: {{memory: 100MiB}}}}]")
    )

    assert run["error"]["message"].startswith("used more than its memory limit of 100 MiB")
    assert step_of(run, "a")["peak_memory_bytes"] > 100 << 20


def test_a_step_larger_than_the_machine_is_refused(daemon: LiveDaemon, write: Write) -> None:
    run = daemon.run(write("steps: [{id: a, run: 'true', resources: {cpus: 4000}}]"))

    assert "needs 4000 cpus" in run["error"]["message"]


def test_thread_pools_are_capped_to_the_cpus_of_the_step(daemon: LiveDaemon, write: Write) -> None:
    run = daemon.run(
        write("steps: [{id: a, run: 'echo $OMP_NUM_THREADS $OPENBLAS_NUM_THREADS', shell: bash}]")
    )

    assert daemon.client.log(run["run_id"], "a", 0).data == b"1 1\n"


def test_an_input_outside_the_sandbox_is_digested(
    daemon: LiveDaemon, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "a.csv").write_text("1\n")
    pipeline = write("steps: [{id: a, run: 'cat incoming/*.csv', inputs: [incoming]}]")
    daemon.run(pipeline)
    unchanged = daemon.run(pipeline)
    (tmp_path / "incoming" / "b.csv").write_text("2\n")

    changed = daemon.run(pipeline)

    assert statuses(unchanged) == {"a": "reused"}
    assert statuses(changed) == {"a": "succeeded"}
    assert "incoming/b.csv" in step_of(changed, "a")["reason"]
    assert daemon.client.log(changed["run_id"], "a", 0).data == b"1\n2\n"


def test_plan_tells_what_would_run_and_runs_nothing(daemon: LiveDaemon, chain: Path) -> None:
    daemon.run(chain)
    (chain.parent / "count.py").write_text("# edited\n" + COUNT)
    before = daemon.client.status()["last_event"]

    plan = daemon.client.plan({"path": str(chain)})

    assert {s["id"]: s["verdict"] for s in plan["steps"]} == {
        "make": "reuse",
        "count": "run",
        "report": "unknown",
    }
    assert daemon.client.status()["last_event"] == before


def test_a_changed_package_is_named_in_the_reason(
    daemon: LiveDaemon, write: Write, tmp_path: Path
) -> None:
    interpreter = tmp_path / "env"
    venv.create(interpreter, with_pip=False, symlinks=True)
    (site,) = interpreter.glob("lib/python*/site-packages")
    (site / "numpy-1.0.dist-info").mkdir()
    pipeline = write(
        f"""
        env: {{python: {interpreter}/bin/python}}
        steps: [{{id: a, run: "python -c 'print(1)'"}}]
        """
    )
    daemon.run(pipeline)
    (site / "numpy-1.0.dist-info").rename(site / "numpy-1.1.dist-info")

    run = daemon.run(pipeline)

    assert step_of(run, "a")["reason"] == "package numpy changed: 1.0 → 1.1"
    assert daemon.client.explain(run["run_id"], "a")["changes"] == [
        "package numpy changed: 1.0 → 1.1"
    ]


def test_an_environment_beside_the_pipeline_is_the_one_that_steps_run_in(
    daemon: LiveDaemon, write: Write, tmp_path: Path
) -> None:
    """The daemon's own directory is another one, and so is the step's."""
    assert not Path("beside").exists()
    venv.create(tmp_path / "beside", with_pip=False, symlinks=True)
    pipeline = write(
        """
        env: {python: beside/bin/python}
        steps: [{id: a, run: "python -c 'import sys; print(sys.prefix)'"}]
        """
    )

    run = daemon.run(pipeline)

    assert run["status"] == "succeeded", run["error"]
    assert daemon.client.log(run["run_id"], "a", 0).data.decode() == f"{tmp_path}/beside\n"


def test_steps_that_do_the_same_share_a_result_unless_they_say_what_differs(
    daemon: LiveDaemon, write: Write
) -> None:
    """The key is what a step does, not what it is called; `docs/pipelines.md` says so."""
    run = daemon.run(
        write(
            """
            max_parallel: 1
            steps:
              - {id: first, run: date +%N}
              - {id: second, run: date +%N, needs: first}
              - {id: third, run: date +%N, needs: second, env: {REPEAT: '3'}}
              - {id: blind, run: date +%N, needs: third, foreach: [1, 2]}
              - id: seeing
                run: date +%N
                needs: third
                foreach: [1, 2]
                env: {REPEAT: 'seeing {{item}}'}
            """
        )
    )

    assert statuses(run) == {
        "first": "succeeded",
        "second": "reused",
        "third": "succeeded",
        "blind[item=1]": "reused",
        "blind[item=2]": "reused",
        "seeing[item=1]": "succeeded",
        "seeing[item=2]": "succeeded",
    }
    assert step_of(run, "second")["source_run_id"] == run["run_id"]
