"""What steps hold of the machine: never more than there is, and nothing after they have ended."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon, statuses, step_of
from tests.support.gates import Gate
from tests.support.nursery import Nursery
from tests.support.waiting import wait_until

#: Notes what a step sees, when it began and when it ended, in nanoseconds.
NOTE = (
    "b=$(date +%s%N); {work}; "
    'echo "$TRAINAUTO_STEP ${{CUDA_VISIBLE_DEVICES-unset}} $b $(date +%s%N)" >> {ledger}'
)


NOTHING: dict[str, Any] = {"cpus": 0, "memory_bytes": 0, "gpus": []}


class Noted(NamedTuple):
    """A line of the ledger."""

    step: str
    gpus: str
    began: int
    ended: int


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[LiveDaemon]:
    """A daemon that is told it has four CPUs, 8 GiB and the GPUs 0 and 1."""
    home = tmp_path_factory.mktemp("slots") / "h"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text("[slots]\ncpus = 4\nmemory_gib = 8\ngpus = 2\n")
    live = LiveDaemon(home, nursery).start()
    yield live
    live.kill()


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


def test_cpu_slots_are_never_exceeded_over_two_runs(
    machine: LiveDaemon, write: Write, ledger: Path
) -> None:
    needs = [3, 1, 2, 1, 4, 1, 2, 0.5, 1, 2]
    steps = "\n".join(
        f"  - {{id: s{i}_{str(cpus).replace('.', '_')}, resources: {{cpus: {cpus}}}, "
        f"run: '{note(ledger, 'sleep 0.05')}'}}"
        for i, cpus in enumerate(needs)
    )
    pipeline = write(f"max_parallel: 10\nsteps:\n{steps}")

    runs = [machine.submit(pipeline, force_all=True) for _ in range(2)]
    ended = [machine.finish(run_id)["status"] for run_id in runs]

    noted = read(ledger)
    cpus = {f"s{i}_{str(c).replace('.', '_')}": c for i, c in enumerate(needs)}
    peak = most_at_once(noted, lambda n: cpus[n.step])
    assert ended == ["succeeded", "succeeded"]
    assert len(noted) == 2 * len(needs)
    assert 1 < peak <= 4
    assert machine.client.status()["slots"]["cpus"]["used"] == 0


def test_max_parallel_bounds_one_run_only(machine: LiveDaemon, write: Write, ledger: Path) -> None:
    steps = "\n".join(f"  - {{id: s{i}, run: '{note(ledger, 'sleep 0.1')}'}}" for i in range(3))
    pipeline = write(f"max_parallel: 1\nsteps:\n{steps}")

    runs = [machine.submit(pipeline, force_all=True) for _ in range(2)]
    for run_id in runs:
        machine.finish(run_id)

    assert most_at_once(read(ledger), lambda _: 1) == 2


def test_memory_slots_are_never_exceeded(machine: LiveDaemon, write: Write, ledger: Path) -> None:
    steps = "\n".join(
        f"  - {{id: s{i}, run: '{note(ledger, 'sleep 0.1')}', "
        "resources: {cpus: 0.1, memory: 3GiB}}"
        for i in range(4)
    )

    run = machine.run(write(f"max_parallel: 4\nsteps:\n{steps}"))

    assert run["status"] == "succeeded"
    assert most_at_once(read(ledger), lambda _: 3) == 6


def test_parallel_steps_get_gpus_of_their_own(
    machine: LiveDaemon, write: Write, ledger: Path
) -> None:
    steps = "\n".join(
        f"  - {{id: s{i}, run: '{note(ledger, 'sleep 0.1')}', resources: {{cpus: 1, gpus: 1}}}}"
        for i in range(4)
    )
    pipeline = write(f"max_parallel: 4\nsteps:\n{steps}")

    runs = [machine.submit(pipeline, force_all=True) for _ in range(2)]
    for run_id in runs:
        machine.finish(run_id)

    noted = read(ledger)
    assert {n.gpus for n in noted} == {"0", "1"}
    assert most_at_once(noted, lambda _: 1) == 2
    for gpu in ("0", "1"):
        assert most_at_once([n for n in noted if n.gpus == gpu], lambda _: 1) == 1


def test_a_step_gets_as_many_gpus_as_it_asked_for_and_others_see_none(
    machine: LiveDaemon, write: Write, ledger: Path
) -> None:
    run = machine.run(
        write(
            f"""
            steps:
              - {{id: both, run: '{note(ledger)}', resources: {{gpus: 2}}}}
              - {{id: one, run: '{note(ledger, ": one")}', resources: {{gpus: 1}}}}
              - {{id: none, run: '{note(ledger, ": none")}'}}
            """
        )
    )

    assert run["status"] == "succeeded"
    seen = {n.step: n.gpus for n in read(ledger)}
    assert (seen["both"], seen["one"]) == ("0,1", "0")
    assert seen["none"] == ""


def test_a_step_cannot_declare_itself_more_gpus(
    machine: LiveDaemon, write: Write, ledger: Path
) -> None:
    run = machine.run(
        write(
            f"""
            env: {{vars: {{CUDA_VISIBLE_DEVICES: '0,1'}}}}
            steps: [{{id: a, run: '{note(ledger)}', resources: {{gpus: 1}}}}]
            """
        )
    )

    assert run["status"] == "succeeded"
    assert [n.gpus for n in read(ledger)] == ["0"]


def test_more_gpus_than_there_are_is_refused_by_name(machine: LiveDaemon, write: Write) -> None:
    run = machine.run(write("steps: [{id: a, run: 'true', resources: {gpus: 3}}]"))

    assert run["status"] == "failed"
    assert "needs 3 gpus, this machine offers 2" in run["error"]["message"]


ENDS = {
    "failure": ("exit 3", "", "failed"),
    "timeout": ("sleep 60", "timeout: 100ms, stop: {grace: 100ms}", "failed"),
    "memory": (
        'python -c "x = bytearray(200 << 20); import time; time.sleep(60)"',
        "",
        "failed",
    ),
    "a missing output": ("true", "outputs: o", "failed"),
    "a record that cannot be read": ("echo { >> $TRAINAUTO_RECORDS", "", "failed"),
}


@pytest.mark.parametrize("how", ENDS)
def test_slots_are_free_after(machine: LiveDaemon, write: Write, how: str) -> None:
    command, more, status = ENDS[how]
    memory = "100MiB" if how == "memory" else "1GiB"
    extra = f", {more}" if more else ""
    pipeline = write(
        "steps:\n"
        f"  - id: a\n    run: |\n      {command}\n"
        f"    resources: {{cpus: 4, gpus: 2, memory: {memory}}}\n"
        + "".join(f"    {line}\n" for line in extra.lstrip(", ").split(", ") if line)
    )

    run = machine.run(pipeline)

    assert run["status"] == status
    assert in_use(machine) == NOTHING


def test_slots_are_free_after_a_cancel_and_pass_to_who_waits(
    machine: LiveDaemon, write: Write
) -> None:
    holder = machine.submit(
        write("steps: [{id: a, run: sleep 60, resources: {cpus: 4, gpus: 2}, stop: {grace: 1s}}]")
    )
    machine.wait_for_step(holder, "a", "running")
    held = in_use(machine)
    second = machine.submit(write("steps: [{id: b, run: 'true', resources: {gpus: 2}}]"))
    withdrawn = machine.submit(write("steps: [{id: c, run: 'true', resources: {gpus: 1}}]"))
    machine.client.cancel(withdrawn)
    waiting = statuses(machine.client.run(second))

    machine.client.cancel(holder)

    assert held == {"cpus": 4, "memory_bytes": 0, "gpus": [0, 1]}
    assert waiting == {"b": "pending"}
    assert machine.finish(second)["status"] == "succeeded"
    assert machine.finish(withdrawn)["status"] == "cancelled"
    assert in_use(machine) == NOTHING


def test_slots_pass_to_the_next_attempt_when_the_shim_was_killed(
    machine: LiveDaemon, write: Write, ledger: Path
) -> None:
    """An attempt that was lost is tried again; what it held is held once, then by nobody."""
    work = 'test "$TRAINAUTO_ATTEMPT_NUMBER" = 2 || sleep 60'
    run_id = machine.submit(
        write(f"steps: [{{id: a, run: '{note(ledger, work)}', resources: {{cpus: 4, gpus: 2}}}}]")
    )
    machine.wait_for_step(run_id, "a", "running")

    os.kill(shim_pid(machine, run_id, "a"), signal.SIGKILL)
    run = machine.finish(run_id)

    assert run["status"] == "succeeded"
    assert step_of(run, "a")["attempt"] == 2
    assert [n.gpus for n in read(ledger)] == ["0,1"]
    assert in_use(machine) == NOTHING


def test_gpus_of_an_adopted_step_stay_its_own(
    machine: LiveDaemon, write: Write, ledger: Path, tmp_path: Path
) -> None:
    gate = Gate(tmp_path / "gate")
    wait = f"{gate}"
    holder = machine.submit(
        write(f"steps: [{{id: a, run: '{note(ledger, wait)}', resources: {{gpus: 1}}}}]")
    )
    machine.wait_for_step(holder, "a", "running")
    machine.kill()
    machine.start()

    after = in_use(machine)
    other = machine.run(write(f"steps: [{{id: b, run: '{note(ledger)}', resources: {{gpus: 1}}}}]"))
    gate.open()
    machine.finish(holder)

    assert after == {"cpus": 1, "memory_bytes": 0, "gpus": [0]}
    assert other["status"] == "succeeded"
    assert {n.step: n.gpus for n in read(ledger)} == {"a": "0", "b": "1"}
    assert in_use(machine) == NOTHING


def note(ledger: Path, work: str = "true") -> str:
    return NOTE.format(work=work, ledger=ledger)


def read(ledger: Path) -> list[Noted]:
    rows = [line.split() for line in ledger.read_text().splitlines()]
    return [
        Noted(row[0], "" if len(row) == 3 else row[1], int(row[-2]), int(row[-1])) for row in rows
    ]


def most_at_once(noted: list[Noted], weight: Any) -> float:
    """Return the largest sum of weights that ran at one moment."""
    changes = [(n.began, weight(n)) for n in noted] + [(n.ended, -weight(n)) for n in noted]
    now = most = 0.0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def in_use(live: LiveDaemon) -> dict[str, Any]:
    slots: Any = live.client.status()["slots"]
    return {kind: slots[kind]["used"] for kind in slots}


def shim_pid(live: LiveDaemon, run_id: str, step: str) -> int:
    claim = live.attempt(run_id, step) / "claim.json"
    wait_until(claim.exists, "the claim")
    return int(json.loads(claim.read_text())["pid"])
