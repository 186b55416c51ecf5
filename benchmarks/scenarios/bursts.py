"""Files that are dropped in bursts while the daemon is killed: each starts one run, none is missed.

A question of correctness at full size; how long it takes is told beside it.
"""

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.daemon import Daemon
from benchmarks.errors import NoAnswer
from benchmarks.measure import Measure
from benchmarks.scenario import Context
from benchmarks.table import Kind, Row, Table

FILES, QUICK_FILES = 10_000, 500
KILLS, QUICK_KILLS = 10, 2
BURST = 100  # files at most
DRAIN_S = 300.0
MISSED, DOUBLED, RUNS, SECONDS = "missed", "doubled", "runs", "all given to runs after (s)"


def measure(context: Context) -> Table:
    """Drop the files, kill the daemon between and within bursts, and count."""
    files = context.size(FILES, QUICK_FILES)
    kills = context.size(KILLS, QUICK_KILLS)
    folder, home = context.workspace.folder("drop"), context.workspace.folder("h")
    names = [f"{number % 7}/{number:05}.csv" for number in range(files)]
    waited_s = _drop_and_kill(folder, home, names, kills)
    found = _arrived(home)
    figures = {
        MISSED: sum(found[f"in/{name}"] == 0 for name in names),
        DOUBLED: sum(count - 1 for count in found.values()),
        RUNS: _count(home, "runs"),
        SECONDS: waited_s,
    }
    row = Row(
        subject=f"{files:,} files, {kills} times kill -9",
        kind=Kind.OURS,
        measures={column: Measure((float(value),)) for column, value in figures.items()},
        goals={MISSED: 0, DOUBLED: 0},
        note="the time is from the last file on, the last start of the daemon included",
    )
    return Table("Files that arrive in bursts while the daemon is killed", tuple(figures), [row])


def _drop_and_kill(folder: Path, home: Path, names: list[str], kills: int) -> float:
    (folder / "in").mkdir()
    pipeline = folder / "drop.yaml"
    pipeline.write_text(
        "name: drop\non: {data: {path: in, settle: 0}}\n"
        "steps: [{id: never, when: 1 == 2, run: 'true'}]\n"
    )
    daemon = _started(home)
    try:
        daemon.client.add_pipeline(str(pipeline))
        bursts = list(_bursts(names))
        deaths = set(random.sample(range(len(bursts)), kills))
        for number, burst in enumerate(bursts):
            dies_at = random.randrange(len(burst)) if number in deaths else -1
            for position, name in enumerate(burst):
                _drop(folder / "in" / name)
                if position == dies_at:
                    daemon.kill()
            if number in deaths:
                daemon = _started(home)
            time.sleep(random.random() / 20)
        return _drained_s(daemon, len(names))
    finally:
        daemon.stop()


def _started(home: Path) -> Daemon:
    daemon = Daemon(home)
    daemon.when_accepted(lambda client: client.status())
    return daemon


def _bursts(names: list[str]) -> Iterator[list[str]]:
    left = random.sample(names, len(names))
    while left:
        size = random.randint(1, BURST)
        yield left[:size]
        left = left[size:]


def _drop(path: Path) -> None:
    """Write a file, half of them under another name first."""
    path.parent.mkdir(exist_ok=True)
    aside = path.with_suffix(random.choice((".csv", ".tmp")))
    aside.write_text(path.name)
    aside.rename(path)


def _drained_s(daemon: Daemon, files: int) -> float:
    """Wait until as many files have arrived, and return how long that took."""
    began, seen, last = time.monotonic(), 0, 0
    while time.monotonic() - began < DRAIN_S:
        page = daemon.client.event_page(last, kind="data_arrived")["events"]
        seen += sum(event["data"]["count"] for event in page)
        last = page[-1]["seq"] if page else last
        if seen >= files:
            return time.monotonic() - began
        time.sleep(0.05)
    raise NoAnswer(f"of {files} files {seen} arrived within {DRAIN_S:g} s")


def _arrived(home: Path) -> Counter[str]:
    """Return how often each file is among those of a run."""
    with closing(sqlite3.connect(home / "store.db")) as store:
        rows = store.execute(
            "SELECT json_each.value FROM runs, json_each(runs.trigger, '$.files')"
        ).fetchall()
    return Counter(name for (name,) in rows)


def _count(home: Path, table: str) -> int:
    with closing(sqlite3.connect(home / "store.db")) as store:
        found: int = store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return found
