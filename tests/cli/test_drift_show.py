"""``drift show``: what the watched drift files say."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import TRAINAUTO, Trainauto
from tests.support.screens import on_terminal
from tests.support.scripted_daemon import ScriptedDaemon

AT = "2026-01-02T12:00:00.000+00:00"


def source(name: str = "flights.json", state: str = "good", **fields: Any) -> Any:
    path = f"/srv/monitoring/{name}"
    features = {"distance": 0.04, "dep_delay": 0.31, "carrier": 0.9}
    report = {"id": 7, "path": path, "at": AT, "drift_score": 0.27, "features": features}
    return {
        "path": path,
        "state": state,
        "reason": None,
        "policies": ["drift_policy"],
        "last_good": report,
        "checked_at": AT,
        **fields,
    }


def serve(daemon: ScriptedDaemon, *sources: Any) -> None:
    daemon.answers["GET /drift"] = {"sources": list(sources)}


def test_one_file_is_shown_with_its_features(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    serve(daemon, source())

    first, watched, score, heading, *features = trainauto("drift", "show").lines

    assert (first, watched) == (
        "/srv/monitoring/flights.json  good",
        "  watched by drift_policy",
    )
    assert score.startswith("  drift_score 0.2700, ")
    assert heading.split() == ["feature", "score"]
    assert [line.split()[:2] for line in features] == [
        ["carrier", "0.9000"],
        ["dep_delay", "0.3100"],
        ["distance", "0.0400"],
    ]
    assert features[0].endswith("→")
    assert len({line.index("0.") for line in features}) == 1


def test_several_files_are_a_table(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    waiting = source("new.csv", "waiting", last_good=None)
    serve(daemon, source(), waiting)

    heading, first, second = trainauto("drift", "show").lines

    assert heading.split()[:4] == ["file", "state", "score", "age"]
    assert "carrier, dep_delay, distance" in first
    assert second.split() == ["/srv/monitoring/new.csv", "waiting", "drift_policy"]


def test_what_is_unknown_says_why_and_keeps_its_last_report(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    broken = source(state="unknown", reason="it is empty")
    serve(daemon, source("other.json"), broken)

    lines = trainauto("drift", "show", "flights.json").lines

    assert lines[:2] == ["/srv/monitoring/flights.json  unknown", "  it is empty"]
    assert "drift_score 0.2700" in lines[3]


def test_a_list_says_why_files_are_not_good_within_the_width_of_the_terminal(
    daemon: ScriptedDaemon, home: Path
) -> None:
    late = "no good report for more than 2d (max_age of watch): the last one is of 2026-01-02"
    known = [source(f"{n}/x.json", "stale", reason=late) for n in range(3)]
    serve(daemon, source("y.json", "unknown", reason=f"line 1: it is no JSON; {late}"), *known)

    words = [*TRAINAUTO, "drift", "show", "--home", str(home), "--no-start"]
    code, written = on_terminal(words, {"NO_COLOR": "1"}, columns=80)

    told = written.replace("\r", "").splitlines()
    assert code == 0
    assert max(map(len, told)) <= 80
    assert [line.split()[0] for line in told[1:5]] == [
        *("monitoring/y.json", "0/x.json", "1/x.json", "2/x.json")
    ]
    assert told[5:] == [
        "",
        "monitoring/y.json: unknown",
        "  line 1: it is no JSON; no good report for more than 2d (max_age of watch): the",
        "  last one is of 2026-01-02",
        "",
        "0/x.json and 2 more: stale",
        "  no good report for more than 2d (max_age of watch): the last one is of",
        "  2026-01-02",
    ]


def test_a_file_without_a_report_says_so(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    serve(daemon, source(state="waiting", last_good=None))

    assert trainauto("drift", "show").lines[-1] == "  no report yet"


def test_the_document_holds_what_was_asked_for(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    serve(daemon, source("a.json"), source("b.json"))

    assert trainauto("--json", "drift", "show", "b.json").document == {
        "sources": [source("b.json")]
    }


def test_without_policies_on_drift_it_is_told_how_to_add_one(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    serve(daemon)

    outcome = trainauto("drift", "show")

    assert (outcome.code, outcome.out) == (0, "")
    assert "add one with: trainauto add POLICY.yaml" in outcome.err


@pytest.mark.parametrize(
    ("path", "code", "told"),
    [
        ("none.json", 4, "no policy watches none.json"),
        ("same.json", 2, "name one by its whole path"),
    ],
)
def test_a_path_must_mean_one_watched_file(
    daemon: ScriptedDaemon, trainauto: Trainauto, path: str, code: int, told: str
) -> None:
    serve(daemon, source("a/same.json"), source("b/same.json"))

    outcome = trainauto("drift", "show", path)

    assert outcome.code == code
    assert told in outcome.err


def test_a_path_from_here_is_the_file(
    daemon: ScriptedDaemon,
    trainauto: Trainauto,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    here = source("x", path=str(tmp_path / "same.json"))
    serve(daemon, source("same.json"), here)

    lines = trainauto("drift", "show", "same.json").lines

    assert lines[0] == f"{tmp_path}/same.json  good"
