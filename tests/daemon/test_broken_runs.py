"""A stored run that this version does not understand holds up no other run, and no start."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon, statuses
from tests.support.gates import Gate
from tests.support.waiting import wait_until
from trainauto_tui.errors import TrainautoError

BREAKAGES = {
    "a spec of another version": "UPDATE specs SET text = 'nonsense: [' WHERE digest = "
    "(SELECT spec_digest FROM runs WHERE run_id = ?)",
    "an event of another version": "UPDATE events SET data = '{}' WHERE kind = 'slots_granted' "
    "AND run_id = ?",
    "events that do not fit": "DELETE FROM events WHERE kind = 'step_resolved' AND run_id = ?",
    "no first event": "DELETE FROM events WHERE run_id = ?",
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_run_that_cannot_go_on_fails_alone(
    fresh: LiveDaemon, write: Write, tmp_path: Path, breakage: str
) -> None:
    gate = Gate(tmp_path / "gate")
    good = fresh.submit(write(f"steps: [{{id: a, run: '{gate}'}}]"))
    broken = fresh.submit(write("steps: [{id: b, run: 'echo $$ > pid; sleep 300'}]"))
    noted = fresh.attempt(broken, "b") / "sandbox" / "pid"
    wait_until(lambda: noted.exists() and noted.read_text().strip(), "b to begin")
    fresh.wait_for_step(good, "a", "running")
    process = Path("/proc", noted.read_text().strip())
    fresh.kill()
    with closing(sqlite3.connect(fresh.home / "store.db")) as store, store:
        assert store.execute(BREAKAGES[breakage], (broken,)).rowcount > 0

    fresh.start()
    gate.open()

    assert statuses(fresh.finish(good)) == {"a": "succeeded"}
    told = fresh.client.run(broken)
    assert (told["status"], statuses(told)) == ("failed", {"b": "cancelled"})
    assert told["error"] is not None
    assert "submit it anew" in str(told["error"]["message"])
    wait_until(lambda: not process.exists(), "its process to be stopped")
    with pytest.raises(TrainautoError, match="cannot go on"):
        fresh.client.retry(broken)
    fresh.stop()
    fresh.start()
    assert fresh.client.run(broken) == told


@pytest.mark.parametrize(
    "moment", ["INSERT ON attempts", "UPDATE OF outcome ON attempts", "UPDATE OF reason ON steps"]
)
def test_an_event_that_cannot_be_stored_fails_its_run_alone(
    fresh: LiveDaemon, write: Write, moment: str
) -> None:
    fresh.stop()
    with closing(sqlite3.connect(fresh.home / "store.db")) as store, store:
        store.execute(
            f"CREATE TRIGGER defect BEFORE {moment} WHEN new.step = 'bad' "
            "BEGIN SELECT RAISE(ABORT, 'defect'); END"
        )
    pid = fresh.start().pid

    run = fresh.run(
        write("steps: [{id: bad, run: echo x > x}, {id: b, run: 'true'}, {id: c, run: 'true'}]")
    )

    assert run["status"] == "failed"
    assert "defect" in run["error"]["message"]
    assert statuses(fresh.run(write("steps: [{id: good, run: echo good}]"))) == {
        "good": "succeeded"
    }
    status = fresh.client.status()
    assert (status["pid"], status["runs"]) == (pid, {"queued": 0, "running": 0})
    assert status["slots"]["cpus"]["used"] == 0
