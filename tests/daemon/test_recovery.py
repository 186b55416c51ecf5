"""The daemon dies; what it started lives on, and the next daemon takes it over."""

import random
import time
from pathlib import Path

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon, statuses, step_of
from tests.support.gates import Gate
from tests.support.ledger import ledger_step, read_ledger
from tests.support.stores import expect_sound
from tests.support.waiting import wait_until

KILLS = 100
SHARDS = 2


def test_a_killed_daemon_leaves_its_step_alive_and_the_next_one_adopts_it(
    fresh: LiveDaemon, write: Write, tmp_path: Path
) -> None:
    gate = Gate(tmp_path / "gate")
    pipeline = write(
        f"""
        steps:
          - id: train
            run: echo $$ > pid.txt; {gate}; echo trained
          - {{id: after, run: cat pid.txt, needs: [train]}}
        """
    )
    run_id = fresh.submit(pipeline)
    noted = fresh.attempt(run_id, "train") / "sandbox" / "pid.txt"
    wait_until(lambda: noted.exists() and noted.read_text().strip(), "train to begin")
    pid = noted.read_text().strip()

    fresh.kill()
    fresh.start()
    still = fresh.client.run(run_id)
    gate.open()
    run = fresh.finish(run_id)

    assert statuses(still) == {"train": "running", "after": "pending"}
    assert statuses(run) == {"train": "succeeded", "after": "succeeded"}
    assert fresh.client.log(run_id, "after", 0).data.decode().strip() == pid
    assert step_of(run, "train")["attempt"] == 1


def test_a_step_that_ended_while_no_daemon_ran_is_recorded_as_it_ended(
    fresh: LiveDaemon, write: Write
) -> None:
    run_id = fresh.submit(write("steps: [{id: a, run: 'sleep 0.5; echo x > o; exit 7'}]"))
    fresh.wait_for_step(run_id, "a", "running")
    fresh.kill()
    record = fresh.attempt(run_id, "a") / "exit.json"
    wait_until(record.exists, "the exit record")

    fresh.start()

    assert step_of(fresh.finish(run_id), "a")["exit_code"] == 7


@pytest.mark.parametrize("moment", ["after the step", "while the step ran"])
def test_an_input_counts_as_it_was_when_the_step_ended(
    fresh: LiveDaemon, write: Write, tmp_path: Path, moment: str
) -> None:
    """What happens to it later, while no daemon runs, is another run's business."""
    gate, near, far = Gate(tmp_path / "gate"), tmp_path / "near.txt", tmp_path / "far" / "far.txt"
    far.parent.mkdir()
    near.write_text("1")
    far.write_text("1")
    pipeline = write(
        f"""
        steps:
          - id: a
            run: {gate}; cat near.txt {far} > out
            inputs: [near.txt, {far}]
        """
    )
    run_id = fresh.submit(pipeline)
    fresh.wait_for_step(run_id, "a", "running")
    wait_until((fresh.attempt(run_id, "a") / "claim.json").exists, "the step to begin")
    fresh.kill()
    if moment == "while the step ran":
        far.write_text("other")
    gate.open()
    wait_until((fresh.attempt(run_id, "a") / "exit.json").exists, "the exit record")
    near.write_text("2")
    far.write_text("2")

    fresh.start()

    run = fresh.finish(run_id)
    if moment == "while the step ran":
        assert "changed while the step ran" in run["error"]["message"]
    else:
        assert statuses(run) == {"a": "succeeded"}
        again = step_of(fresh.run(pipeline), "a")
        assert (again["cached"], "near.txt changed" in again["reason"]) == (False, True)


def test_a_graceful_stop_leaves_the_step_running_too(
    fresh: LiveDaemon, write: Write, tmp_path: Path
) -> None:
    gate = Gate(tmp_path / "gate")
    run_id = fresh.submit(write(f"steps: [{{id: a, run: '{gate}'}}]"))
    fresh.wait_for_step(run_id, "a", "running")

    fresh.stop()
    fresh.start()
    gate.open()

    assert statuses(fresh.finish(run_id)) == {"a": "succeeded"}


def test_a_cancel_reaches_a_step_of_an_earlier_daemon(fresh: LiveDaemon, write: Write) -> None:
    run_id = fresh.submit(write("steps: [{id: a, run: 'sleep 300', stop: {grace: 1s}}]"))
    fresh.wait_for_step(run_id, "a", "running")
    fresh.kill()
    fresh.start()

    fresh.client.cancel(run_id)

    assert fresh.finish(run_id)["status"] == "cancelled"


