"""Removals at the end of a daemon hinder neither one another nor the store's closing."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.test_conductor import SteppedClock, tell
from trainautod import failpoints
from trainautod.lineage.errors import StoreClosed
from trainautod.lineage.results import AttemptRef
from trainautod.runtime.daemon import Daemon


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")


def test_two_threads_that_clean_at_once_get_in_no_way_of_each_other(tmp_path: Path) -> None:
    async def story(daemon: Daemon, _clock: SteppedClock) -> None:
        failpoints.arm("cleaner.before_removal=delay(50)")
        for number in range(3):
            daemon.cleaner.later(AttemptRef("run", "a", number))
        await asyncio.gather(*(asyncio.to_thread(daemon.cleaner.clean) for _ in range(2)))

    tell(tmp_path / "home", story)


def test_a_removal_that_fails_at_the_end_leaves_no_store_open(tmp_path: Path) -> None:
    daemons: list[Daemon] = []

    async def story(daemon: Daemon, _clock: SteppedClock) -> None:
        daemons.append(daemon)
        failpoints.arm("cleaner.before_removal=error(EIO)")
        daemon.cleaner.later(AttemptRef("run", "a", 1))

    with pytest.raises(OSError, match=r"cleaner\.before_removal"):
        tell(tmp_path / "home", story)
    (daemon,) = daemons
    assert isinstance(daemon.store.submit(lambda _: None).exception(), StoreClosed)
