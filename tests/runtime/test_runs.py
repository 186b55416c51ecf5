"""What is recorded of the folder that a run's code comes from."""

import asyncio
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.runtime.test_conductor import SteppedClock, tell, wait_for
from tests.support.gates import Gate
from trainautod.lineage.environments import read_manifest
from trainautod.lineage.queries import sql
from trainautod.runtime.catalog import read_source
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.submission import RunRequest

AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.org")


def commit(folder: Path, message: str) -> str:
    """Commit whatever is there; return the commit."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(folder), *AUTHOR, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", message)
    return git("rev-parse", "HEAD")


def commit_of(connection: sqlite3.Connection, run_id: str) -> str | None:
    """The commit that a run is recorded with, so far."""
    row = connection.execute(sql("run_row"), {"run_id": run_id}).fetchone()
    found = read_manifest(connection, row["environment"] or "")
    return None if found is None else str(found["git"]["commit"])


async def recorded(daemon: Daemon, run_id: str, wanted: str) -> None:
    """Wait until a run is recorded with a commit."""
    while await daemon.store.read(lambda c: commit_of(c, run_id)) != wanted:
        await asyncio.sleep(0.01)


def test_the_commit_is_recorded_by_a_later_daemon_if_need_be_and_anew_by_a_retry(
    tmp_path: Path,
) -> None:
    home, folder, gate = tmp_path / "home", tmp_path / "code", Gate(tmp_path / "gate")
    folder.mkdir()
    file = folder / "one.yaml"
    wait = f"{gate}; exit 1"
    file.write_text(f"name: one\nsteps: [{{id: a, run: '{wait}'}}]\n")
    first = commit(folder, "first")
    runs: list[str] = []

    async def begin(daemon: Daemon, _clock: SteppedClock) -> None:
        with daemon.hub.listen() as heard:
            runs.append(await daemon.runs.submit(read_source(file), RunRequest()))
            await wait_for(heard, "slots_granted")
        await recorded(daemon, runs[0], first)

    async def go_on(daemon: Daemon, _clock: SteppedClock) -> None:
        await recorded(daemon, runs[0], first)
        with daemon.hub.listen() as heard:
            gate.open()
            await wait_for(heard, "attempt_finished")
            (folder / "new.txt").touch()
            second = commit(folder, "second")
            await daemon.runs.retry(runs[0], "me")
            await wait_for(heard, "attempt_finished")
        await recorded(daemon, runs[0], second)

    tell(home, begin)
    with closing(sqlite3.connect(home / "store.db")) as store, store:
        store.execute("UPDATE runs SET environment = NULL")  # as if it had died a moment sooner
    tell(home, go_on)


def test_a_commit_that_cannot_be_recorded_is_told_and_costs_the_run_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    refuse = (
        "CREATE TRIGGER refuse BEFORE UPDATE OF environment ON runs "
        "BEGIN SELECT RAISE(ABORT, 'no environments today'); END"
    )
    file = tmp_path / "one.yaml"
    file.write_text("name: one\nsteps: [{id: a, run: 'true'}]\n")

    async def story(daemon: Daemon, _clock: SteppedClock) -> None:
        await daemon.store.write(lambda c: c.execute(refuse))
        with daemon.hub.listen() as heard:
            run_id = await daemon.runs.submit(read_source(file), RunRequest())
            await wait_for(heard, "attempt_finished")
        while "no environments today" not in caplog.text:
            await asyncio.sleep(0.01)
        (told,) = [r for r in caplog.records if getattr(r, "action", None) == "record_git"]
        assert getattr(told, "task", None) == f"git state of {run_id}"
        await daemon.store.write(lambda c: c.execute("DROP TRIGGER refuse"))

    tell(tmp_path / "home", story)
