"""Following a run across whatever happens to the daemon."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.scripted_daemon import ScriptedDaemon, run_document, serving, step_document
from trainauto_tui.cli.following import Patience, pulses, snapshots
from trainauto_tui.client import Client, unix
from trainauto_tui.errors import NoDaemon, NotFound


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[ScriptedDaemon]:
    with serving(tmp_path / "s") as daemon:
        yield daemon


def run_in(status: str, step: str) -> dict[str, Any]:
    return run_document("r", status, step_document("a", step))


RUNNING = run_in("running", "running")
DONE = run_in("succeeded", "succeeded")


def follow(daemon: ScriptedDaemon, said: list[str], limit_s: float = 30.0) -> Iterator[Any]:
    first: Any = daemon.answers["GET /runs/r"]
    return snapshots(Client(unix(daemon.path)), first, said.append, limit_s)


def test_a_run_that_has_ended_is_not_asked_about(daemon: ScriptedDaemon) -> None:
    daemon.put_run(DONE)
    assert list(follow(daemon, [])) == [DONE]
    assert daemon.asked == []


def test_a_change_is_seen_and_the_end_ends_it(daemon: ScriptedDaemon) -> None:
    daemon.put_run(run_in("queued", "pending"))
    seen = follow(daemon, [])
    assert next(seen)["status"] == "queued"
    daemon.advance(RUNNING)
    assert next(run for run in seen if run["status"] == "running") == RUNNING
    daemon.advance(DONE)
    assert list(seen)[-1] == DONE


def test_an_end_that_came_before_the_first_look_is_seen(daemon: ScriptedDaemon) -> None:
    daemon.put_run(RUNNING)
    seen = follow(daemon, [])
    next(seen)
    daemon.advance(DONE)
    assert list(seen)[-1] == DONE


def test_a_restart_of_the_daemon_is_waited_for_and_told_once(daemon: ScriptedDaemon) -> None:
    daemon.put_run(run_in("queued", "pending"))
    said: list[str] = []
    seen = follow(daemon, said)
    next(seen)
    daemon.advance(RUNNING)
    assert next(run for run in seen if run["status"] == "running")
    daemon.stop()
    for _ in range(2):
        assert next(seen)["status"] == "running", "the last known state stays"
    daemon.start()
    daemon.advance(DONE)
    assert list(seen)[-1] == DONE
    assert said == [
        "the daemon went away; waiting for it (what it runs goes on)",
        "the daemon is back",
    ]


def test_it_goes_on_after_the_last_event_it_saw(daemon: ScriptedDaemon) -> None:
    for kind in ("run_submitted", "step_resolved"):
        daemon.publish(kind, run_id="r")
    stream = pulses(Client(unix(daemon.path)), 0, Patience(print), "r")
    numbers = [event["seq"] for event in (next(stream) for _ in range(3)) if event]
    daemon.stop()
    daemon.start()
    daemon.publish("attempt_finished", run_id="r")
    numbers.append(next(event["seq"] for event in stream if event))
    assert numbers == [1, 2, 3]
    asked = [query["after"] for _, path, query, _ in daemon.asked if path == "/events"]
    assert asked[0] == "0"
    assert asked[-1] == "2"


def test_a_daemon_that_stays_away_is_an_error_in_the_end(daemon: ScriptedDaemon) -> None:
    daemon.put_run(RUNNING)
    seen = follow(daemon, [], limit_s=0.3)
    next(seen)
    daemon.stop()
    with pytest.raises(NoDaemon):
        list(seen)


def test_a_refusal_is_not_taken_for_an_absence(daemon: ScriptedDaemon) -> None:
    patience = Patience(print)
    client = Client(unix(daemon.path))
    with pytest.raises(NotFound):
        patience.ask(lambda: client.run("nothing"))


def test_a_question_is_asked_again_until_the_daemon_is_back(daemon: ScriptedDaemon) -> None:
    daemon.put_run(DONE)
    daemon.stop()
    said: list[str] = []
    back = threading.Timer(0.3, daemon.start)
    back.start()
    assert Patience(said.append).ask(lambda: Client(unix(daemon.path)).run("r")) == DONE
    back.join()
    assert len(said) == 2
