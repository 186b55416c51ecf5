"""The daemon: its parts put together, started, and let go."""

import asyncio
import logging
import os
import socket
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import trainautod
from trainautod.artifacts.digest import Digester
from trainautod.artifacts.objects import ObjectStore
from trainautod.artifacts.statcache import StatCache
from trainautod.engine import Running, Stopping
from trainautod.execution.local import LocalExecutor
from trainautod.lineage import Store, events
from trainautod.lineage.errors import LineageError
from trainautod.lineage.queries import sql
from trainautod.lineage.schema import MIGRATIONS, STORE
from trainautod.lineage.times import iso_from_ms
from trainautod.runtime import footprint
from trainautod.runtime.arrivals import Arrivals
from trainautod.runtime.attempts import AttemptRunner
from trainautod.runtime.backfills import Backfills
from trainautod.runtime.catalog import Catalog
from trainautod.runtime.cleaner import Cleaner
from trainautod.runtime.clock import Clock
from trainautod.runtime.conductor import Conductor
from trainautod.runtime.drift import DriftMonitor
from trainautod.runtime.finishing import Finisher
from trainautod.runtime.hub import EventHub
from trainautod.runtime.interpreters import Interpreters
from trainautod.runtime.launching import Launcher
from trainautod.runtime.live import LiveRecords
from trainautod.runtime.machine import Config
from trainautod.runtime.notifier import Notifier
from trainautod.runtime.policies import Policies
from trainautod.runtime.resolver import Resolver
from trainautod.runtime.room import Room
from trainautod.runtime.runs import Runs
from trainautod.runtime.scheduler import Scheduler
from trainautod.runtime.slots import SlotTable
from trainautod.runtime.staleness import Staleness
from trainautod.runtime.supervision import Supervisor
from trainautod.runtime.sweeper import Sweeper

log = logging.getLogger(__name__)

STORE_WATCH_S = 2.0
FAREWELL_S = 1.0
CLEAN_S = 1.0  # for removals at the end; the next daemon sweeps up what is left