def test_slots_of_adopted_steps_stay_taken(fresh: LiveDaemon, write: Write, tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    run_id = fresh.submit(write(f"steps: [{{id: a, run: '{gate}'}}]"))
    fresh.wait_for_step(run_id, "a", "running")
    fresh.kill()

    fresh.start()

    assert fresh.client.status()["slots"]["cpus"]["used"] == 1
    gate.open()
    fresh.finish(run_id)
    assert fresh.client.status()["slots"]["cpus"]["used"] == 0


def test_a_step_that_no_longer_fits_the_machine_fails_and_can_be_retried_when_it_does(
    dormant: LiveDaemon, write: Write, tmp_path: Path
) -> None:
    """A machine's offer changes only between daemons, so that nobody would tell it to go on."""
    gate, begun, config = Gate(tmp_path / "gate"), tmp_path / "begun", dormant.home / "config.toml"
    dormant.home.mkdir(mode=0o700)
    config.write_text("[slots]\ncpus = 4\ngpus = 0\n")
    dormant.start()
    run_id = dormant.submit(
        write(
            f"""
            steps:
              - {{id: small, run: 'touch {begun}; {gate}'}}
              - {{id: first, run: 'while [ ! -e {begun} ]; do sleep 0.02; done'}}
              - {{id: large, run: 'true', needs: first, resources: {{cpus: 4}}}}
              - {{id: after, run: 'true', needs: large}}
            """
        )
    )
    dormant.wait_for_step(run_id, "first", "succeeded")
    dormant.kill()
    config.write_text("[slots]\ncpus = 2\ngpus = 0\n")
    dormant.start()
    gate.open()

    run = dormant.finish(run_id)
    dormant.kill()
    config.write_text("[slots]\ncpus = 4\ngpus = 0\n")
    dormant.start()
    dormant.client.retry(run_id)

    ended = {"small": "succeeded", "first": "succeeded", "large": "failed", "after": "skipped"}
    assert statuses(run) == ended
    assert "needs 4 cpus, this machine offers 2; lower resources" in run["error"]["message"]
    assert dormant.finish(run_id)["status"] == "succeeded"


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_kill_9_at_random_moments_loses_and_repeats_nothing(
    dormant: LiveDaemon, write: Write, tmp_path: Path, shard: int
) -> None:
    """Seeded kills; the ledger that the steps keep themselves is the judge."""
    seed = 20131 + shard
    rng = random.Random(seed)
    ledger = tmp_path / "ledger"
    pipeline = write(_crash_pipeline(ledger))
    live = dormant
    accepted: list[str] = []
    for kill in range(KILLS // SHARDS):
        live.start()
        accepted.append(live.submit(pipeline, force_all=True))
        _let_pass(live, rng.uniform(0, 0.25))
        live.kill()
        if kill % 10 == 9:
            expect_sound(live.home)
    live.start()
    runs = [live.finish(run_id) for run_id in accepted]
    live.stop()

    assert [run["error"] for run in runs if run["error"]] == [], f"seed {seed}"
    assert {run["status"] for run in runs} == {"succeeded"}, f"seed {seed}"
    told = read_ledger(ledger)
    expected = {(run_id, step) for run_id in accepted for step in ("a", "b", "c", "d")}
    for what in ("began", "ended"):
        assert set(told[what]) == expected, f"seed {seed}: {what}"
        assert set(told[what].values()) == {1}, f"seed {seed}: a step {what} more than once"
    assert all(step["attempt"] == 1 for run in runs for step in run["steps"])
    expect_sound(live.home)


def _crash_pipeline(ledger: Path) -> str:
    def step(name: str, needs: str, work: str) -> str:
        return f"  - {{id: {name}, needs: [{needs}], run: '{ledger_step(ledger, work)}'}}"

    return "\n".join(
        [
            "steps:",
            step("a", "", "echo a > a.txt"),
            step("b", "a", "sleep 0.03; cat a.txt > b.txt"),
            step("c", "a", "sleep 0.05"),
            step("d", "b, c", "cat a.txt b.txt > d.txt"),
        ]
    )


def _let_pass(live: LiveDaemon, seconds: float) -> None:
    """Let the daemon work for a while, asking it as a user would meanwhile."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        live.client.status()
