"""The machine's clock."""

import asyncio
import time

from trainautod.runtime.clock import Clock, SystemClock


def test_it_tells_unix_milliseconds() -> None:
    clock: Clock = SystemClock()
    before = time.time() * 1000
    now_ms = clock.now_ms()
    assert before - 1 <= now_ms <= time.time() * 1000
    assert isinstance(now_ms, int)


def test_sleeping_lets_others_work() -> None:
    async def story() -> list[str]:
        clock, told = SystemClock(), []

        async def sleeper() -> None:
            await clock.sleep(0.02)
            told.append("awake")

        task = asyncio.create_task(sleeper())
        await asyncio.sleep(0)
        told.append("working")
        await task
        return told

    assert asyncio.run(story()) == ["working", "awake"]
