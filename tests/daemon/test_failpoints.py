"""Every durable boundary of the daemon, crashed before and after: nothing is lost or repeated."""

import importlib
import pkgutil
import random
from collections import Counter
from pathlib import Path

import pytest

import trainautod
from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from tests.support.ledger import ledger_step, read_ledger
from tests.support.stores import expect_sound
from tests.support.waiting import wait_until
from trainauto_tui.errors import TrainautoError
from trainautod.failpoints import VARIABLE, declared

#: Boundaries inside a shim: the daemon lives on, and the attempt is lost or finished by itself.
SHIM = "shim."
#: Reached only by a run that is cancelled, or that lost an attempt.
CANCEL = ("execution.stop.before_file", "execution.stop.before_signal")
LOST = ("execution.lost.before_record", "execution.lost.after_record")


def _import_all() -> None:
    for module in pkgutil.walk_packages(trainautod.__path__, "trainautod."):
        if not module.name.endswith((".migrations", ".main")):
            importlib.import_module(module.name)


_import_all()
DAEMON_POINTS = [
    name
    for name in declared()
    if not name.startswith((SHIM, "drift.")) and name not in (*CANCEL, *LOST)
]
SHIM_POINTS = [name for name in declared() if name.startswith(SHIM)]


def test_each_boundary_has_a_point_before_and_one_after() -> None:
    """A boundary is what stands before the last ``before`` or ``after`` of a name."""
    sides = Counter(name.split(".")[-1].split("_")[0] for name in declared())

    assert {"before", "after"} <= set(sides)
    assert len(declared()) >= 15


@pytest.mark.slow
@pytest.mark.parametrize("point", DAEMON_POINTS)
def test_a_crash_at_a_point_of_the_daemon_is_made_good(
    dormant: LiveDaemon, write: Write, tmp_path: Path, point: str
) -> None:
    passes = random.choice((0, 3))  # the seed of the run decides, as on the order of tests
    ledger = tmp_path / "ledger"
    pipeline = write(_pipeline(ledger))
    live = dormant
    live.start()
    live.stop()
    live.launch({VARIABLE: f"{point}={passes}*off->crash"})
    accepted = _submit_to_the_dying(live, pipeline)
    assert live.wait_for_death() == 137

    live.start()
    accepted = accepted or [str(r["run_id"]) for r in live.client.runs()["runs"]]
    runs = [live.finish(run_id) for run_id in accepted]
    live.stop()

    assert [run["error"] for run in runs if run["error"]] == []
    assert {run["status"] for run in runs} <= {"succeeded"}
    _expect_once(ledger, accepted)
    expect_sound(live.home)


@pytest.mark.slow
@pytest.mark.parametrize("point", SHIM_POINTS)
def test_a_crash_at_a_point_of_the_shim_is_made_good(
    dormant: LiveDaemon, write: Write, tmp_path: Path, point: str
) -> None:
    """The shim dies each time at this point until the daemon is restarted without it."""
    ledger = tmp_path / "ledger"
    live = dormant.start({VARIABLE: f"{point}=crash"})
    run = live.run(write(_pipeline(ledger)))
    live.stop()

    ended = read_ledger(ledger)["ended"]
    assert run["status"] in ("succeeded", "failed")
    if run["status"] == "succeeded":
        assert set(ended.values()) == {1}
    expect_sound(live.home)


def _pipeline(ledger: Path) -> str:
    first = ledger_step(ledger, "echo $TRAINAUTO_RUN_ID > a.txt")  # new bytes in each run
    second = ledger_step(ledger, "cat a.txt > b.txt")
    return "\n".join(
        [
            "steps:",
            f"  - {{id: a, run: '{first}'}}",
            f"  - {{id: b, run: '{second}', needs: [a], outputs: b.txt}}",
        ]
    )


def _submit_to_the_dying(live: LiveDaemon, pipeline: Path) -> list[str]:
    """Submit runs until the daemon is dead; return those it acknowledged."""
    accepted: list[str] = []

    def dead() -> bool:
        if not live.is_alive():
            return True
        try:
            accepted.append(live.submit(pipeline, force_all=True))
        except (TrainautoError, OSError):
            return False
        return False

    wait_until(dead, "the daemon to crash")
    return accepted


def _expect_once(ledger: Path, accepted: list[str]) -> None:
    told = read_ledger(ledger)
    for run_id in accepted:
        for step in ("a", "b"):
            assert told["began"][(run_id, step)] == 1
            assert told["ended"][(run_id, step)] == 1
