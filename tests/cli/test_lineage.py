"""``lineage``: a tree each way, each thing followed once, where it is nearest."""

from typing import Any

import pytest

from tests.cli.conftest import Trainauto
from tests.support.scripted_daemon import ScriptedDaemon

DIGESTS = {"in": "a" * 64, "model": "b" * 64}
NODES: dict[str, dict[str, Any]] = {
    "run:r1": {"label": "churn", "detail": "cron, for 2013-07-10 02:00", "status": "succeeded"},
    "step:r1/fetch": {"label": "fetch", "detail": "churn, attempt 1", "status": "succeeded"},
    "step:r1/train": {"label": "train", "detail": "churn, attempt 2", "status": "failed"},
    f"artifact:{DIGESTS['in']}": {"label": "in\x1b[2J.txt", "detail": "input"},
    f"artifact:{DIGESTS['model']}": {"label": "model.bin", "detail": "output, 1.5 KiB"},
    "version:churn@1": {"label": "churn@1", "detail": "auc 0.91", "status": "staging"},
}
DOWN = {
    f"artifact:{DIGESTS['in']}": ["step:r1/fetch", "step:r1/train"],
    "run:r1": ["step:r1/fetch", "step:r1/train"],
    "step:r1/fetch": [],
    "step:r1/train": [f"artifact:{DIGESTS['model']}"],
    f"artifact:{DIGESTS['model']}": ["version:churn@1"],
    "version:churn@1": [],
}
ALIASES = {"latest": "run:r1", "churn@1": "version:churn@1", "bbbb": list(DOWN)[4]}


def node(name: str) -> dict[str, Any]:
    kind, _, id_ = name.partition(":")
    at = "2026-01-02T12:00:00.000+00:00" if kind != "artifact" else None
    return {"kind": kind, "id": id_, "at": at, "status": None, **NODES[name]}


def answer(query: dict[str, str]) -> dict[str, Any]:
    name = ALIASES.get(query["of"], query["of"])
    up = [other for other, below in DOWN.items() if name in below]
    up.sort(key=lambda other: other.partition(":")[0] != "run")
    return {
        "node": node(name),
        "up": [node(other) for other in up],
        "down": [node(other) for other in DOWN[name]],
        "more": {"up": False, "down": False},
    }


@pytest.fixture(autouse=True)
def world(daemon: ScriptedDaemon) -> None:
    daemon.answers["GET /lineage"] = answer


def test_a_version_is_traced_to_its_data(trainauto: Trainauto) -> None:
    assert trainauto("lineage", "churn@1", "--depth", "9").lines == [
        "version churn@1 staging auc 0.91",
        "2026-01-02 12:00:00+00:00",
        "",
        "comes from",
        "└─ artifact bbbbbbbbbbbb model.bin output, 1.5 KiB",
        "   └─ step r1/train ✗ failed churn, attempt 2",
        "      ├─ run r1 churn ✔ succeeded cron, for 2013-07-10 02:00",
        "      └─ artifact aaaaaaaaaaaa in\x1b[2J.txt input",
        "",
        "leads to nothing",
    ]


def test_a_run_leads_to_its_steps_and_what_they_made(trainauto: Trainauto) -> None:
    assert trainauto("lineage", "latest").lines[2:] == [
        "",
        "comes from nothing",
        "",
        "leads to",
        "├─ step r1/fetch ✔ succeeded churn, attempt 1",
        "└─ step r1/train ✗ failed churn, attempt 2",
        "   └─ artifact bbbbbbbbbbbb model.bin output, 1.5 KiB",
        "      └─ version churn@1 staging auc 0.91",
    ]


def test_depth_is_how_far_it_goes(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    lines = trainauto("lineage", "latest", "--depth", "1").lines
    assert lines[-1].startswith("└─ step r1/train")
    assert len(daemon.asked) == 1


def test_json_is_the_tree(trainauto: Trainauto) -> None:
    tree = trainauto("lineage", "bbbb", "--json", "--depth", "2").document
    assert tree["node"]["id"] == DIGESTS["model"]
    assert [(b["id"], b["down"], b["repeated"]) for b in tree["down"]] == [("churn@1", [], False)]
    (train,) = tree["up"]
    assert [branch["kind"] for branch in train["up"]] == ["run", "artifact"]


def test_a_thing_that_comes_again_is_followed_once(
    daemon: ScriptedDaemon, trainauto: Trainauto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DOWN, "step:r1/fetch", ["step:r1/train"])
    lines = trainauto("lineage", "latest", "--depth", "5").lines
    assert lines[6:9] == [
        "├─ step r1/fetch ✔ succeeded churn, attempt 1",
        "│  └─ step r1/train ✗ failed churn, attempt 2 …",
        "└─ step r1/train ✗ failed churn, attempt 2",
    ]
    asked = [query["of"] for _, _, query, _ in daemon.asked]
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("depth", ["0", "-1", "x"])
def test_a_depth_of_nothing_is_refused(trainauto: Trainauto, depth: str) -> None:
    assert trainauto("lineage", "latest", "--depth", depth).code == 2


def test_what_is_not_there_is_told(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.fail("GET /lineage", 404, "there is no run 'x'")
    outcome = trainauto("lineage", "x")
    assert (outcome.code, outcome.out) == (4, "")
    assert "there is no run 'x'" in outcome.err
