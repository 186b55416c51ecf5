"""Drift files before a real daemon: each report is an event once, and retrains what it should."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.drift.parquet_files import parquet
from tests.support.daemons import LiveDaemon
from tests.support.stores import expect_sound
from tests.support.waiting import wait_until
from trainautod.failpoints import VARIABLE

KILLS = 10
LINES = 20  # that are written before each of them
CRASHED = 137
NEVER = "steps: [{id: a, when: 1 == 2, run: 'true'}]\n"
EXAMPLE = "on: drift_alert\nif: drift_score > 0.1\nthen: run pipeline: retrain_partial\n"


def register(live: LiveDaemon, folder: Path, policy: str = EXAMPLE) -> Path:
    """Register the policy of the requirements as it is written; return the folder it watches."""
    for name, text in (("retrain_partial", f"name: retrain_partial\n{NEVER}"), ("watch", policy)):
        path = folder / f"{name}.yaml"
        path.write_text(text)
        live.client.add_pipeline(str(path))
    monitoring = folder / "monitoring"
    monitoring.mkdir()
    return monitoring


def alerts(live: LiveDaemon) -> list[dict[str, Any]]:
    """Return what each drift_alert carries, in order."""
    return [e["data"] for e in live.client.event_page(kind="drift_alert", limit=1000)["events"]]


def numbers(live: LiveDaemon, name: str) -> list[int]:
    """Return the number that each report of a file carries, in order."""
    return [data["n"] for data in alerts(live) if Path(data["path"]).name == name]


def line(n: int) -> str:
    """Return a report of one line."""
    return json.dumps({"drift_score": 0.05, "n": n}) + "\n"


def replace(path: Path, report: dict[str, Any]) -> None:
    """Write a report at once, as ``drift compute`` does."""
    fresh = path.with_suffix(".tmp")
    fresh.write_text(json.dumps(report))
    fresh.rename(path)


@pytest.mark.slow
def test_the_policy_of_the_requirements_retrains_on_a_report(
    fresh: LiveDaemon, tmp_path: Path
) -> None:
    monitoring = register(fresh, tmp_path)
    features = {"dep_delay": 0.31, "distance": 0.04}
    replace(monitoring / "low.json", {"drift_score": 0.1})
    replace(monitoring / "high.json", {"drift_score": 0.27, "features": features})

    (run,) = wait_until(lambda: fresh.client.runs()["runs"], "the policy to fire")
    assert run["trigger"]["kind"] == "policy"
    assert run["trigger"]["affected"] == ["dep_delay"]
    assert run["trigger"]["cause"] == "drift_score 0.27 > 0.1 in monitoring/high.json"


@pytest.mark.slow
def test_no_library_for_tables_is_in_the_daemon(fresh: LiveDaemon, tmp_path: Path) -> None:
    monitoring = register(fresh, tmp_path)
    (monitoring / "x.csv").write_text("drift_score\n0.05\n")
    (monitoring / "x.parquet").write_bytes(parquet({"drift_score": [0.06]}))

    wait_until(lambda: len(alerts(fresh)) == 2, "both reports")
    mapped = Path(f"/proc/{fresh.pid}/maps").read_text()
    assert not [name for name in ("arrow", "numpy", "pandas", "scipy") if name in mapped]


@pytest.mark.slow
def test_each_report_is_one_event_whenever_the_daemon_is_killed(
    dormant: LiveDaemon, tmp_path: Path
) -> None:
    """One file grows by lines and halves of lines, another is replaced, a third comes and goes."""
    live = dormant.start()
    monitoring = register(live, tmp_path)
    with (monitoring / "grown.jsonl").open("a", buffering=1) as grown:
        for burst in range(KILLS):
            first = burst * LINES
            grown.write("".join(line(n) for n in range(first, first + LINES - 1)))
            grown.write(line(first + LINES - 1)[:9])
            (monitoring / "broken.json").write_text(line(burst)[:9])
            replace(monitoring / "replaced.json", {"drift_score": 0.01, "n": burst})
            if burst % 2:
                wait_until(lambda at=first: numbers(live, "grown.jsonl")[at:], "a line")  # type: ignore[misc]
            live.kill()
            grown.write(line(first + LINES - 1)[9:])
            live.start()
    (monitoring / "broken.json").write_text(line(KILLS))
    total = KILLS * LINES

    wait_until(lambda: len(numbers(live, "grown.jsonl")) >= total, "every line")
    wait_until(lambda: KILLS - 1 in numbers(live, "replaced.json"), "the last report")
    wait_until(lambda: numbers(live, "broken.json"), "the one that heals")
    assert numbers(live, "grown.jsonl") == list(range(total))
    assert numbers(live, "replaced.json") == sorted({*numbers(live, "replaced.json")})
    assert numbers(live, "broken.json") == [KILLS]
    assert len(live.client.drift_reports(limit=1000)) == len(alerts(live))
    assert live.client.runs()["runs"] == []
    live.stop()
    expect_sound(live.home)


@pytest.mark.slow
@pytest.mark.parametrize("point", ["drift.before_record", "drift.after_record"])
def test_a_crash_around_the_record_of_a_report_neither_loses_nor_repeats_it(
    dormant: LiveDaemon, tmp_path: Path, point: str
) -> None:
    live = dormant.start()
    monitoring = register(live, tmp_path)
    live.stop()
    (monitoring / "x.jsonl").write_text(line(1) + line(2))
    live.launch({VARIABLE: f"{point}=crash"})
    assert live.wait_for_death() == CRASHED

    live.start()
    wait_until(lambda: len(numbers(live, "x.jsonl")) >= 2, "both reports")
    with (monitoring / "x.jsonl").open("a") as file:
        file.write(line(3))
    wait_until(lambda: 3 in numbers(live, "x.jsonl"), "the third report")
    assert numbers(live, "x.jsonl") == [1, 2, 3]
