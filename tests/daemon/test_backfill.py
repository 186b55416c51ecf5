"""Backfills through the death of the daemon: no slot twice, none lost."""

import random
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from tests.support.gates import Gate
from tests.support.stores import expect_sound
from tests.support.waiting import wait_until
from trainauto_tui.documents import BackfillRequest
from trainauto_tui.errors import NoDaemon
from trainautod.failpoints import VARIABLE

GATED = """
name: nightly
schedule: {{cron: '0 2 * * *', timezone: Europe/Berlin}}
steps:
  - {{id: a, resources: {{cpus: 0.1}}, cache: false, run: '{wait}'}}
"""
#: Its only step is never due, so that runs end by themselves and start no process.
IDLE = """
name: nightly
schedule: {cron: '0 2 * * *', timezone: Europe/Berlin}
steps: [{id: a, when: 1 == 2, run: 'true'}]
"""
ASKED: BackfillRequest = {"pipeline": "nightly", "since": "2013-03-28", "until": "2013-04-02"}
SLOTS = [
    "2013-03-28T02:00:00+01:00",
    "2013-03-29T02:00:00+01:00",
    "2013-03-30T02:00:00+01:00",
    "2013-03-31T03:00:00+02:00",  # there is no two o'clock on that day
    "2013-04-01T02:00:00+02:00",
    "2013-04-02T02:00:00+02:00",
]


def counts(daemon: LiveDaemon, backfill: str = "latest") -> dict[str, int]:
    found: Any = daemon.client.backfill(backfill)["counts"]
    return dict(found)


def end(daemon: LiveDaemon, backfill: str = "latest") -> Any:
    """Wait for the end of a backfill and return its document."""

    def ended() -> Any:
        found = daemon.client.backfill(backfill)
        return found if found["state"] == "ended" else None

    return wait_until(ended, f"the backfill to end\n{daemon.log()}")


def runs(daemon: LiveDaemon) -> list[Any]:
    found: list[Any] = list(daemon.client.runs(trigger="backfill", limit=100)["runs"])
    return found


def expect_each_slot_once(daemon: LiveDaemon, document: Any) -> None:
    assert [slot["slot"] for slot in document["slots"]] == SLOTS
    by_slot = {slot["slot"]: slot["run_id"] for slot in document["slots"]}
    found = {run["scheduled_time"]: run["run_id"] for run in runs(daemon)}
    assert found == by_slot
    assert len(runs(daemon)) == len(SLOTS)


def test_a_killed_daemon_goes_on_with_the_slots_that_wait(
    fresh: LiveDaemon, write: Write, tmp_path: Path
) -> None:
    gate = Gate(tmp_path / "gate")
    fresh.client.add_pipeline(str(write(GATED.format(wait=gate))))
    backfill = str(fresh.client.start_backfill({**ASKED, "parallel": 2})["backfill"])
    wait_until(lambda: counts(fresh)["running"] == 2, "two runs")
    before = {run["run_id"] for run in runs(fresh)}
    fresh.kill()
    fresh.start()
    assert counts(fresh) == {
        "waiting": 4,
        "running": 2,
        "succeeded": 0,
        "failed": 0,
        "skipped": 0,
    }
    gate.open()
    found = end(fresh, backfill)
    assert found["counts"]["succeeded"] == len(SLOTS)
    expect_each_slot_once(fresh, found)
    assert before < {run["run_id"] for run in runs(fresh)}, "what ran was taken over"
    kinds = [e["kind"] for e in fresh.client.event_page(pipeline="nightly")["events"]]
    assert [kind for kind in kinds if kind.startswith("backfill")] == [
        "backfill_started",
        "backfill_ended",
    ]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("part", range(3))
def test_wherever_the_daemon_dies_each_slot_is_run_once(
    dormant: LiveDaemon, write: Write, moment: str, part: int
) -> None:
    passes = part * 12 + random.randrange(12)  # the commits of such a backfill, and some around
    dormant.launch({VARIABLE: f"store.commit.{moment}={passes}*off->crash"})
    file = str(write(IDLE))
    with suppress(NoDaemon, AssertionError, OSError):
        wait_until(dormant.answers, "the daemon to answer")
        dormant.client.add_pipeline(file)
        dormant.client.start_backfill(ASKED)
        wait_until(lambda: not dormant.answers(), "the daemon to die", patience_s=0.5)
    dormant.kill()
    dormant.start()
    if not dormant.client.pipelines():
        dormant.client.add_pipeline(file)
    if not dormant.client.backfills():
        dormant.client.start_backfill(ASKED)
    document = end(dormant)
    assert len(dormant.client.backfills()) == 1
    expect_each_slot_once(dormant, document)
    dormant.kill()
    expect_sound(dormant.home)


def test_a_stopped_backfill_stays_stopped_until_it_is_resumed(
    fresh: LiveDaemon, write: Write, tmp_path: Path
) -> None:
    gate = Gate(tmp_path / "gate")
    fresh.client.add_pipeline(str(write(GATED.format(wait=gate))))
    fresh.client.start_backfill({**ASKED, "order": "newest"})
    wait_until(lambda: counts(fresh)["running"], "a run")
    fresh.client.stop_backfill("latest")
    fresh.kill()
    fresh.start()
    gate.open()
    wait_until(lambda: counts(fresh)["succeeded"] == 1, "the live run to end")
    found = fresh.client.backfill("latest")
    assert (found["state"], found["counts"]["waiting"]) == ("stopped", 5)
    fresh.client.resume_backfill("latest")
    document = end(fresh)
    assert [slot["slot"] for slot in document["slots"]] == SLOTS[::-1]
    started = [run["scheduled_time"] for run in reversed(runs(fresh))]
    assert started == SLOTS[::-1]
    assert datetime.fromisoformat(started[0]).utcoffset() is not None


@pytest.mark.parametrize("passes", [1, 3, 5])
def test_a_daemon_that_dies_while_it_cancels_runs_those_slots_in_the_end(
    dormant: LiveDaemon, write: Write, tmp_path: Path, passes: int
) -> None:
    """In or around its commits: that slots are withdrawn, and that each run is cancelled."""
    gate = Gate(tmp_path / "gate")
    dormant.start()
    dormant.client.add_pipeline(str(write(GATED.format(wait=gate))))
    dormant.client.start_backfill({**ASKED, "parallel": 2})
    wait_until(lambda: counts(dormant)["running"] == 2, "two runs")
    dormant.kill()
    dormant.launch({VARIABLE: f"store.commit.after={passes}*off->crash"})
    with suppress(NoDaemon, AssertionError, OSError):
        wait_until(dormant.answers, "the daemon to answer")
        dormant.client.stop_backfill("latest", cancel_running=True)
        wait_until(lambda: not dormant.answers(), "the daemon to die", patience_s=0.5)
    dormant.kill()
    dormant.start()
    dormant.client.stop_backfill("latest", cancel_running=True)
    wait_until(lambda: counts(dormant)["waiting"] == len(SLOTS), "all slots to wait")
    gate.open()
    dormant.client.resume_backfill("latest")
    assert end(dormant)["counts"]["succeeded"] == len(SLOTS)
    done = [run["scheduled_time"] for run in runs(dormant) if run["status"] == "succeeded"]
    assert sorted(done) == sorted(SLOTS)
