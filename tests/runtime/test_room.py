"""Work waits for room on the disk, and nothing else does."""

import asyncio
import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.clocks import VirtualClock
from trainautod.runtime.room import Room, is_lacking

FULL = OSError(errno.ENOSPC, "No space left on device")


class Hungry:
    """Work that fails with the errors it is given, one after the other, and then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def work(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2013, 7, 10, tzinfo=UTC))


@pytest.fixture
def room(tmp_path: Path, clock: VirtualClock) -> Room:
    return Room(tmp_path, clock)


def test_a_full_disk_is_told_from_other_trouble_also_behind_another_error() -> None:
    wrapped = RuntimeError("could not")
    wrapped.__cause__ = FULL

    assert is_lacking(FULL)
    assert is_lacking(OSError(errno.EDQUOT, "quota"))
    assert is_lacking(wrapped)
    assert not is_lacking(OSError(errno.ENOENT, "no file"))
    assert not is_lacking(RuntimeError("no space"))


def test_work_with_room_is_done_once_and_nothing_is_lacking(room: Room) -> None:
    hungry = Hungry()

    assert asyncio.run(room.wait_for(hungry.work)) == "done"
    assert hungry.calls == 1
    assert room.lacking is None


def test_work_without_room_is_tried_until_there_is_some(room: Room, clock: VirtualClock) -> None:
    hungry = Hungry(FULL, FULL)

    async def story() -> str:
        waiting = asyncio.create_task(room.wait_for(hungry.work))
        await clock.settle()
        assert room.lacking is not None
        assert "No space left on device" in room.lacking
        await clock.advance(timedelta(seconds=1))
        assert hungry.calls == 2
        clock.expect(0)
        await clock.advance(timedelta(seconds=1))
        return await waiting

    assert asyncio.run(story()) == "done"
    assert hungry.calls == 3
    assert room.lacking is None


def test_other_trouble_is_raised_at_once(room: Room) -> None:
    hungry = Hungry(ValueError("wrong"))

    with pytest.raises(ValueError, match="wrong"):
        asyncio.run(room.wait_for(hungry.work))
    assert room.lacking is None


def test_work_that_nobody_wants_any_more_is_not_waited_for(room: Room) -> None:
    with pytest.raises(OSError, match="No space"):
        asyncio.run(room.wait_for(Hungry(FULL).work, unless=lambda: True))


def test_who_gives_up_waiting_is_not_counted(room: Room, clock: VirtualClock) -> None:
    async def story() -> None:
        waiting = asyncio.create_task(room.wait_for(Hungry(FULL, FULL).work))
        await clock.settle()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(story())
    assert room.lacking is None
