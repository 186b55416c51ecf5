"""Attempts on a machine that lacks something for a while, and attempts stopped too early to run."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.runtime.test_conductor import SteppedClock, tell, told, wait_for
from tests.support.descriptors import descriptors_left
from tests.support.gates import Gate
from trainautod import engine, failpoints
from trainautod.engine import Adopt, Launch, Running
from trainautod.runtime.catalog import read_source
from trainautod.runtime.context import RunContext
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.room import RETRY_S
from trainautod.runtime.submission import RunRequest


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")


def pipeline(folder: Path, command: str) -> Path:
    path = folder / "one.yaml"
    path.write_text(f"name: one\nsteps: [{{id: a, run: '{command}'}}]\n")
    return path


async def outcome(daemon: Daemon, run_id: str) -> str:
    (finished,) = [data for kind, data in await told(daemon, run_id) if kind == "attempt_finished"]
    return str(finished["outcome"])


async def wait_for_action(caplog: pytest.LogCaptureFixture, action: str) -> None:
    while all(getattr(r, "action", None) != action for r in caplog.records):
        await asyncio.sleep(0.01)


def runs(context: RunContext, step: str) -> bool:
    return isinstance(context.state.states[step], Running)


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("point", ["attempt.before_sandbox", "artifacts.collect.before"])
def test_a_disk_that_is_full_for_a_while_fails_no_step(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, point: str
) -> None:
    file = pipeline(tmp_path, "echo x > x")

    async def story(daemon: Daemon, clock: SteppedClock) -> None:
        failpoints.arm(f"{point}=error(ENOSPC)")
        with daemon.hub.listen() as heard:
            run_id = await daemon.runs.submit(read_source(file), RunRequest())
            await wait_for_action(caplog, "no_room")
            failpoints.arm("")
            clock.advance(round(RETRY_S) + 1)
            await wait_for(heard, "attempt_finished")
        assert await outcome(daemon, run_id) == "succeeded"

    tell(tmp_path / "home", story)


def test_a_cancel_ends_the_wait_for_room(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = pipeline(tmp_path, "echo x > x")

    async def story(daemon: Daemon, clock: SteppedClock) -> None:
        failpoints.arm("artifacts.collect.before=error(ENOSPC)")
        with daemon.hub.listen() as heard:
            run_id = await daemon.runs.submit(read_source(file), RunRequest())
            await wait_for_action(caplog, "no_room")
            await daemon.runs.cancel(run_id, "me")
            clock.advance(round(RETRY_S) + 1)
            await wait_for(heard, "attempt_finished")
        assert await outcome(daemon, run_id) == "failed"
        assert daemon.conductor.live == {}

    tell(tmp_path / "home", story)


def test_what_is_stopped_before_it_has_a_directory_does_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    file = pipeline(tmp_path, f"touch {ran}")

    async def story(daemon: Daemon, _clock: SteppedClock) -> None:
        with daemon.hub.listen() as heard:
            run_id = await daemon.runs.submit(read_source(file), RunRequest())
            assert not daemon.attempts.directory(run_id, "a", 1).exists()
            await daemon.attempts.stop(run_id, "a", 1)
            await wait_for(heard, "attempt_finished")
        assert await outcome(daemon, run_id) == "stopped"

    tell(tmp_path / "home", story)
    assert not ran.exists()


def test_a_lack_of_descriptors_does_not_end_the_wait_for_a_living_process(tmp_path: Path) -> None:
    gate, ran = Gate(tmp_path / "gate"), tmp_path / "ran"
    file = pipeline(tmp_path, f"echo ran >> {ran}; {gate}")

    async def story(daemon: Daemon, clock: SteppedClock) -> None:
        with daemon.hub.listen() as heard:
            run_id = await daemon.runs.submit(read_source(file), RunRequest())
            context = daemon.conductor.live[run_id]
            await until(ran.exists)
            with descriptors_left(0):
                await until(lambda: daemon.room.lacking or not runs(context, "a"))
                assert runs(context, "a")
            gate.open()
            clock.advance(round(RETRY_S) + 1)
            await wait_for(heard, "attempt_finished")
        assert await outcome(daemon, run_id) == "succeeded"

    tell(tmp_path / "home", story)
    assert ran.read_text() == "ran\n"


def test_an_attempt_is_not_taken_over_before_it_can_be_looked_at(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gate, ran = Gate(tmp_path / "gate"), tmp_path / "ran"
    file = pipeline(tmp_path, f"echo ran >> {ran}; {gate}")

    async def story(daemon: Daemon, clock: SteppedClock) -> None:
        with daemon.hub.listen() as heard:
            run_id = await daemon.runs.submit(read_source(file), RunRequest())
            context = daemon.conductor.live[run_id]
            await until(ran.exists)
            (effect,) = engine.resume(context.state)
            assert isinstance(effect, Launch | Adopt)
            with descriptors_left(0):
                taking_over = asyncio.create_task(
                    daemon.attempts.run(context, effect, asyncio.Event())
                )
                await until(lambda: "claim.json" in caplog.text or taking_over.done())
            gate.open()
            clock.advance(round(RETRY_S) + 1)
            assert (await taking_over).event.outcome == "succeeded"
            await wait_for(heard, "attempt_finished")

    tell(tmp_path / "home", story)
    assert ran.read_text() == "ran\n"
