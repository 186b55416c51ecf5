"""Drift files and reports as documents."""

import random
from pathlib import Path
from typing import Any

from tests.support.daemons import LiveDaemon
from tests.support.plain_http import ask
from tests.support.waiting import wait_until
from trainautod.home import socket_path


def watch(live: LiveDaemon, folder: Path) -> str:
    """Register a policy on drift in a folder; return its name."""
    name = f"watch{random.randrange(1 << 40):x}"
    path = folder / f"{name}.yaml"
    path.write_text("on: drift_alert\nif: drift_score > 9\nthen: 'run pipeline: none'\n")
    live.client.add_pipeline(str(path))
    return name


def sources(live: LiveDaemon, policy: str) -> list[Any]:
    """Return the drift files of a policy."""
    return [found for found in live.client.drift() if found["policies"] == [policy]]


def test_a_folder_that_is_not_there_waits(daemon: LiveDaemon, tmp_path: Path) -> None:
    policy = watch(daemon, tmp_path)

    (found,) = wait_until(lambda: sources(daemon, policy), "the policy's folder")

    assert found.pop("checked_at")
    assert found == {
        "path": str(tmp_path / "monitoring"),
        "state": "waiting",
        "reason": None,
        "policies": [policy],
        "last_good": None,
    }


def test_a_file_is_told_with_its_newest_good_report(daemon: LiveDaemon, tmp_path: Path) -> None:
    policy = watch(daemon, tmp_path)
    (tmp_path / "monitoring").mkdir()
    path = tmp_path / "monitoring" / "x.jsonl"
    path.write_text('{"drift_score": 0.2}\n{"drift_score": 0.3, "features": {"a": 0.3}}\nx\n')

    def judged() -> list[Any]:
        return [s for s in sources(daemon, policy) if s["last_good"] is not None]

    (found,) = wait_until(judged, "the reports")
    assert found["state"] == "unknown"
    assert found["reason"].startswith("line 3: it is no JSON")
    last = found["last_good"]
    assert (last["path"], last["drift_score"], last["features"]) == (str(path), 0.3, {"a": 0.3})
    newest, first = daemon.client.drift_reports(path=str(path))
    assert newest == last
    assert first["drift_score"] == 0.2
    assert daemon.client.drift_reports(path=str(path), limit=1) == [newest]
    assert daemon.client.drift_reports(path=str(path), before=newest["id"]) == [first]
    assert newest in daemon.client.drift_reports()


def test_a_query_that_is_not_known_is_refused(daemon: LiveDaemon) -> None:
    for query in ("limit=0", "before=x", "file=x"):
        assert ask(socket_path(daemon.home), "GET", f"/drift/reports?{query}").status == 422
