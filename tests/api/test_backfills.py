"""Backfills over HTTP: what is asked, what is told, and what is refused."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from tests.support.gates import Gate
from tests.support.plain_http import Answer, ask
from tests.support.waiting import wait_until
from trainautod.home import read_only_socket_path, socket_path

PIPELINE = """
name: {name}
schedule: {{cron: '30 2 * * *', timezone: America/New_York}}
params: {{days: 7}}
steps:
  - {{id: a, resources: {{cpus: 0.1}}, run: '{run}'}}
"""


@pytest.fixture
def name() -> str:
    return f"p{uuid.uuid4().hex[:12]}"


@pytest.fixture
def nightly(daemon: LiveDaemon, write: Write, gate: Gate, name: str) -> str:
    """A registered pipeline whose runs wait."""
    daemon.client.add_pipeline(str(write(PIPELINE.format(name=name, run=gate))))
    return name


def post(daemon: LiveDaemon, path: str, body: Any = None) -> Answer:
    told = b"" if body is None else json.dumps(body).encode()
    return ask(socket_path(daemon.home), "POST", path, told)


def wanted(name: str, **asked: Any) -> dict[str, Any]:
    return {"pipeline": name, "since": "2013-03-09", "until": "2013-03-11", **asked}


def until_state(daemon: LiveDaemon, backfill: str, state: str) -> Any:
    def reached() -> Any:
        found = daemon.client.backfill(backfill)
        return found if found["state"] == state else None

    return wait_until(reached, f"backfill {backfill} to be {state}")


def shown(daemon: LiveDaemon, name: str) -> Any:
    """Return the backfills that a pipeline's own document shows."""
    return next(p["backfills"] for p in daemon.client.pipelines() if p["name"] == name)


def test_a_backfill_from_its_request_to_its_end(
    daemon: LiveDaemon, nightly: str, gate: Gate
) -> None:
    answer = post(daemon, "/backfills", wanted(nightly, params={"days": "3"}, order="newest"))
    assert answer.status == 201
    started = answer.json()
    backfill = started["backfill"]
    assert started | {"backfill": "", "created_at": "", "slots": [], "counts": {}} == {
        "backfill": "",
        "pipeline": nightly,
        "state": "running",
        "reason": None,
        "since": "2013-03-09T00:00:00.000-05:00",
        "until": "2013-03-11T23:59:59.999-04:00",
        "parallel": 1,
        "order": "newest",
        "which": "missing",
        "params": {"days": "3"},
        "actor": "user",
        "created_at": "",
        "ended_at": None,
        "counts": {},
        "slots": [],
        "warnings": [],
    }
    assert [slot["slot"] for slot in started["slots"]] == [
        "2013-03-11T02:30:00-04:00",
        "2013-03-10T03:00:00-04:00",
        "2013-03-09T02:30:00-05:00",
    ]
    wait_until(lambda: daemon.client.backfill(backfill)["counts"]["running"], "a run")
    assert [(b["backfill"], b["state"]) for b in shown(daemon, nightly)] == [(backfill, "running")]
    stopped = post(daemon, f"/backfills/{backfill}/stop")
    assert (stopped.status, stopped.json()["state"]) == (200, "stopped")
    assert [(b["backfill"], b["state"]) for b in shown(daemon, nightly)] == [(backfill, "stopped")]
    resumed = post(daemon, f"/backfills/{backfill}/resume")
    assert (resumed.status, resumed.json()["state"]) == (200, "running")
    gate.open()
    ended = until_state(daemon, backfill, "ended")
    assert ended["counts"]["succeeded"] == 3
    assert ended["ended_at"] is not None
    assert shown(daemon, nightly) == []
    (listed,) = daemon.client.backfills(nightly)
    assert {**listed, "slots": ended["slots"]} == ended

    run = daemon.client.run(ended["slots"][1]["run_id"])
    assert run["scheduled_time"] == "2013-03-10T03:00:00-04:00"
    assert run["params"] == {"days": 3}
    assert run["trigger"] == {
        "kind": "backfill",
        "backfill": backfill,
        "slot": "2013-03-10T03:00:00-04:00",
        "cause": f"backfill {backfill}, slot 2 of 3",
    }
    page = daemon.client.runs(pipeline=nightly, trigger="backfill")
    assert len(page["runs"]) == 3
    assert daemon.client.runs(pipeline=nightly, trigger="cron")["runs"] == []

    for change in ("stop", "resume"):
        refused = post(daemon, f"/backfills/{backfill}/{change}")
        assert (refused.status, refused.error()["code"]) == (409, "conflict")


