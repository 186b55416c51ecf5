"""``signal``, ``policies``, and what ``add`` says of a policy."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Trainauto
from tests.support.scripted_daemon import ScriptedDaemon
from trainauto_tui.cli.verbs.signal import values_of
from trainauto_tui.errors import Usage

MISSING = "runs retrain_partial, which is not registered yet; register it with: trainauto add FILE"
ACCEPTED = {"seq": 12, "repeated": False}


def policy(name: str, **fields: Any) -> dict[str, Any]:
    """Return a policy's document."""
    return {
        "name": name,
        "kind": "policy",
        "path": f"/srv/{name}.yaml",
        "on": "drift_alert",
        "if": "drift_score > 0.1",
        "pipeline": "retrain_partial",
        "target": "ok",
        "cooldown_s": 0.0,
        "clear_below": None,
        "for": 1,
        "top": 5,
        "watch": ["/srv/monitoring"],
        "max_age_s": None,
        "model": None,
        "state": "ok",
        "problems": [],
        "armed": True,
        "streak": 0,
        "fired_at": None,
        "fired_run_id": None,
        "cooldown_until": None,
        "last_event_at": None,
        "last_value": None,
        "last_verdict": None,
        **fields,
    }


def test_values_are_typed_as_they_are_written() -> None:
    words = ["p95=310", "share=0.5", "bad=true", "host=gpu-1", "at=2013-07-01", "none=", "id='7'"]
    words += ['affected=["a", "b"]', 'features={"a": 0.4}', 'text="7"', "sum=1=1"]
    found = values_of(words)
    assert found == {
        "p95": 310,
        "share": 0.5,
        "bad": True,
        "host": "gpu-1",
        "at": "2013-07-01",
        "none": "",
        "id": "'7'",
        "affected": ["a", "b"],
        "features": {"a": 0.4},
        "text": "7",
        "sum": "1=1",
    }
    assert isinstance(found["p95"], int)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["p95"], "'p95' is not name=value, such as p95_ms=310"),
        (["=3"], "'=3' is not name=value"),
        (["a=1", "a=2"], "a is given twice"),
        (["a=null"], "a is null, which no condition can compare: leave it out"),
        (["a=NaN"], "a=NaN has a number that is not finite"),
        (["a=-Infinity"], "is not finite"),
        (["a=1e999"], "is not finite"),
        (["a=[1, NaN]"], "is not finite"),
        (['a={"b": Infinity}'], "is not finite"),
    ],
)
def test_values_that_mean_nothing_are_refused(words: list[str], said: str) -> None:
    with pytest.raises(Usage, match=re.escape(said)):
        values_of(words)


def test_a_signal_is_sent_with_its_values(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["POST /signals"] = ACCEPTED
    daemon.answers["GET /policies"] = {"policies": [policy("watch", on="latency_alert")]}
    outcome = trainauto("signal", "latency_alert", "p95_ms=310", "host=a", "--key", "k7")

    assert (outcome.code, outcome.lines, outcome.err) == (0, ["latency_alert is event 12"], "")
    body = {"name": "latency_alert", "values": {"p95_ms": 310, "host": "a"}, "key": "k7"}
    assert daemon.asked[0] == ("POST", "/signals", {}, body)


def test_a_signal_that_nobody_waits_for_is_told(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["POST /signals"] = ACCEPTED
    daemon.answers["GET /policies"] = {"policies": [policy("watch")]}
    outcome = trainauto("signal", "latency_allert")
    assert outcome.code == 0
    assert outcome.err == "no policy is on latency_allert; trainauto policies lists them\n"


def test_a_repeated_signal_is_told(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["POST /signals"] = {"seq": 12, "repeated": True}
    outcome = trainauto("signal", "a", "--key", "k7")
    assert outcome.lines == ["event 12 has the key 'k7' already; nothing was done"]


def test_a_signal_is_answered_as_json(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["POST /signals"] = ACCEPTED
    assert trainauto("signal", "a", "--json").document == ACCEPTED


def test_a_signal_that_is_no_signal_ends_with_2(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    outcome = trainauto("signal", "a", "x=NaN")
    assert (outcome.code, outcome.out) == (2, "")
    assert daemon.asked == []


def test_policies_are_listed(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    policies = [
        policy("armed", last_verdict="drift_score 0.05 > 0.1 does not hold in monitoring/x.json"),
        policy("broken", state="broken", problems=["broken.yaml:1: no"], target="missing"),
        policy("cooling", cooldown_until="2013-07-01T02:00:00.000+00:00"),
        policy("waiting", armed=False, target="broken", last_verdict="failed: no param 'x'"),
    ]
    daemon.answers["GET /policies"] = {"policies": policies}
    outcome = trainauto("policies")

    states = {line.split()[0]: line.split()[1] for line in outcome.lines[1:]}
    assert states == {
        "armed": "armed",
        "broken": "broken",
        "cooling": "cooldown",
        "waiting": "disarmed",
    }
    assert "drift_score 0.05 > 0.1 does not hold in monitoring/x.json" in outcome.lines[1]
    assert outcome.err.splitlines() == [
        "broken.yaml:1: no",
        f"warning: broken {MISSING}",
        "warning: waiting runs retrain_partial, whose file has problems",
        "waiting failed: no param 'x'",
    ]
    assert trainauto("policies", "--json").document == {"policies": policies}


def test_that_there_is_no_policy_is_told(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["GET /policies"] = {"policies": []}
    assert trainauto("policies").err == (
        "no policy is registered; register one with: trainauto add FILE\n"
    )


def test_a_policy_that_is_added_says_what_it_waits_for(
    daemon: ScriptedDaemon, trainauto: Trainauto, tmp_path: Path
) -> None:
    file = tmp_path / "drift_policy.yaml"
    file.touch()
    fields = {"target": "missing", "for": 3, "clear_below": 0.05, "cooldown_s": 21_600.0}
    daemon.answers["POST /pipelines"] = policy("drift_policy", **fields)
    outcome = trainauto("add", str(file))

    assert outcome.lines == [
        "added drift_policy from /srv/drift_policy.yaml",
        "on drift_alert, if drift_score > 0.1, then run pipeline retrain_partial",
        "after 3 in a row, again only once it was below 0.05, at most once in 6h00m",
        "from now on it watches /srv/monitoring",
    ]
    assert outcome.err == (f"warning: drift_policy {MISSING}\n")
    daemon.answers["POST /pipelines"] = policy("p", watch=[])
    outcome = trainauto("add", str(file))
    assert (outcome.lines[-1], outcome.err) == ("it works from now on", "")


def test_a_policy_on_a_signal_says_which_it_waits_for(
    daemon: ScriptedDaemon, trainauto: Trainauto, tmp_path: Path
) -> None:
    (file := tmp_path / "p.yaml").touch()
    fields = {"on": "drift_alrt", "watch": [], "by_signal": True, "meant": "drift_alert"}
    daemon.answers["POST /pipelines"] = policy("p", **fields)
    outcome = trainauto("add", str(file))

    assert (outcome.code, outcome.lines[-1]) == (
        0,
        "it waits for: trainauto signal drift_alrt NAME=VALUE …",
    )
    assert outcome.err == (
        "warning: only a signal is called drift_alrt; did you mean drift_alert?\n"
    )