class Daemon:
    """Everything that runs in one daemon process; built inside its event loop.

    The store of its home is prepared (``trainautod.lineage.schema.prepare``) when it is made.
    """

    def __init__(self, home: Path, config: Config, clock: Clock, started_ms: int) -> None:
        self.home = home
        self.state = "running"
        self.clock = clock
        self.stopping = asyncio.Event()
        self.failure: BaseException | None = None
        self._config = config
        self._started_ms = started_ms
        self._loop = asyncio.get_running_loop()
        self.store = Store.connect(home / STORE)
        self.store.on_fatal = self._fail_from_thread
        self.hub = EventHub()
        self._stats = StatCache(home / "statcache.db")
        digester = Digester(self._stats)
        self.objects = ObjectStore(home / "objects", digester)
        self.room = Room(home, clock)
        self.executor = LocalExecutor()
        self.resolver = Resolver(
            self.store, self.objects, digester, Interpreters(), config.capacity, clock
        )
        launcher = Launcher(home, self.executor, self.objects, self.resolver, config)
        finisher = Finisher(home, self.objects, self.resolver, clock)
        self.attempts = AttemptRunner(home, self.executor, launcher, finisher, clock, self.room)
        self.live = LiveRecords(self.attempts.directory)
        sweeper = Sweeper(home, self.store, self.attempts.discard)
        self.cleaner = Cleaner(self.attempts, sweeper, clock)
        self.conductor = Conductor(
            self.store,
            self.hub,
            self.resolver,
            self.attempts,
            SlotTable(config.capacity),
            clock,
            self.cleaner,
            self.room,
            self.fail,
            self._tell_defect,
        )
        parallel = max(1, int(config.capacity.cpus))
        self.runs = Runs(self.store, self.objects, self.conductor, clock, parallel)
        self.catalog = Catalog(self.store, self.hub, clock)
        self.scheduler = Scheduler(self.catalog, self.runs, self.store, self.hub, clock)
        self.arrivals = Arrivals(self.catalog, self.runs, self.store, self.hub, clock, digester)
        self.drift = DriftMonitor(self.catalog, self.store, self.hub, clock)
        self.policies = Policies(self.catalog, self.runs, self.store, self.hub, clock)
        self.staleness = Staleness(self.catalog, self.store, self.hub, clock)
        self.backfills = Backfills(self.catalog, self.runs, self.store, self.hub, clock)
        self.notifier = Notifier(
            home,
            self.store,
            self.catalog,
            self.hub,
            clock,
            config.telling,
            self.attempts.directory,
        )
        self.supervisor = Supervisor(self._tell_death)
        self._telling: set[asyncio.Future[None]] = set()

    async def start(self) -> None:
        """Take over what an earlier daemon left, then begin to watch and to fire."""
        await self.executor.start()
        await self.catalog.load()
        adopted = await self.runs.recover()
        self.supervisor.watch("pipeline files", self.catalog.watch)
        self.supervisor.watch("scheduler", self.scheduler.run)
        self.supervisor.watch("arrivals", self.arrivals.run)
        self.supervisor.watch("drift", self.drift.run)
        self.supervisor.watch("policies", self.policies.run)
        self.supervisor.watch("model staleness", self.staleness.run)
        self.supervisor.watch("backfills", self.backfills.run)
        self.supervisor.watch("cleaner", self.cleaner.run)
        self.supervisor.watch("notifier", self.notifier.run)
        self.supervisor.watch("store watch", self._watch_store)
        await self.tell("daemon_started", {"pid": os.getpid(), "adopted_runs": adopted})
        log.info("daemon started", extra={"action": "start", "adopted_runs": adopted})

    async def until_stopped(self) -> None:
        """Wait until the daemon is to end; tell it to every listener, and let them go."""
        await self.stopping.wait()
        self.state = "stopping"
        log.info("daemon stops", extra={"action": "stop", "live": len(self.conductor.live)})
        if self.failure is None:
            with suppress(TimeoutError, LineageError):  # a full disk must not keep us
                async with asyncio.timeout(FAREWELL_S):
                    await self.tell("daemon_stopping", {"live_runs": sorted(self.conductor.live)})
        self.hub.close()

    async def stop(self) -> None:
        """Let go: attempts live on under their shims, the store is closed cleanly."""
        try:
            await self.supervisor.close()
            await self.conductor.close()
            await self.executor.close()
            # Not on other threads: those may all be busy with files of any size.
            self.cleaner.clean(CLEAN_S)
        finally:
            self.store.close()
            self._stats.close()

    def fail(self, error: BaseException) -> None:
        """End the daemon: what it holds in memory may no longer be what the store holds."""
        log.critical("daemon fails", exc_info=error, extra={"action": "fail"})
        self.failure = error
        self.stopping.set()

    async def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Store and publish an event of the daemon itself."""
        at_ms = self.clock.now_ms()
        work = lambda c: events.append(c, kind=kind, at_ms=at_ms, data=data)  # noqa: E731
        self.hub.publish(await self.store.write(work))

    def identity(self) -> dict[str, Any]:
        """Return who this daemon is."""
        return {
            "pid": os.getpid(),
            "version": trainautod.__version__,
            "home": str(self.home),
            "started_at": iso_from_ms(self._started_ms),
        }

    async def status(self) -> dict[str, Any]:
        """Return the status document."""
        counts, last = await self.store.read(_counts)
        degraded = self._degraded()
        return {
            **self.identity(),
            "state": "degraded" if degraded and self.state == "running" else self.state,
            "detail": degraded,
            "pipelines": len(self.catalog.entries) + len(self.catalog.unread),
            "runs": {"queued": counts.get("queued", 0), "running": counts.get("running", 0)},
            "slots": self.conductor.slots.usage(),
            "tasks": self.supervisor.describe(),
            "store": {
                "path": str(self.store.path),
                "size_bytes": self.store.path.stat().st_size,
                "events": last,
                "sqlite_version": sqlite3.sqlite_version,
                "schema": MIGRATIONS[-1],
            },
            "last_event": last,
            "host": socket.gethostname(),
            "cpu_s": footprint.cpu_s(),
            "memory_bytes": footprint.memory_bytes(),
            "disk": footprint.disk(self.home),
            "leases": self._leases(),
            "undelivered": await self.notifier.delivery.undelivered(),
        }

    def _leases(self) -> list[dict[str, Any]]:
        """Return what each attempt holds of the machine."""
        held = []
        for (run_id, step), lease in self.conductor.slots.leases.items():
            state = self.conductor.live[run_id].state.states[step]
            if isinstance(state, Running | Stopping):
                holder = {"run_id": run_id, "step": step, "attempt": state.work.attempts}
                needs = {"cpus": lease.needs.cpus, "memory_bytes": lease.needs.memory_bytes}
                held.append({**holder, **needs, "gpus": list(lease.gpus)})
        return held

    async def _watch_store(self) -> None:
        """Tell when the disk was full, once there is room to tell it; save what was digested."""
        before: str | None = None
        while True:
            await self.clock.sleep(STORE_WATCH_S)
            degraded = self._degraded()
            await asyncio.to_thread(self._stats.flush)
            if before and not degraded:
                await self.tell("store_recovered", {"was": before})
            before = degraded

    def _degraded(self) -> str | None:
        return self.store.degraded or self.room.lacking

    def _tell_death(self, name: str, error: str) -> None:
        task = asyncio.ensure_future(self.tell("task_died", {"task": name, "error": error}))
        self._telling.add(task)
        task.add_done_callback(self._told)

    def _told(self, task: "asyncio.Future[None]") -> None:
        self._telling.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("a death was not told", exc_info=error, extra={"action": "task_died"})

    def _tell_defect(self, name: str, error: BaseException) -> None:
        self._tell_death(name, f"{type(error).__name__}: {error}")

    def _fail_from_thread(self, error: BaseException) -> None:
        self._loop.call_soon_threadsafe(self.fail, error)


def _counts(connection: sqlite3.Connection) -> tuple[dict[str, int], int]:
    rows = connection.execute(sql("run_counts")).fetchall()
    return {row["status"]: row["count"] for row in rows}, events.last(connection)
