"""``trainauto notify``."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Trainauto
from tests.support.scripted_daemon import ScriptedDaemon
from trainauto_tui.cli.quantities import clock


def message(number: int, target: str, state: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "target": target,
        "kind": "run_failed",
        "pipeline": "nightly",
        "run_id": "0mfz3k",
        "state": state,
        "tries": 1,
        "error": None,
        "digest": None,
        "title": "nightly failed in train [box]",
        "reason": None,
        "due_at": None,
        "created_at": "2013-07-10T02:00:00.000+00:00",
        "ended_at": "2013-07-10T02:00:01.000+00:00",
        **fields,
    }


ARRIVED = message(1, "HOOK_URL", "sent", kind="test")
FAILED = message(2, "MAIL_URL", "failed", kind="test", error="[Errno 111] Connection refused")


def test_a_message_to_each_target_that_arrives_is_success(
    trainauto: Trainauto, daemon: ScriptedDaemon
) -> None:
    daemon.answers["POST /notifications/test"] = {"notifications": [ARRIVED]}

    outcome = trainauto("notify", "test")

    assert (outcome.code, outcome.lines) == (0, ["arrived  HOOK_URL"])
    assert daemon.asked[-1][3] == {"targets": []}


def test_one_that_does_not_arrive_is_told_with_its_reason(
    trainauto: Trainauto, daemon: ScriptedDaemon
) -> None:
    daemon.answers["POST /notifications/test"] = {"notifications": [ARRIVED, FAILED]}

    outcome = trainauto("notify", "test", "HOOK_URL", "MAIL_URL")

    assert outcome.code == 1
    assert outcome.lines[0] == "arrived  HOOK_URL"
    assert outcome.lines[1] == "failed   MAIL_URL: [Errno 111] Connection refused"
    assert daemon.asked[-1][3] == {"targets": ["HOOK_URL", "MAIL_URL"]}


def test_json_has_the_same_answer_and_code(trainauto: Trainauto, daemon: ScriptedDaemon) -> None:
    daemon.answers["POST /notifications/test"] = {"notifications": [FAILED]}

    outcome = trainauto("notify", "test", "--json")

    assert outcome.code == 1
    assert outcome.document == {"notifications": [FAILED]}


def test_where_nobody_is_told_it_says_so(trainauto: Trainauto, daemon: ScriptedDaemon) -> None:
    daemon.fail("POST /notifications/test", 422, "nobody is told of anything")

    outcome = trainauto("notify", "test")

    assert (outcome.code, outcome.out) == (2, "")
    assert "nobody is told of anything" in outcome.err


def test_messages_are_listed(trainauto: Trainauto, daemon: ScriptedDaemon) -> None:
    pending = message(3, "MAIL_URL", "pending", tries=4, error="no answer within 30 s")
    daemon.answers["GET /notifications"] = {"notifications": [pending, ARRIVED]}

    outcome = trainauto("notify", "list")

    assert outcome.code == 0
    assert "MAIL_URL" in outcome.lines[1]
    assert "pending" in outcome.lines[1]
    assert "nightly failed in train" in outcome.lines[1]
    assert trainauto("notify", "list", "--json").document["notifications"] == [pending, ARRIVED]


def test_what_waits_is_listed_with_why_and_until_when(
    trainauto: Trainauto, daemon: ScriptedDaemon
) -> None:
    due_at = "2013-07-10T15:04:00.000+00:00"
    reason = "20 messages an hour at most (max_per_hour); goes with a digest"
    held = message(4, "HOOK_URL", "pending", tries=0, reason=reason, due_at=due_at)
    tried = message(3, "HOOK_URL", "pending", error="connection refused", due_at=due_at)
    daemon.answers["GET /notifications"] = {"notifications": [held, tried]}

    lines = trainauto("notify", "list").lines

    assert f"until {clock(due_at)}: {reason}" in lines[1]
    assert f"again at {clock(due_at)}: connection refused" in lines[2]


def test_a_list_can_be_of_one_state(trainauto: Trainauto, daemon: ScriptedDaemon) -> None:
    daemon.answers["GET /notifications"] = {"notifications": []}

    outcome = trainauto("notify", "list", "--state", "failed", "--limit", "3")

    assert outcome.code == 0
    assert daemon.asked[0][2] == {"state": "failed", "limit": "3"}
    assert "nobody was told" in outcome.err


def test_who_cannot_be_told_is_said_with_the_list_and_when_a_pipeline_is_added(
    trainauto: Trainauto, daemon: ScriptedDaemon, tmp_path: Path
) -> None:
    targets = [
        {"target": "HOOK_URL", "pipelines": ["nightly"], "problem": None},
        {"target": "MAIL_URL", "pipelines": ["nightly"], "problem": "it has no value"},
        {"target": "TYPO_URL", "pipelines": ["weekly"], "problem": "it has no value"},
    ]
    daemon.answers["GET /notifications"] = {"notifications": [ARRIVED]}
    daemon.answers["GET /notifications/targets"] = {"targets": targets}
    known = {"name": "nightly", "path": "/srv/nightly.yaml", "next_fire": None}
    daemon.answers["POST /pipelines"] = known
    (tmp_path / "nightly.yaml").touch()

    assert trainauto("notify", "list").err == (
        "warning: MAIL_URL cannot be told: it has no value\n"
        "warning: TYPO_URL cannot be told: it has no value\n"
    )
    added = trainauto("add", str(tmp_path / "nightly.yaml"))
    assert added.err == "warning: MAIL_URL cannot be told: it has no value\n"


@pytest.mark.parametrize("words", [(), ("sned",), ("list", "--state", "gone")])
def test_what_is_not_understood_is_refused(trainauto: Trainauto, words: tuple[str, ...]) -> None:
    assert trainauto("notify", *words).code == 2
