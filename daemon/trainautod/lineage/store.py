"""The store's one connection, on its one thread.

SQLite before 3.51.3 can corrupt a WAL that several connections reset, so that there is just one;
reads and writes queue for it. Writes are grouped: everything that waits goes into one transaction.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from trainautod.failpoints import declare, failpoint
from trainautod.lineage.errors import StoreClosed
from trainautod.lineage.schema import prepare

log = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

LAZY_COMMIT_S = 0.004  # a write nobody waits for may share its commit with those that follow
BATCH_LIMIT = 256  # writes in one transaction; a stream without a pause must still commit
FULL_RETRY_S = 1.0  # how often a full disk is tried again
_SQLITE_FULL = 13

declare("store.commit.before", "store.commit.after")


@dataclass(slots=True)
class _Job(Generic[T]):
    work: Work[T]
    done: "Future[T]"
    writes: bool
    urgent: bool


class Store:
    """Runs pieces of work on the connection; write work is atomic and durable when it answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.degraded: str | None = None
        self.on_fatal: Callable[[BaseException], None] = lambda error: None
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="store", daemon=True)
        self._closed = False
        self._connection: sqlite3.Connection

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Open the store, migrated to the current schema.

        Raises:
            LineageError: the store is damaged, too new, or cannot be migrated.
        """
        prepare(path)
        store = cls(path)
        store._connection = _connect(path)
        store._thread.start()
        return store

    def submit(self, work: Work[T], *, writes: bool = False, urgent: bool = True) -> "Future[T]":
        """Queue ``work``; its future answers once it is done and, if it writes, committed.

        Args:
            work: called with the connection, inside a transaction when ``writes``.
            writes: whether it changes anything.
            urgent: false lets the commit wait a few milliseconds for others to share it.
        """
        job: _Job[T] = _Job(work, Future(), writes, urgent)
        if self._closed:
            job.done.set_exception(StoreClosed())
        else:
            self._jobs.put(job)
        return job.done

    async def read(self, work: Work[T]) -> T:
        """Answer a question to the store."""
        return await asyncio.wrap_future(self.submit(work))

    async def write(self, work: Work[T], *, urgent: bool = True) -> T:
        """Change the store; durable when this returns."""
        return await asyncio.wrap_future(self.submit(work, writes=True, urgent=urgent))

    def close(self) -> None:
        """Finish what is queued and close the connection."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()

    def _serve(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - the daemon must not go on without a store
            self.on_fatal(error)
        finally:
            self._connection.close()

    def _work(self) -> None:
        batch: list[tuple[_Job[Any], Any]] = []
        deadline: float | None = None
        open_ended = True
        while open_ended:
            job = self._next(deadline)
            if isinstance(job, _Job) and job.writes:
                deadline = self._apply(batch, job, deadline)
            elif isinstance(job, _Job):
                _answer(job, lambda job=job: job.work(self._connection))  # type: ignore[misc]
            open_ended = job is not None
            if batch and (not open_ended or self._is_over(deadline, len(batch))):
                self._commit(batch)
                batch, deadline = [], None

    def _is_over(self, deadline: float | None, size: int) -> bool:
        due = deadline is None or time.monotonic() >= deadline
        return size >= BATCH_LIMIT or (due and self._jobs.empty())

    def _next(self, deadline: float | None) -> "_Job[Any] | bool | None":
        """Return the next job, None at the end, False when the batch's deadline passed."""
        if deadline is None:
            return self._jobs.get()
        try:
            return self._jobs.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return False

    def _apply(
        self, batch: list[tuple[_Job[Any], Any]], job: _Job[Any], deadline: float | None
    ) -> float | None:
        try:
            if not batch:
                self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("SAVEPOINT job")
            try:
                answer = job.work(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK TO job")
                self._connection.execute("RELEASE job")
                raise
            self._connection.execute("RELEASE job")
        except sqlite3.OperationalError as error:
            if _is_full(error):
                self._hold(batch, job, error)
                return 0.0
            job.done.set_exception(error)
        except Exception as error:  # noqa: BLE001 - the caller gets it
            job.done.set_exception(error)
        else:
            batch.append((job, answer))
        if not batch:
            self._connection.execute("ROLLBACK")
            return None
        wanted = 0.0 if job.urgent else time.monotonic() + LAZY_COMMIT_S
        return wanted if deadline is None else min(deadline, wanted)

    def _commit(self, batch: list[tuple[_Job[Any], Any]]) -> None:
        failpoint("store.commit.before")
        while True:
            try:
                self._connection.execute("COMMIT")
                break
            except sqlite3.OperationalError as error:
                if not _is_full(error):
                    self._fail(batch, error)
                    return
                self._hold(batch, None, error)
                if not batch:
                    return
        failpoint("store.commit.after")
        self._recovered()
        for job, answer in batch:
            job.done.set_result(answer)

    def _hold(
        self, batch: list[tuple[_Job[Any], Any]], job: _Job[Any] | None, error: Exception
    ) -> None:
        """Disk full: keep the writes, answer only reads, and apply them again until they fit."""
        self.degraded = f"{self.path}: {error}; free some space, work goes on by itself"
        log.error("store is full", extra={"action": "store_degraded", "error": str(error)})
        held = [kept for kept, _ in batch] + ([job] if job else [])
        batch.clear()
        later: list[_Job[Any] | None] = []
        while True:
            self._rollback()
            self._read_for(FULL_RETRY_S, later)
            if None in later:
                _refuse(held, StoreClosed(self.degraded))
                break
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                answers = [kept.work(self._connection) for kept in held]
            except sqlite3.OperationalError as again:
                if _is_full(again):
                    continue
                raise
            batch.extend(zip(held, answers, strict=True))
            break
        for waiting in later:
            self._jobs.put(waiting)

    def _read_for(self, seconds: float, later: list[_Job[Any] | None]) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                job = self._jobs.get(timeout=left)
            except queue.Empty:
                return
            if job is None or job.writes:
                later.append(job)
            else:
                _answer(job, lambda job=job: job.work(self._connection))  # type: ignore[misc]

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _recovered(self) -> None:
        if self.degraded is not None:
            log.warning("store has room again", extra={"action": "store_recovered"})
            self.degraded = None

    def _fail(self, batch: list[tuple[_Job[Any], Any]], error: BaseException) -> None:
        """An I/O error at commit leaves the file unknown: never retried, the daemon ends."""
        for job, _ in batch:
            job.done.set_exception(error)
        self.on_fatal(error)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=5000",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _refuse(jobs: list[_Job[Any]], error: Exception) -> None:
    for job in jobs:
        job.done.set_exception(error)


def _is_full(error: sqlite3.OperationalError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == _SQLITE_FULL


def _answer(job: _Job[T], work: Callable[[], T]) -> None:
    try:
        job.done.set_result(work())
    except Exception as error:  # noqa: BLE001 - the caller gets it
        job.done.set_exception(error)
