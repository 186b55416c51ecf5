"""Files that arrive while the daemon is killed: each starts one run, none is lost."""

import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemons import LiveDaemon
from tests.support.stores import expect_sound
from tests.support.waiting import wait_until
from trainautod.failpoints import VARIABLE

FILES = 300
KILLS = 3
NEVER = "steps: [{id: a, when: 1 == 2, run: 'true'}]\n"


def arrived(home: Path) -> Counter[str]:
    """How often each file is among those of a run, while no daemon holds the home."""
    with closing(sqlite3.connect(home / "store.db")) as store:
        rows = store.execute(
            "SELECT json_each.value FROM runs, json_each(runs.trigger, '$.files')"
        ).fetchall()
        claimed = store.execute("SELECT count(*) FROM arrivals").fetchone()[0]
    found = Counter(name for (name,) in rows)
    assert claimed == found.total()
    return found


def count_of(live: LiveDaemon) -> int:
    """How many files are among those of a run."""
    return sum(each["data"]["count"] for each in told(live, "data_arrived"))


def told(live: LiveDaemon, kind: str) -> list[Any]:
    """Every event of a kind."""
    found: list[Any] = []
    while page := live.client.event_page(found[-1]["seq"] if found else 0, kind=kind)["events"]:
        found += page
    return found


@pytest.mark.slow
def test_each_file_of_bursts_starts_once_whatever_kills_the_daemon(
    dormant: LiveDaemon, tmp_path: Path
) -> None:
    pipeline = tmp_path / "drop.yaml"
    pipeline.write_text(f"name: drop\non: {{data: {{path: in, settle: 0}}}}\n{NEVER}")
    live, names = dormant.start(), [f"in/{n % 3}/{n:03}.csv" for n in range(FILES)]
    live.client.add_pipeline(str(pipeline))
    bursts = iter(_bursts(tmp_path, names))
    for _ in range(KILLS):
        for _ in range(FILES // KILLS // 15):
            next(bursts)
        live.kill()
        next(bursts)
        live.start()
    for _ in bursts:
        pass
    wait_until(lambda: count_of(live) >= FILES, "every file to have its run")
    live.stop()

    assert arrived(live.home) == dict.fromkeys(names, 1)
    expect_sound(live.home)


def _bursts(folder: Path, names: list[str]) -> Iterator[None]:
    """Write some of the files at a time, in place or under another name first."""
    left = random.sample(names, len(names))
    while left:
        for _ in range(min(len(left), random.randint(1, 20))):
            path = folder / left.pop()
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.with_suffix(random.choice([".csv", ".tmp"]))
            aside.write_text(path.name)
            aside.rename(path)
        yield


@pytest.mark.slow
@pytest.mark.parametrize("passes", range(3))
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_crash_around_any_commit_neither_loses_nor_repeats_a_file(
    dormant: LiveDaemon, tmp_path: Path, side: str, passes: int
) -> None:
    (tmp_path / "in").mkdir()
    pipeline = tmp_path / "drop.yaml"
    pipeline.write_text(f"name: drop\non: {{data: {{path: in, settle: 0}}}}\n{NEVER}")
    live = dormant.start()
    live.client.add_pipeline(str(pipeline))
    live.stop()
    (tmp_path / "in" / "a.csv").write_text("1")
    live.launch({VARIABLE: f"store.commit.{side}={passes}*off->crash"})
    dropping = threading.Thread(target=(tmp_path / "in" / "b.csv").write_text, args=("1",))
    dropping.start()
    assert live.wait_for_death() == 137
    dropping.join()

    live.start()
    wait_until(lambda: count_of(live) >= 2, "both files to have their run")
    live.stop()

    assert arrived(live.home) == {"in/a.csv": 1, "in/b.csv": 1}


@pytest.mark.slow
def test_a_step_is_given_the_files(fresh: LiveDaemon, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a b.csv").write_text("one\n")
    (tmp_path / "in" / "c.csv").write_text("two\n")
    pipeline = tmp_path / "given.yaml"
    pipeline.write_text(
        "name: given\n"
        "on: {data: {path: in/*.csv, settle: 0}}\n"
        "steps:\n"
        "  - {id: all, run: 'cat {{trigger.files}}', inputs: '{{trigger.files}}'}\n"
        "  - id: each\n"
        "    foreach: {file: trigger.files}\n"
        "    inputs: ['{{file}}']\n"
        "    run: cat {{file}}\n"
    )
    fresh.client.add_pipeline(str(pipeline))
    runs: Any = wait_until(lambda: fresh.client.runs("given")["runs"], "a run")
    run = fresh.finish(runs[0]["run_id"])

    assert run["status"] == "succeeded", run["error"]
    assert run["trigger"]["files"] == ["in/a b.csv", "in/c.csv"]
    assert fresh.client.log(run["run_id"], "all").data == b"one\ntwo\n"
    assert len([step for step in run["steps"] if step["id"].startswith("each[")]) == 2


@pytest.mark.slow
def test_by_hand_there_are_no_files_and_the_error_says_what_to_do(
    fresh: LiveDaemon, tmp_path: Path
) -> None:
    pipeline = tmp_path / "given.yaml"
    pipeline.write_text("name: g\nsteps: [{id: a, run: 'cat {{trigger.files}}'}]\n")

    run = fresh.run(pipeline)

    assert run["status"] == "failed"
    assert "only a run that a data trigger starts has it" in run["error"]["message"]
    assert "when: trigger.kind == 'data'" in run["error"]["message"]
