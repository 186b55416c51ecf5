"""A daemon in this process, whose clock the test moves, with one scheduled pipeline."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.clocks import VirtualClock
from tests.support.waiting import PATIENCE_S
from trainautod.engine import Needs
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.machine import Config
from trainautod.runtime.slots import Capacity
from trainautod.runtime.timetable import instant


class Shop:
    """A home with one scheduled pipeline, and its daemon in this process.

    Its only step is never due, so that runs end by themselves and start no process; those of an
    ``occupied`` shop wait for CPUs until they are cancelled.
    """

    def __init__(self, root: Path, clock: VirtualClock) -> None:
        self.clock = clock
        self.clock.busy = self._runs  # time that passes before a run ends makes the next one late
        self.home = root / "home"
        self.path = root / "nightly.yaml"
        self.daemon: Daemon
        self._running: asyncio.Task[None]
        (self.home / "objects").mkdir(parents=True)
        (root / "step.sh").write_text("true\n")
        self.occupied = False
        self._edits = 0

    def _runs(self) -> bool:
        return not self.occupied and bool(self.daemon.conductor.live)

    async def start(self) -> None:
        """Start what fires schedules."""
        config = Config(Capacity(cpus=2, memory_bytes=1 << 30))
        self.daemon = Daemon(self.home, config, self.clock, self.clock.now_ms())
        if self.occupied:
            self.daemon.conductor.slots.request(
                ("elsewhere", "a"), Needs(cpus=2, gpus=0, memory_bytes=0)
            )
            self.daemon.conductor.slots.grant()
        await self.daemon.catalog.load()
        await self.daemon.runs.recover()
        self._running = asyncio.create_task(self.daemon.scheduler.run())
        await self.clock.settle()

    async def stop(self) -> None:
        """Stop it, however far it is."""
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running
        await self.daemon.conductor.close()
        self.daemon.store.close()

    async def schedule(self, cron: str, zone: str = "UTC", **keys: str) -> None:
        """Write the pipeline file, and have it read."""
        self._edits += 1
        more = "".join(f", {key}: {value}" for key, value in keys.items())
        when = "" if self.occupied else "when: 1 == 2, "
        self.path.write_text(
            f"name: nightly\ndescription: version {self._edits}\n"
            f"schedule: {{cron: '{cron}', timezone: {zone}{more}}}\n"
            f"steps: [{{id: a, {when}run: sh step.sh}}]\n"
        )
        await self.daemon.catalog.add(self.path)
        await self.clock.settle()

    async def nights(self, count: int) -> None:
        """Let nights pass, from midnight to four; the days between are slept over."""
        night = self.clock.now
        for day in range(count):
            # Python's sum moves the hands of the clock, which is what a night is about.
            self.clock.set(night + timedelta(days=day))
            await self.clock.advance(timedelta(hours=4))

    def slots(self) -> list[tuple[datetime, str]]:
        """Return each slot that was claimed, with the run it was claimed for."""
        with contextlib.closing(sqlite3.connect(self.home / "store.db")) as store:
            rows = store.execute(
                "SELECT slot_ms, run_id FROM slots WHERE state = 'fired' ORDER BY slot_ms"
            ).fetchall()
        return [(datetime.fromtimestamp(slot_ms / 1000, UTC), run_id) for slot_ms, run_id in rows]

    def runs(self) -> dict[str, datetime]:
        """Return the scheduled time of each run, by run id."""
        with contextlib.closing(sqlite3.connect(self.home / "store.db")) as store:
            rows = store.execute("SELECT run_id, scheduled_time, trigger FROM runs").fetchall()
        assert all('"kind": "cron"' in trigger for _, _, trigger in rows)
        return {run_id: datetime.fromisoformat(when) for run_id, when, _ in rows}

    def fired(self) -> list[datetime]:
        """Return the slots that fired; each has one run of its own, for that very time."""
        slots, runs = self.slots(), self.runs()
        assert {run_id for _, run_id in slots} == set(runs)
        assert len(runs) == len(slots)
        assert all(runs[run_id] == slot for slot, run_id in slots)
        return sorted(slot for slot, _ in slots)

    async def sleep_until(self, moment: datetime) -> None:
        """Suspend the machine, as a lid does, and notice that it is awake."""
        self.clock.set(moment)
        await self.clock.advance(timedelta(seconds=15))

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something holds that threads of the daemon bring about."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.002)

    async def end_run(self, hour: int) -> None:
        """End the run of a slot."""
        (run_id,) = [r for slot, r in self.slots() if slot.hour == hour]
        await self.daemon.runs.cancel(run_id, "test")

    def states(self) -> dict[str, str]:
        """Return what became of each slot, by its time of day."""
        rows = self.ask("SELECT slot_ms, state FROM slots ORDER BY slot_ms")
        return {f"{instant(slot_ms):%d %H:%M}": state for slot_ms, state in rows}

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Return what events of a kind carry, in order."""
        query = f"SELECT data FROM events WHERE kind = '{kind}' ORDER BY seq"
        return [json.loads(data) for (data,) in self.ask(query)]

    def ask(self, query: str) -> list[Any]:
        """Ask the store, as a person with a shell would."""
        with contextlib.closing(sqlite3.connect(self.home / "store.db")) as store:
            return store.execute(query).fetchall()


Story = Callable[[Shop], Coroutine[Any, Any, None]]
Tell = Callable[[datetime, Story], Shop]


@contextlib.asynccontextmanager
async def opened(shop: Shop) -> AsyncIterator[None]:
    """Run a shop's daemon."""
    await shop.start()
    try:
        yield
    finally:
        await shop.stop()
