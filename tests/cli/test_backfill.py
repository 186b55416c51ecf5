"""``backfill`` and ``backfills``: what is asked for, what is shown, and how it ends."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.cli.conftest import TRAINAUTO, Trainauto
from tests.support.daemons import LiveDaemon
from tests.support.screens import on_terminal, screen_of
from tests.support.scripted_daemon import ScriptedDaemon, run_document
from tests.support.waiting import wait_until

RANGE = ("--since", "2013-07-10", "--until", "2013-07-12")
COUNTS = ("waiting", "running", "succeeded", "failed", "skipped")


def slot(day: int, state: str, run_id: str | None = None, reason: str | None = None) -> Any:
    at = f"2013-07-{day}T02:00:00-04:00"
    return {"slot": at, "state": state, "run_id": run_id, "reason": reason}


def backfill(state: str, *slots: Any, **fields: Any) -> Any:
    told = [each["state"] for each in slots]
    return {
        "backfill": "b",
        "pipeline": "nightly",
        "state": state,
        "reason": None,
        "since": "2013-07-10T00:00:00.000-04:00",
        "until": "2013-07-12T23:59:59.999-04:00",
        "parallel": 1,
        "order": "oldest",
        "which": "missing",
        "params": {},
        "actor": "user",
        "created_at": "2026-01-02T12:00:00.000+00:00",
        "ended_at": "2026-01-02T12:00:09.000+00:00" if state == "ended" else None,
        "counts": {name: told.count(name) for name in COUNTS},
        "slots": list(slots),
        "warnings": [],
        **fields,
    }


STARTED = backfill(
    "running", slot(10, "waiting"), slot(11, "waiting"), slot(12, "skipped", None, "run x failed")
)
DONE = backfill(
    "ended",
    slot(10, "succeeded", "r1"),
    slot(11, "failed", "r2", "step train: exited with 3"),
    slot(12, "skipped", None, "run x failed"),
)
GOOD = backfill("ended", slot(10, "succeeded", "r1"), slot(11, "succeeded", "r2"))
STOPPED = backfill(
    "stopped", slot(10, "running", "r1"), slot(11, "waiting"), reason="stopped by user"
)


def run(day: int, status: str, **fields: Any) -> Any:
    at = f"2013-07-{day}T02:00:00-04:00"
    trigger = {"kind": "backfill", "backfill": "b", "slot": at, "cause": "backfill b, slot 1 of 3"}
    told = {"trigger": trigger, "duration_s": 1.2, **fields}
    return run_document(f"r{day - 9}", status, scheduled_time=at, **told)


FAILED = run(11, "failed", error={"step": "train", "message": "exited with 3\nno such column"})


def offer(daemon: ScriptedDaemon, document: Any) -> None:
    """Make this the state of the backfill."""
    daemon.answers["GET /backfills/b"] = daemon.answers["GET /backfills/latest"] = document


def go_through(daemon: ScriptedDaemon) -> None:
    """Let both runs start and end, and the backfill with them."""
    for step in (run(10, "running"), run(10, "succeeded"), run(11, "running"), FAILED):
        daemon.advance(step)
    offer(daemon, DONE)
    daemon.publish("backfill_ended", pipeline="nightly", data={"backfill": "b"})


@contextmanager
def meanwhile(daemon: ScriptedDaemon, act: Callable[[], None]) -> Iterator[None]:
    """Do something as soon as the command, within the block, listens to what happens."""

    def listens() -> bool:
        return any(
            path == "/events" and "before" not in query for _, path, query, _ in daemon.asked
        )

    def wait_and_act() -> None:
        wait_until(listens, "the command to listen")
        act()

    waiting = Thread(target=wait_and_act)
    waiting.start()
    try:
        yield
    finally:
        waiting.join()


def asked_for(daemon: ScriptedDaemon, path: str) -> list[Any]:
    return [
        (query, body)
        for method, asked, query, body in daemon.asked
        if (method, asked) == ("POST", path)
    ]


def test_what_was_typed_reaches_the_daemon(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["POST /backfills"] = GOOD
    offer(daemon, GOOD)
    assert trainauto("backfill", "nightly", *RANGE).code == 0
    options = ["--parallel", "3", "--order", "newest", "--failed", "--param", "days=7", "--detach"]
    assert trainauto("backfill", "nightly", *RANGE, *options).code == 0
    (_, plain), (_, full) = asked_for(daemon, "/backfills")
    assert plain == {
        "pipeline": "nightly",
        "since": "2013-07-10",
        "until": "2013-07-12",
        "parallel": 1,
        "order": "oldest",
        "which": "missing",
        "params": {},
        "dry_run": False,
    }
    changed = {"parallel": 3, "order": "newest", "which": "failed", "params": {"days": "7"}}
    assert full == {**plain, **changed}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nightly", "--since", "2013-07-10"], "--until"),
        (["nightly", *RANGE, "--all", "--failed"], "not allowed with"),
        (["nightly", *RANGE, "--order", "random"], "invalid choice"),
        (["nightly", *RANGE, "--param", "days"], "is not name=value"),
        (["nightly.yaml", *RANGE], "trainauto add nightly.yaml"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    daemon: ScriptedDaemon, trainauto: Trainauto, words: list[str], told: str
) -> None:
    outcome = trainauto("backfill", *words)
    assert (outcome.code, daemon.asked) == (2, [])
    assert told in outcome.err


def test_a_dry_run_prints_each_slot_with_its_verdict(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    plan = {**STARTED, "backfill": None, "state": "planned", "warnings": ["slots are left out"]}
    daemon.answers["POST /backfills"] = plan
    outcome = trainauto("backfill", "nightly", *RANGE, "--dry-run")
    assert (outcome.code, outcome.err) == (0, "warning: slots are left out\n")
    assert [line.split("  ")[1:] for line in outcome.lines[1:3]] == [["would run"]] * 2
    assert re.search(r"2013-07-12 02:00:00-04:00 +skipped +run x failed", outcome.lines[3])
    assert outcome.lines[-1] == "nightly: 3 slots: 2 would run, 1 skipped"
    assert trainauto("backfill", "nightly", *RANGE, "--dry-run", "--json").document == plan


def test_it_is_followed_with_a_line_for_each_slot(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["POST /backfills"] = STARTED
    offer(daemon, STARTED)
    daemon.publish("run_submitted", pipeline="nightly", run_id="old")  # told before it began
    with meanwhile(daemon, lambda: go_through(daemon)):
        outcome = trainauto("backfill", "nightly", *RANGE)
    assert outcome.code == 1
    assert outcome.lines == [
        "nightly backfill b running (3 slots: 2 waiting, 1 skipped)",
        "12:00:03 1 of 2 2013-07-10 02:00:00-04:00 succeeded 1.2s r1",
        "12:00:03 2 of 2 2013-07-11 02:00:00-04:00 failed 1.2s r2 (step train: exited with 3)",
        "12:00:09 nightly backfill b ended (3 slots: 1 succeeded, 1 failed, 1 skipped)",
    ]
    assert "1 slot failed" in outcome.err
    again = "trainauto backfill nightly --since 2013-07-10T00:00:00.000-04:00 --until"
    assert again in outcome.err


def test_a_run_that_ended_before_the_command_listened_has_its_line(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["POST /backfills"] = STARTED
    offer(daemon, DONE)
    for each in (run(10, "succeeded"), FAILED):
        daemon.put_run(each)
    outcome = trainauto("backfill", "nightly", *RANGE)
    assert [line.split(" 2013")[0] for line in outcome.lines[:3]] == [
        "nightly backfill b running (3 slots: 2 waiting, 1 skipped)",
        "12:00:03 1 of 2",
        "12:00:03 2 of 2",
    ]


def test_slots_that_nothing_was_told_of_are_in_the_end(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["POST /backfills"] = backfill("running", *[slot(10, "waiting")] * 1)
    offer(daemon, backfill("ended", slot(10, "skipped", None, "run y is running")))
    outcome = trainauto("backfill", "nightly", *RANGE)
    assert outcome.code == 0
    assert outcome.lines[-1].endswith("ended (1 slot: 1 skipped)")


def test_json_is_the_backfill_as_it_ended_and_nothing_else(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["POST /backfills"] = STARTED
    offer(daemon, STARTED)
    with meanwhile(daemon, lambda: go_through(daemon)):
        outcome = trainauto("backfill", "nightly", *RANGE, "--json")
    assert (outcome.code, outcome.document) == (1, DONE)


def test_one_that_is_stopped_meanwhile_says_why_and_how_to_go_on(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["POST /backfills"] = STARTED
    offer(daemon, STARTED)

    def stop() -> None:
        offer(daemon, {**STOPPED, "reason": "there is no pipeline 'nightly'"})
        daemon.publish("backfill_stopped", pipeline="nightly", data={"backfill": "b"})

    with meanwhile(daemon, stop):
        outcome = trainauto("backfill", "nightly", *RANGE)
    assert outcome.code == 1
    assert outcome.err.splitlines() == [
        "stopped: there is no pipeline 'nightly'",
        "1 live run goes on",
        "go on with it: trainauto backfills --resume b",
    ]


def test_it_is_followed_through_a_restart_of_the_daemon(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["POST /backfills"] = STARTED
    offer(daemon, STARTED)

    def restart() -> None:
        daemon.stop()
        daemon.start()
        go_through(daemon)

    with meanwhile(daemon, restart):
        outcome = trainauto("backfill", "nightly", *RANGE)
    assert outcome.code == 1
    assert len(outcome.lines) == 4


def test_detach_prints_its_id_and_does_not_wait(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["POST /backfills"] = STARTED
    outcome = trainauto("backfill", "nightly", *RANGE, "--detach")
    assert (outcome.code, outcome.out) == (0, "b running (2 waiting, 1 skipped)\n")
    assert "trainauto backfills --show b --follow" in outcome.err
    assert trainauto("backfill", "nightly", *RANGE, "--detach", "--json").document == STARTED


def test_ctrl_c_leaves_it_going_and_says_how_to_stop_it(daemon: ScriptedDaemon, home: Path) -> None:
    daemon.answers["POST /backfills"] = STARTED
    offer(daemon, STARTED)
    words = [*TRAINAUTO, "backfill", "nightly", *RANGE, "--home", str(home)]
    code, written = on_terminal(words, interrupt_when="0 of 2 done")
    assert code == 130
    assert "backfill b goes on in the daemon" in written
    assert "trainauto backfills --stop b" in written
    assert asked_for(daemon, "/backfills/b/stop") == []


def test_on_a_terminal_what_runs_now_stands_below_the_lines(
    daemon: ScriptedDaemon, home: Path
) -> None:
    daemon.answers["POST /backfills"] = STARTED
    offer(daemon, STARTED)
    words = [*TRAINAUTO, "backfill", "nightly", *RANGE, "--home", str(home)]
    story = (
        ("0 of 2 done; running: nothing", lambda: daemon.advance(run(10, "running"))),
        ("0 of 2 done; running: 2013-07-10 02:00:00-04:00", lambda: go_through(daemon)),
    )
    code, written = on_terminal(words, {"TZ": "UTC"}, columns=100, meanwhile=story)
    assert code == 1
    assert story[1][0] in written
    assert [line.rstrip() for line in screen_of(written)][1:4] == [
        "12:00:03 1 of 2 2013-07-10 02:00:00-04:00 succeeded 1.2s r1",
        "12:00:03 2 of 2 2013-07-11 02:00:00-04:00 failed 1.2s r2 (step train: exited with 3)",
        "12:00:09 nightly backfill b ended (3 slots: 1 succeeded, 1 failed, 1 skipped)",
    ]


def test_in_a_pipe_the_lines_come_as_things_happen(daemon: ScriptedDaemon, home: Path) -> None:
    daemon.answers["POST /backfills"] = STARTED
    offer(daemon, STARTED)
    words = [*TRAINAUTO, "backfill", "nightly", *RANGE, "--home", str(home)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        assert "running (3 slots" in process.stdout.readline()
        daemon.advance(run(10, "succeeded"))
        assert "1 of 2" in process.stdout.readline()
        go_through(daemon)
        assert "2 of 2" in process.stdout.readline()
        assert process.wait(10) == 1


def test_backfills_are_listed(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["GET /backfills"] = {"backfills": [STOPPED, DONE]}
    outcome = trainauto("backfills", "nightly", "--limit", "5")
    assert outcome.code == 0
    assert len(outcome.lines) == 3
    assert "1 waiting, 1 running" in outcome.lines[1]
    assert "1 succeeded, 1 failed, 1 skipped" in outcome.lines[2]
    assert ("GET", "/backfills", {"pipeline": "nightly", "limit": "5"}, None) in daemon.asked
    assert trainauto("backfills", "--json").document == {"backfills": [STOPPED, DONE]}
    daemon.answers["GET /backfills"] = {"backfills": []}
    assert "trainauto backfill NAME" in trainauto("backfills").err


def test_one_is_shown_slot_by_slot(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    offer(daemon, {**DONE, "params": {"days": 7}})
    outcome = trainauto("backfills", "--show", "latest")
    assert outcome.code == 0
    assert outcome.lines[0].startswith("nightly backfill b ended (3 slots: 1 succeeded")
    assert "params     days=7" in outcome.lines
    rows = [line for line in outcome.lines if line.startswith("2013-07-11")]
    assert "failed" in rows[0]
    assert "step train: exited with 3" in rows[0]
    assert trainauto("backfills", "--show", "b", "--follow").code == 1
    assert trainauto("backfills", "--show", "b", "--json").document["params"] == {"days": 7}
    assert trainauto("backfills", "--show", "none").code == 4


def test_one_is_stopped_and_resumed(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["POST /backfills/b/stop"] = STOPPED
    daemon.answers["POST /backfills/b/resume"] = STARTED
    outcome = trainauto("backfills", "--stop", "b", "--cancel-running")
    assert (outcome.code, outcome.out) == (0, "b stopped (1 waiting, 1 running)\n")
    assert outcome.err.splitlines() == [
        "stopped: by user",
        "1 run is being cancelled",
        "go on with it: trainauto backfills --resume b",
    ]
    assert asked_for(daemon, "/backfills/b/stop") == [({"cancel_running": "true"}, None)]
    assert trainauto("backfills", "--resume", "b").out == "b running (2 waiting, 1 skipped)\n"
    offer(daemon, GOOD)
    for day in (10, 11):
        daemon.put_run(run(day, "succeeded"))
    assert trainauto("backfills", "--resume", "b", "--follow").code == 0

    last = backfill("running", slot(10, "running", "r1"))
    daemon.answers["POST /backfills/b/stop"] = last
    assert "it ends by itself" in trainauto("backfills", "--stop", "b").err
    assert trainauto("backfills", "--stop", "b", "--json").document == last


@pytest.mark.parametrize(
    "words",
    [
        ["--cancel-running"],
        ["--follow"],
        ["--stop", "b", "--follow"],
        ["--stop", "b", "--resume", "b"],
    ],
)
def test_options_without_what_they_belong_to_are_usage_errors(
    daemon: ScriptedDaemon, trainauto: Trainauto, words: list[str]
) -> None:
    assert (trainauto("backfills", *words).code, daemon.asked) == (2, [])


@pytest.mark.slow
def test_against_the_real_daemon_from_the_plan_to_the_summary(
    home: Path, trainauto: Trainauto, tmp_path: Path
) -> None:
    file = tmp_path / "nightly.yaml"
    file.write_text(
        "name: nightly\nschedule: {cron: '0 2 * * *', timezone: America/New_York}\n"
        "steps: [{id: a, run: 'test {{ds}} != 2013-07-11'}]\n"
    )
    live = LiveDaemon(home).start()
    try:
        assert trainauto("add", str(file)).code == 0
        plan = trainauto("backfill", "nightly", *RANGE, "--dry-run")
        assert plan.lines[-1] == "nightly: 3 slots: 3 would run, 0 skipped"
        outcome = trainauto("backfill", "nightly", *RANGE)
        assert outcome.code == 1
        assert outcome.lines[-1].endswith("ended (3 slots: 2 succeeded, 1 failed)")
        assert len(outcome.lines) == 5
        again = trainauto("backfill", "nightly", *RANGE)
        assert (again.code, len(again.lines)) == (0, 2)
        retried = trainauto("backfill", "nightly", *RANGE, "--failed", "--json")
        assert retried.code == 1
        assert retried.document["counts"]["skipped"] == 2
        assert len(trainauto("runs", "--trigger", "backfill").lines) == 5
        events = trainauto("events", "--kind", "backfill_started,backfill_ended").lines
        assert len(events) == 6
    finally:
        live.stop()
