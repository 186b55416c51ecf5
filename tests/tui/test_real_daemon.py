"""The UI on a daemon that runs, is killed under it, and comes back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.daemons import LiveDaemon
from tests.support.gates import Gate
from tests.support.nursery import Nursery
from tests.tui.driving import Driver, app, drive, place, screen, settled, until
from trainauto_tui.client import Client, transport
from trainauto_tui.shell import Options, TrainautoApp
from trainautod.home import read_only_socket_path, socket_path

PIPELINE = """
steps:
  - {{id: first, run: 'echo up; {gate}; echo done; echo 1 > x'}}
  - {{id: second, run: 'cat x', needs: [first]}}
"""


@pytest.fixture
def daemon(tmp_path: Path, nursery: Nursery) -> Iterator[LiveDaemon]:
    """Run a daemon."""
    live = LiveDaemon(tmp_path / "h", nursery).start()
    yield live
    live.kill()


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """Name the file that lets the first step end, in the end it does."""
    gate = Gate(tmp_path / "gate")
    yield gate
    gate.open()


@pytest.fixture
def pipeline(tmp_path: Path, gate: Gate) -> Path:
    """Write a pipeline whose first step waits."""
    file = tmp_path / "waiting.yaml"
    file.write_text(PIPELINE.format(gate=gate))
    return file


def on(live: LiveDaemon, run_id: str, read_only: bool = False) -> TrainautoApp:
    path = read_only_socket_path if read_only else socket_path
    client = Client(transport.unix(path(live.home)))
    return TrainautoApp(client, Options(read_only=read_only, run=run_id))


def shows(pilot: Driver, *texts: str) -> Callable[[], bool]:
    return lambda: all(text in screen(pilot) for text in texts)


def test_a_daemon_killed_under_it_is_told_of_and_comes_back_by_itself(
    daemon: LiveDaemon, pipeline: Path, gate: Gate
) -> None:
    run_id = daemon.submit(pipeline)
    daemon.wait_for_step(run_id, "first", "running")

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, shows(pilot, "first", "running", "up"))
        daemon.kill()
        await until(pilot, shows(pilot, "reconnecting", "first", "up"))  # what was seen stays
        assert "cancel" in place(pilot).pointless()
        await pilot.press("X")
        assert place(pilot).SCOPE == "run"  # nothing was asked
        daemon.start()
        await until(pilot, lambda: app(pilot).session.live)
        gate.open()
        await until(pilot, shows(pilot, "succeeded", "2/2 steps"))

    drive(on(daemon, run_id), script)


def test_a_run_is_cancelled_from_the_screen(daemon: LiveDaemon, pipeline: Path) -> None:
    run_id = daemon.submit(pipeline)
    daemon.wait_for_step(run_id, "first", "running")

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("X")
        await until(pilot, shows(pilot, f"trainauto cancel {run_id}"))
        await pilot.press("enter")  # is no answer
        await pilot.press("y")
        await until(pilot, shows(pilot, "cancelled"))

    drive(on(daemon, run_id), script)
    assert daemon.finish(run_id)["status"] == "cancelled"


def test_read_only_is_enforced_where_the_daemon_is(daemon: LiveDaemon, pipeline: Path) -> None:
    run_id = daemon.submit(pipeline)
    daemon.wait_for_step(run_id, "first", "running")

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, shows(pilot, "read-only", "first"))
        refused: list[str] = []
        app(pilot).session.ask(
            "cancel", lambda c: c.cancel(run_id), lambda _: None, lambda e: refused.append(str(e))
        )
        await until(pilot, lambda: refused)
        assert "read-only" in refused[0]

    drive(on(daemon, run_id, read_only=True), script)
    assert daemon.client.run(run_id)["status"] == "running"
