"""Policies as documents, and signals that are sent to them."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemons import LiveDaemon
from tests.support.plain_http import Answer, ask, post
from tests.support.waiting import wait_until
from trainauto_tui.errors import Invalid
from trainautod.home import read_only_socket_path, socket_path

STEPS = "steps: [{id: a, when: 1 == 2, run: 'true'}]\n"


def unique(stem: str) -> str:
    """Return a name that no other test of this daemon has."""
    return f"{stem}{random.randrange(1 << 40):x}"


def add(live: LiveDaemon, folder: Path, name: str, text: str) -> Any:
    """Register a file; return the document of what it is."""
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return live.client.add_pipeline(str(path))


def policy(live: LiveDaemon, name: str) -> Any:
    """Return a policy's document."""
    return next(each for each in live.client.policies() if each["name"] == name)


def signal(live: LiveDaemon, **body: Any) -> Answer:
    """Send a signal as any HTTP client would."""
    return post(socket_path(live.home), "/signals", body)


def test_a_policy_is_told_with_all_that_it_waits_for(daemon: LiveDaemon, tmp_path: Path) -> None:
    name, target = unique("watch"), unique("again")
    text = (
        f"on: drift_alert\nif: drift_score > 0.1\nthen: run pipeline: {target}\n"
        "cooldown: 6h\nclear_below: 0.05\nfor: 3\ntop: 2\nwatch: [in/*.json, out/]\nmax_age: 2d\n"
    )
    added = add(daemon, tmp_path, name, text)

    assert added == policy(daemon, name)
    assert added == {
        "name": name,
        "kind": "policy",
        "path": str(tmp_path / f"{name}.yaml"),
        "on": "drift_alert",
        "by_signal": False,
        "meant": None,
        "if": "drift_score > 0.1",
        "pipeline": target,
        "target": "missing",
        "misfit": None,
        "cooldown_s": 21_600.0,
        "clear_below": 0.05,
        "for": 3,
        "top": 2,
        "watch": [str(tmp_path / "in/*.json"), str(tmp_path / "out")],
        "max_age_s": 172_800.0,
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
    }
    daemon.client.remove_pipeline(name)
    assert name not in {each["name"] for each in daemon.client.policies()}


def test_what_a_policy_remembers_is_told(daemon: LiveDaemon, tmp_path: Path) -> None:
    name, target, event = unique("watch"), unique("again"), unique("e")
    add(daemon, tmp_path, target, STEPS)
    text = f"on: {event}\nif: load > 5\nthen: 'run pipeline: {target}'\n"
    added = add(daemon, tmp_path, name, text + "cooldown: 1h\nclear_below: 2\n")
    assert added["target"] == "ok"

    daemon.client.signal(event, {"load": 9.5})
    told = wait_until(lambda: policy(daemon, name)["fired_at"] and policy(daemon, name), "a run")
    (run,) = daemon.client.runs(pipeline=target)["runs"]
    assert (told["fired_run_id"], told["armed"], told["last_value"]) == (
        run["run_id"],
        False,
        9.5,
    )
    assert told["cooldown_until"] > told["fired_at"] >= told["last_event_at"]
    assert told["last_verdict"] == f"fired: load 9.5 > 5 in the signal {event}"
    assert run["trigger"]["cause"] == f"load 9.5 > 5 in the signal {event}"

    daemon.client.signal(event, {"load": 1})
    wait_until(lambda: policy(daemon, name)["armed"], "it to be cleared")
    told = policy(daemon, name)
    assert told["last_verdict"] == f"load 1 > 5 does not hold in the signal {event}"
    daemon.client.signal(event, {"load": 8})
    wait_until(lambda: "cooldown" in policy(daemon, name)["last_verdict"], "the cooldown")
    assert policy(daemon, name)["streak"] == 1


def test_a_pipeline_tells_which_policies_run_it(daemon: LiveDaemon, tmp_path: Path) -> None:
    name, target, event = unique("watch"), unique("again"), unique("e")
    text = f"on: {event}\nif: load > 5\nthen: 'run pipeline: {target}'\n"
    add(daemon, tmp_path, name, text)
    told = add(daemon, tmp_path, target, STEPS)["on"]
    assert told == [
        {"kind": "policy", "path": [], "policy": name, "event": event, "if": "load > 5"}
    ]
    daemon.client.remove_pipeline(name)
    assert daemon.client.pipeline(target)["on"] == []


def test_params_that_do_not_fit_are_told_before_they_are_needed(
    daemon: LiveDaemon, tmp_path: Path
) -> None:
    target, event = unique("again"), unique("e")
    add(daemon, tmp_path, target, "params: {days: 7, note: ''}\n" + STEPS)

    def misfit(params: str) -> Any:
        text = f"on: {event}\nif: load > 5\nthen: 'run pipeline: {target}'\nwith: {params}\n"
        return add(daemon, tmp_path, unique("p"), text)["misfit"]

    assert misfit("{days: 3, note: 'load {{ load }}'}") is None
    assert misfit("{days: '{{ load }}'}") is None  # what it will be is not known yet
    assert "unknown param 'dais'; did you mean 'days'?" in misfit("{dais: 3}")
    assert "unknown param 'dais'" in misfit("{dais: '{{ load }}'}")
    assert "days" in misfit("{days: soon}")


