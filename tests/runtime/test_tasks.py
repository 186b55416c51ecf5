"""A run's task that fails costs nothing but time, or ends its step or run with a reason."""

import asyncio
import errno
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.test_conductor import Heard, SteppedClock, tell, wait_for
from tests.support.clocks import VirtualClock
from trainautod import failpoints
from trainautod.lineage.runs import run_document
from trainautod.runtime.catalog import read_source
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.registrations import Documents
from trainautod.runtime.submission import RunRequest
from trainautod.runtime.tasks import LONGEST_PAUSE_S, RunTasks

TEXT = "name: one\nsteps:\n  - {id: a, run: 'sleep 60', stop: {grace: 1s}}\n"
SHORT = "name: one\nsteps:\n  - {id: a, run: 'true'}\n  - {id: b, run: 'true', needs: a}\n"


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")


async def documents(heard: Heard) -> AsyncIterator[dict[str, Any]]:
    while (event := await heard.get()) is not None:
        yield event


async def event(heard: Heard, kind: str) -> dict[str, Any]:
    return await anext(found async for found in documents(heard) if found["kind"] == kind)


async def document(daemon: Daemon, run_id: str) -> dict[str, Any]:
    return await daemon.store.read(lambda c: run_document(c, run_id))


def test_a_stop_that_fails_for_want_of_files_is_tried_until_it_works(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(TEXT)

    async def story(daemon: Daemon, clock: SteppedClock) -> None:
        with daemon.hub.listen() as heard:
            run_id = await daemon.runs.submit(read_source(file), RunRequest())
            await wait_for(heard, "slots_granted")
            failpoints.arm("execution.stop.before_file=error(EMFILE)")
            await daemon.runs.cancel(run_id, "me")
            died = await event(heard, "task_died")
            failpoints.arm("")
            clock.advance(1)
            await wait_for(heard, "attempt_finished")
        assert died["data"]["task"] == f"stop of a of {run_id}"
        assert "OSError" in died["data"]["error"]
        assert (await document(daemon, run_id))["status"] == "cancelled"

    tell(tmp_path / "home", story)


def test_a_step_whose_resolving_dies_fails_with_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(SHORT)

    async def story(daemon: Daemon, _clock: SteppedClock) -> None:
        failpoints.arm("resolve.before_verdict=error(EIO)")
        with daemon.hub.listen() as heard:
            run_id = await daemon.runs.submit(read_source(file), RunRequest())
            await wait_for(heard, "step_resolved")
            died = await event(heard, "task_died")
        run = await document(daemon, run_id)
        assert died["data"]["task"] == f"resolving a of {run_id}"
        assert [step["status"] for step in run["steps"]] == ["failed", "skipped"]
        assert "step a: internal error OSError" in run["error"]["message"]

    tell(tmp_path / "home", story)


def test_a_run_whose_attempt_cannot_be_recorded_fails_and_frees_its_slots(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(SHORT)

    async def story(daemon: Daemon, _clock: SteppedClock) -> None:
        failpoints.arm("attempt.before_record=error(EIO)")
        with daemon.hub.listen() as heard:
            run_id = await daemon.runs.submit(read_source(file), RunRequest())
            await wait_for(heard, "run_given_up")
        run = await document(daemon, run_id)
        assert run["status"] == "failed"
        assert "submit it anew" in run["error"]["message"]
        assert daemon.conductor.slots.usage()["cpus"]["used"] == 0

    tell(tmp_path / "home", story)


class Unwilling:
    """Work that fails a number of times first."""

    def __init__(self, failures: int) -> None:
        self.left = failures

    async def work(self) -> None:
        if self.left:
            self.left -= 1
            raise OSError(errno.EMFILE, "Too many open files")


def test_what_must_not_be_given_up_is_told_once_and_tried_ever_less_often() -> None:
    clock = VirtualClock(datetime(2013, 7, 10, tzinfo=UTC))
    died: list[str] = []
    unwilling = Unwilling(20)

    async def story() -> None:
        tasks = RunTasks(clock, lambda name, error: died.append(f"{name}: {error}"))
        tasks.insist("stop", unwilling.work)
        await clock.advance(timedelta(seconds=LONGEST_PAUSE_S * 2))
        await tasks.close()

    asyncio.run(story())
    assert (unwilling.left, died) == (10, ["stop: [Errno 24] Too many open files"])


def test_a_task_that_dies_is_told_by_name_and_acted_on() -> None:
    told: list[str] = []

    async def die() -> None:
        raise ValueError("why")

    async def story() -> None:
        tasks = RunTasks(SteppedClock(), lambda name, _: told.append(name))
        tasks.start("thing", die(), died=lambda error: told.append(str(error)))
        async with asyncio.timeout(10):
            while len(told) < 2:
                await asyncio.sleep(0)

    asyncio.run(story())
    assert told == ["thing", "why"]


def test_nothing_begins_while_or_after_it_is_closed() -> None:
    """As an answer that comes on while a daemon ends; its loop would not see it through."""
    told: list[str] = []

    async def begin(text: str) -> None:
        told.append(text)

    async def story() -> None:
        tasks = RunTasks(SteppedClock(), lambda name, _: told.append(name))

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                tasks.start("follow", begin("follow"), died=lambda error: None)

        tasks.start("first", work(), died=lambda error: None)
        await asyncio.sleep(0)
        await tasks.close()
        tasks.insist("late", lambda: begin("late"))
        await asyncio.sleep(0)

    asyncio.run(story())
    assert told == []


def test_a_run_that_is_stored_starts_although_its_submitter_is_cancelled(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(SHORT)

    async def story(daemon: Daemon, _clock: SteppedClock) -> None:
        loop, gone = asyncio.get_running_loop(), threading.Event()

        def leave() -> None:
            submitter.cancel()
            loop.call_soon(gone.set)

        def claim(_connection: object, _run_id: str) -> Documents:
            loop.call_soon_threadsafe(leave)
            assert gone.wait(10)
            return []

        with daemon.hub.listen() as heard:
            submission = daemon.runs.submit(read_source(file), RunRequest(), claim)
            submitter = asyncio.create_task(submission)
            with pytest.raises(asyncio.CancelledError):
                await submitter
            await wait_for(heard, "run_submitted")
            await wait_for(heard, "step_resolved")

    tell(tmp_path / "home", story)