def test_a_dry_run_is_told_and_not_made(daemon: LiveDaemon, nightly: str) -> None:
    answer = post(daemon, "/backfills", wanted(nightly, dry_run=True))
    assert answer.status == 200
    plan = answer.json()
    assert (plan["backfill"], plan["state"], plan["counts"]["waiting"]) == (None, "planned", 3)
    assert daemon.client.backfills(nightly) == []
    assert [slot["state"] for slot in plan["slots"]] == ["waiting"] * 3


def test_a_stop_may_cancel_what_runs(daemon: LiveDaemon, nightly: str) -> None:
    backfill = post(daemon, "/backfills", wanted(nightly, parallel=2)).json()["backfill"]
    wait_until(lambda: daemon.client.backfill(backfill)["counts"]["running"] == 2, "two runs")
    assert post(daemon, f"/backfills/{backfill}/stop?cancel_running=true").status == 200
    wait_until(lambda: daemon.client.backfill(backfill)["counts"]["waiting"] == 3, "it to wait")


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ({"pipeline": "none-such"}, 404, "there is no pipeline 'none-such'"),
        ({"since": "2413-01-01", "until": "2413-01-02"}, 422, "has not come yet"),
        ({"until": "2013-03-01"}, 422, "before it begins"),
        ({"since": "1950-01-01"}, 422, "10,000 slots at most"),
        ({"params": {"hours": 1}}, 422, "unknown param 'hours'"),
        ({"parallel": 0}, 422, "not understood"),
        ({"parallel": 1001}, 422, "not understood"),
        ({"which": "some"}, 422, "not understood"),
        ({"order": "random"}, 422, "not understood"),
        ({"untill": "2013-03-11"}, 422, "not understood"),
        ({"params": {"days": "\ud800"}}, 422, "not understood"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(
    daemon: LiveDaemon, nightly: str, asked: dict[str, Any], status: int, told: str
) -> None:
    for dry_run in (True, False):
        answer = post(daemon, "/backfills", {**wanted(nightly), **asked, "dry_run": dry_run})
        assert answer.status == status
        assert told in answer.error()["message"]
    assert daemon.client.backfills(nightly) == []


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/backfills/none-such", 404),
        ("POST", "/backfills/none-such/stop", 404),
        ("POST", "/backfills/none-such/resume", 404),
        ("GET", "/backfills?pipeline=none-such", 404),
        ("GET", "/backfills?limit=0", 422),
        ("GET", "/backfills?state=running", 422),
        ("POST", "/backfills/latest/stop?cancel_running=perhaps", 422),
    ],
)
def test_what_is_not_there_is_said(
    daemon: LiveDaemon, method: str, target: str, status: int
) -> None:
    answer = ask(socket_path(daemon.home), method, target, b"")
    assert answer.status == status
    assert answer.error()["message"]


def test_a_link_that_only_looks_sees_backfills(daemon: LiveDaemon, nightly: str) -> None:
    looking = read_only_socket_path(daemon.home)
    answer = ask(looking, "GET", f"/backfills?pipeline={nightly}", b"")
    assert (answer.status, answer.json()) == (200, {"backfills": []})


def test_a_pipeline_that_was_never_run_has_no_backfills(daemon: LiveDaemon, nightly: str) -> None:
    assert daemon.client.backfills(nightly) == []
    daemon.client.remove_pipeline(nightly)
    answer = ask(socket_path(daemon.home), "GET", f"/backfills?pipeline={nightly}", b"")
    assert answer.status == 404


def test_a_file_that_became_broken_is_warned_of(
    daemon: LiveDaemon, nightly: str, tmp_path: Path
) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text("name: x\nsteps: 7\n")
    warnings = post(daemon, "/backfills", wanted(nightly, dry_run=True)).json()["warnings"]
    assert warnings[0].startswith(f"{nightly} runs as it last was good")
    assert "pipeline.yaml" in warnings[1]
