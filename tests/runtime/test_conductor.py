"""Events that come late, or after one that was lost, change nothing."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.support.gates import Gate
from trainautod.engine.replay import replay
from trainautod.lineage.queries import sql
from trainautod.lineage.runs import run_document
from trainautod.lineage.schema import STORE, prepare
from trainautod.runtime.catalog import read_source
from trainautod.runtime.clock import SystemClock
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.lock import prepare_home
from trainautod.runtime.machine import Config
from trainautod.runtime.slots import Capacity
from trainautod.runtime.submission import RunRequest

TEXT = """
name: flaky
steps:
  - id: flaky
    run: test -e {flag} && sleep 60; exit 1
    retry: {{limit: 5, interval: 60s}}
"""


class SteppedClock:
    """A clock whose time goes on when the test says so."""

    def __init__(self) -> None:
        self._ms = SystemClock().now_ms()
        self._moved = asyncio.Event()

    def now_ms(self) -> int:
        return self._ms

    async def sleep(self, seconds: float) -> None:
        due_ms = self._ms + round(seconds * 1000)
        while self._ms < due_ms:
            await self._moved.wait()

    def advance(self, seconds: int) -> None:
        self._ms += seconds * 1000
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


Story = Callable[[Daemon, SteppedClock], Awaitable[None]]


def tell(home: Path, story: Story) -> None:
    """Run a daemon in this process for the length of a story."""

    async def main() -> None:
        clock = SteppedClock()
        home.mkdir(parents=True, exist_ok=True)
        prepare(home / STORE)
        daemon = Daemon(home, Config(Capacity(2, 1 << 30)), clock, clock.now_ms())
        try:
            async with asyncio.timeout(30):
                await daemon.start()
                await story(daemon, clock)
        finally:
            await daemon.stop()

    prepare_home(home)
    asyncio.run(main())


async def told(daemon: Daemon, run_id: str) -> list[tuple[str, Any]]:
    """The stored events of a run."""
    query = {"run_id": run_id}
    rows = await daemon.store.read(lambda c: c.execute(sql("events_of_run"), query).fetchall())
    return [(row["kind"], json.loads(row["data"])) for row in rows]


Heard = asyncio.Queue[dict[str, Any] | None]


async def wait_for(heard: Heard, kind: str) -> None:
    """Wait for the next event of a kind."""
    while (event := await heard.get()) is not None and event["kind"] != kind:
        pass


def test_the_timer_of_a_cancelled_run_does_not_ring_in_its_retry(tmp_path: Path) -> None:
    flag, file = tmp_path / "flag", tmp_path / "flaky.yaml"
    file.write_text(TEXT.format(flag=flag))

    async def story(daemon: Daemon, clock: SteppedClock) -> None:
        with daemon.hub.listen() as heard:
            run_id = await daemon.runs.submit(read_source(file), RunRequest())
            await wait_for(heard, "attempt_finished")
            await daemon.runs.cancel(run_id, "me")
            await wait_for(heard, "cancel_requested")
            flag.touch()
            await daemon.runs.retry(run_id, "me")
            await wait_for(heard, "slots_granted")
            for _ in range(5):  # the timer sleeps in slices
                clock.advance(20)
                await asyncio.sleep(0.01)
            kinds = [kind for kind, _ in await told(daemon, run_id)]
            assert "retry_due" not in kinds
            assert replay(await told(daemon, run_id)) == daemon.conductor.live[run_id].state
            await daemon.runs.cancel(run_id, "me")
            await wait_for(heard, "attempt_finished")

    tell(tmp_path / "home", story)


HELD = """
name: held
defaults: {{resources: {{cpus: 0.5}}}}
steps:
  - {{id: bad, run: '{gate}'}}
  - {{id: good, run: '{gate}; sleep 0.2'}}
"""
DEFECT = """
CREATE TEMP TRIGGER defect BEFORE UPDATE OF outcome ON attempts WHEN new.step = 'bad'
BEGIN SELECT RAISE(ABORT, 'defect'); END
"""


def test_after_an_event_that_could_not_be_stored_no_other_of_its_run_is(tmp_path: Path) -> None:
    gate, file = Gate(tmp_path / "gate"), tmp_path / "held.yaml"
    file.write_text(HELD.format(gate=gate))

    async def story(daemon: Daemon, _clock: SteppedClock) -> None:
        with daemon.hub.listen() as heard:
            run_id = await daemon.runs.submit(read_source(file), RunRequest())
            for _ in range(2):
                await wait_for(heard, "slots_granted")
            await daemon.store.write(lambda c: c.execute(DEFECT))
            context, stored = daemon.conductor.live[run_id], threading.Event()
            daemon.store.submit(lambda _connection: stored.wait(20))  # all that comes waits
            gate.open()
            while context.state.unfinished:  # both have ended, neither is stored
                await asyncio.sleep(0.01)
            stored.set()
            await wait_for(heard, "run_given_up")
        run = await daemon.store.read(lambda c: run_document(c, run_id))
        assert (run["status"], "defect" in run["error"]["message"]) == ("failed", True)
        assert [step["status"] for step in run["steps"]] == ["cancelled", "cancelled"]

    tell(tmp_path / "home", story)
