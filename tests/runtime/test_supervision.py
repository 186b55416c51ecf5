"""Background tasks stay alive, and each death is told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from trainautod.runtime import supervision
from trainautod.runtime.supervision import Supervisor

Story = Callable[[Supervisor], Awaitable[None]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE_S", 0.001)


def tell(story: Story) -> list[tuple[str, str]]:
    """Run a story and return the deaths that were told."""
    deaths: list[tuple[str, str]] = []

    async def main() -> None:
        supervisor = Supervisor(lambda name, error: deaths.append((name, error)))
        async with asyncio.timeout(20):
            await story(supervisor)
            await supervisor.close()

    asyncio.run(main())
    return deaths


def test_a_task_that_lives_is_running() -> None:
    async def story(supervisor: Supervisor) -> None:
        began = asyncio.Event()

        async def work() -> None:
            began.set()
            await asyncio.sleep(3600)

        supervisor.watch("heartbeat", work)
        await began.wait()
        assert supervisor.describe() == [
            {"name": "heartbeat", "state": "running", "restarts": 0, "error": None}
        ]
        await supervisor.close()
        assert supervisor.describe()[0]["state"] == "stopped"

    assert tell(story) == []


def test_a_task_that_fails_is_told_and_starts_again(caplog: pytest.LogCaptureFixture) -> None:
    async def story(supervisor: Supervisor) -> None:
        alive, tries = asyncio.Event(), 0

        async def work() -> None:
            nonlocal tries
            tries += 1
            if tries < 4:
                raise OSError("no inotify watches left")
            alive.set()
            await asyncio.sleep(3600)

        supervisor.watch("files", work)
        await alive.wait()
        (told,) = supervisor.describe()
        assert (told["state"], told["restarts"]) == ("running", 3)
        assert told["error"] == "OSError: no inotify watches left"

    with caplog.at_level(logging.ERROR):
        assert tell(story) == [("files", "OSError: no inotify watches left")] * 3
    assert {getattr(record, "action", None) for record in caplog.records} == {"task_died"}


def test_a_task_that_just_ends_is_told_and_starts_again() -> None:
    async def story(supervisor: Supervisor) -> None:
        alive, tries = asyncio.Event(), 0

        async def work() -> None:
            nonlocal tries
            tries += 1
            if tries > 1:
                alive.set()
                await asyncio.sleep(3600)

        supervisor.watch("scheduler", work)
        await alive.wait()

    assert tell(story) == [("scheduler", "ended without an error")]


def test_one_death_leaves_the_others_alone() -> None:
    async def story(supervisor: Supervisor) -> None:
        steady, tries, often = 0, 0, asyncio.Event()

        async def lives() -> None:
            nonlocal steady
            while True:
                steady += 1
                await asyncio.sleep(0)

        async def dies() -> None:
            nonlocal tries
            tries += 1
            if tries > 3:
                often.set()
            raise RuntimeError("again")

        supervisor.watch("lives", lives)
        supervisor.watch("dies", dies)
        await often.wait()
        assert steady > 3
        assert supervisor.describe()[0]["restarts"] == 0

    assert {name for name, _ in tell(story)} == {"dies"}


def test_pauses_grow_up_to_their_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await real(0)

    monkeypatch.setattr(supervision, "LONGEST_PAUSE_S", 0.005)
    monkeypatch.setattr(asyncio, "sleep", sleep)

    async def story(supervisor: Supervisor) -> None:
        async def dies() -> None:
            raise RuntimeError

        supervisor.watch("dies", dies)
        while len(pauses) < 6:
            await real(0)

    tell(story)
    assert pauses[:6] == [0.001, 0.002, 0.004, 0.005, 0.005, 0.005]


def test_a_teller_that_fails_does_not_end_the_watch() -> None:
    async def main() -> None:
        tries, often = 0, asyncio.Event()

        def on_death(name: str, error: str) -> None:
            raise ValueError(name)

        async def work() -> None:
            nonlocal tries
            tries += 1
            if tries == 3:
                often.set()
            raise RuntimeError

        supervisor = Supervisor(on_death)
        supervisor.watch("dies", work)
        async with asyncio.timeout(20):
            await often.wait()
            await supervisor.close()

    asyncio.run(main())