def test_a_policy_of_a_pipeline_and_a_broken_one_are_told(
    daemon: LiveDaemon, tmp_path: Path
) -> None:
    name = unique("own")
    path = tmp_path / f"{name}.yaml"
    add(daemon, tmp_path, name, "on: [{drift: {path: m/, if: drift_score > 1}}]\n" + STEPS)
    told = policy(daemon, f"{name}:drift")
    assert (told["kind"], told["pipeline"], told["path"]) == ("drift", name, str(path))
    assert (told["target"], told["state"]) == ("ok", "ok")

    path.write_text("steps: nothing")
    told = wait_until(
        lambda: next(
            (p for p in daemon.client.policies() if p["pipeline"] == name and p["problems"]), None
        ),
        "the file to be read",
    )
    assert (told["state"], told["target"]) == ("broken", "broken")
    daemon.client.remove_pipeline(name)


def test_a_signal_with_a_key_counts_once(daemon: LiveDaemon) -> None:
    name, key = unique("s"), unique("k")
    first = daemon.client.signal(name, {"x": 1}, key)
    again = daemon.client.signal(name, {"x": 2}, key)
    other = daemon.client.signal(unique("s"), {"x": 2}, key)
    plain = [daemon.client.signal(name, {"x": 3})["repeated"] for _ in range(2)]

    assert first["repeated"] is False
    assert again == {"seq": first["seq"], "repeated": True}
    assert other["repeated"] is False
    assert plain == [False, False]
    page = daemon.client.event_page(after=first["seq"] - 1, limit=1)["events"]
    assert page[0]["data"] == {"name": name, "values": {"x": 1}, "key": key}


def test_values_keep_their_types(daemon: LiveDaemon) -> None:
    values = {
        "whole": 3,
        "real": 3.0,
        "truth": True,
        "text": "3",
        "affected": ["a", 1, False],
        "features": {"dep delay": 0.4},
    }
    seq = daemon.client.signal(unique("s"), values)["seq"]
    (event,) = daemon.client.event_page(after=seq - 1, limit=1)["events"]
    assert json.dumps(event["data"]["values"]) == json.dumps(values)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "name: it is missing"),
        ({"name": "a b"}, "name: the text 'a b' does not match ^"),
        ({"name": "a", "value": {}}, "value: unknown key"),
        ({"name": "a", "values": {"x": float("nan")}}, "x is not finite; leave it out"),
        ({"name": "a", "values": {"x": [float("inf")]}}, "x is not finite"),
        ({"name": "a", "values": {"x": None}}, "x is null, which is not a number, true or false"),
        ({"name": "a", "values": {"x": [[1]]}}, "x is a list, which is not a number"),
        ({"name": "a", "values": {"x": {"y": {}}}}, "x.y is a group of names, which is not"),
        ({"name": "a", "values": {"x": 2**63}}, "x is an integer of more than 64 bits"),
        ({"name": "a", "values": {"x y": 1}}, "values.x y"),
        ({"name": "a", "values": {"and": 1}}, "'and' has a meaning of its own in conditions"),
        ({"name": "a", "values": {"x": "\ud800"}}, "values"),
        ({"name": "a", "values": {"x": "y" * 70_000}}, "the values are larger than 64 KiB"),
        ({"name": "a", "key": ""}, "key: must have 1 or more characters"),
        ({"name": "a", "key": "\ud800"}, "key"),
    ],
)
def test_a_signal_that_no_condition_could_read_is_refused(
    daemon: LiveDaemon, body: dict[str, Any], said: str
) -> None:
    before = daemon.client.event_page(kind="signal", limit=1)["last"]
    answer = signal(daemon, **body)
    assert answer.status == 422
    assert any(said in problem for problem in answer.error()["problems"])
    assert daemon.client.event_page(kind="signal", after=before)["events"] == []


def test_a_link_that_only_shows_sends_no_signal(daemon: LiveDaemon) -> None:
    path = read_only_socket_path(daemon.home)
    answer = ask(path, "POST", "/signals", b'{"name": "a"}')
    assert answer.status == 403
    assert ask(path, "GET", "/policies").status == 200


def test_a_policy_that_would_start_itself_is_not_registered(
    daemon: LiveDaemon, tmp_path: Path
) -> None:
    text = "on: run_failed\nif: duration_s > 1\nthen: 'run pipeline: x'\n"
    with pytest.raises(Invalid) as refused:
        add(daemon, tmp_path, unique("loop"), text)
    (problem,) = refused.value.problems
    assert "its own runs would start it again and again" in problem
