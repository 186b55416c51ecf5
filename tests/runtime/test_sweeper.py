"""No sandbox of a step that succeeded outlives the daemons for long."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.test_conductor import SteppedClock, tell, wait_for
from trainautod import failpoints
from trainautod.runtime.catalog import read_source
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.submission import RunRequest
from trainautod.runtime.sweeper import MARKER

TEXT = """
name: one
steps:
  - {id: good, run: echo x > x}
  - {id: bad, run: 'mkdir d; chmod a-w d; exit 3'}
"""


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")


def leave_sandboxes(home: Path) -> None:
    """Have a daemon record two attempts, and not live to remove a sandbox."""
    file = home.parent / "one.yaml"
    file.write_text(TEXT)

    async def story(daemon: Daemon, _clock: SteppedClock) -> None:
        with daemon.hub.listen() as heard:
            await daemon.runs.submit(read_source(file), RunRequest())
            await wait_for(heard, "attempt_finished")
            await wait_for(heard, "attempt_finished")
        failpoints.arm("cleaner.before_removal=error(EIO)")

    with pytest.raises(OSError, match=r"cleaner\.before_removal"):
        tell(home, story)
    failpoints.arm("")


def sandboxes(home: Path) -> set[str]:
    return {path.parent.parent.name for path in home.glob("runs/*/*/*/sandbox")}


async def until_swept(home: Path, seq: int) -> None:
    def swept() -> int:
        text = (home / MARKER).read_text() if (home / MARKER).exists() else ""
        return int(text) if text.isdigit() else 0

    while swept() < seq:
        await asyncio.sleep(0.01)


def last_event(home: Path) -> int:
    with sqlite3.connect(home / "store.db") as store:
        (seq,) = store.execute("SELECT max(seq) FROM events").fetchone()
    store.close()
    return int(seq)


def start_again(home: Path) -> None:
    seq = last_event(home)

    async def story(_daemon: Daemon, _clock: SteppedClock) -> None:
        await until_swept(home, seq)

    tell(home, story)


def test_the_next_daemon_removes_what_the_last_one_did_not_and_keeps_what_failed(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    leave_sandboxes(home)
    assert sandboxes(home) == {"good", "bad"}
    start_again(home)
    assert sandboxes(home) == {"bad"}


def test_a_sweep_begins_where_the_last_one_ended(tmp_path: Path) -> None:
    home = tmp_path / "home"
    leave_sandboxes(home)
    (home / MARKER).write_text(str(last_event(home)))
    start_again(home)
    assert sandboxes(home) == {"good", "bad"}
    (home / MARKER).write_text("torn")
    start_again(home)
    assert sandboxes(home) == {"bad"}


def test_what_cannot_be_removed_is_tried_by_the_daemon_after(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    leave_sandboxes(home)
    (snapshot,) = home.glob("runs/*/good/1/sandbox.json")
    kept = snapshot.read_text()
    snapshot.write_text("torn")

    async def story(_daemon: Daemon, _clock: SteppedClock) -> None:
        while "a sandbox cannot be removed" not in caplog.text:
            await asyncio.sleep(0.01)

    tell(home, story)
    assert sandboxes(home) == {"good", "bad"}
    snapshot.write_text(kept)
    start_again(home)
    assert sandboxes(home) == {"bad"}
