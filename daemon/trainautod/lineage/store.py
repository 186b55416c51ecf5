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
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
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
ROOM_RETRY_S = 1.0  # how often a full disk, or a store that another program holds, is tried again
_BUSY_TIMEOUT_MS = 1000  # a passing reader such as a backup is gone by then

#: SQLite's error codes that pass by themselves, and what the user can do meanwhile.
_PASSING = {
    5: "another program holds it: close that one",  # SQLITE_BUSY
    13: "free some space",  # SQLITE_FULL
}

declare("store.commit.before", "store.commit.after")


@dataclass(slots=True, eq=False)
class _Job(Generic[T]):
    work: Work[T]
    done: "Future[T]"
    writes: bool
    urgent: bool
    answer: Any = None


class Store:
    """Runs pieces of work on the connection; write work is atomic and durable when it answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.degraded: str | None = None
        self.on_fatal: Callable[[BaseException], None] = lambda error: None
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._later: deque[_Job[Any] | None] = deque()  # taken from the queue, to be done first
        self._batch: list[_Job[Any]] = []  # writes of the open transaction
        self._asked: list[_Job[Any]] = []  # a read that waits for the commit of what it must see
        self._thread = threading.Thread(target=self._serve, name="store", daemon=True)
        self._gate = threading.Lock()
        self._closed = False
        self._connection: sqlite3.Connection

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Open the store, migrated to the current schema.

        Raises:
            LineageError: the store is damaged, too new, or cannot be migrated.
        """
        prepare(path)
        return cls.connect(path)

    @classmethod
    def connect(cls, path: Path) -> "Store":
        """Open a store that was prepared just now: the check of a large one takes its time."""
        store = cls(path)
        store._connection = _connect(path)
        store._thread.start()
        return store

    def submit(self, work: Work[T], *, writes: bool = False, urgent: bool = True) -> "Future[T]":
        """Queue ``work``; its future answers once it is done and, if it writes, committed.

        Args:
            work: called with the connection, inside a transaction when ``writes``.
            writes: whether it changes anything.
            urgent: false lets a write's commit wait a few milliseconds for others to share it,
                and lets a read see writes that wait so: it must tell nobody outside of them.

        Returns:
            A future that raises what ``work`` raises, or ``StoreClosed``.
        """
        job: _Job[T] = _Job(work, Future(), writes, urgent)
        with self._gate:
            if not self._closed:
                self._jobs.put(job)
                return job.done
        job.done.set_exception(StoreClosed())
        return job.done

    async def read(self, work: Work[T], *, urgent: bool = True) -> T:
        """Answer a question to the store; see ``submit``."""
        return await asyncio.wrap_future(self.submit(work, urgent=urgent))

    async def write(self, work: Work[T], *, urgent: bool = True) -> T:
        """Change the store; durable when this returns."""
        return await asyncio.wrap_future(self.submit(work, writes=True, urgent=urgent))

    def close(self) -> None:
        """Finish what is queued and close the connection."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _serve(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - the daemon must not go on without a store
            self._abandon(error)
            self.on_fatal(error)
        finally:
            self._connection.close()

    def _work(self) -> None:
        deadline: float | None = None
        ending = False
        while not ending:
            job = self._next(deadline)
            ending = job is None
            if isinstance(job, _Job) and job.done.set_running_or_notify_cancel():
                deadline = self._apply(job, deadline) if job.writes else self._tell(job, deadline)
            if self._batch and (ending or self._is_over(deadline)):
                self._commit()
                deadline = None

    def _is_over(self, deadline: float | None) -> bool:
        due = deadline is None or time.monotonic() >= deadline
        idle = self._jobs.empty() and not self._later
        return len(self._batch) >= BATCH_LIMIT or (due and idle)

    def _next(self, deadline: float | None) -> "_Job[Any] | bool | None":
        """Return the next job, None at the end, False when the batch's deadline passed."""
        if self._later:
            return self._later.popleft()
        if deadline is None:
            return self._jobs.get()
        try:
            return self._jobs.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return False

    def _tell(self, job: _Job[Any], deadline: float | None) -> float | None:
        self._asked.append(job)
        if job.urgent and self._batch:  # nothing may be told that a power cut could take back
            self._commit()
            deadline = None
        self._answer_asked()
        return deadline

    def _answer_asked(self) -> None:
        while self._asked:
            _answer(self._asked.pop(), self._connection)

    def _apply(self, job: _Job[Any], deadline: float | None) -> float | None:
        self._batch.append(job)
        try:
            if len(self._batch) == 1:
                self._connection.execute("BEGIN IMMEDIATE")
            self._run(job)
        except sqlite3.OperationalError as error:
            self._hold(error)
        if not self._batch:
            self._rollback()
            return None
        wanted = 0.0 if job.urgent or self.degraded else time.monotonic() + LAZY_COMMIT_S
        return wanted if deadline is None else min(deadline, wanted)

    def _run(self, job: _Job[Any]) -> None:
        """Apply one write to the open transaction; a failure of its own disturbs no other."""
        self._connection.execute("SAVEPOINT job")
        try:
            job.answer = job.work(self._connection)
        except Exception as error:
            if not self._connection.in_transaction:  # SQLite has rolled back all of it
                raise
            self._connection.execute("ROLLBACK TO job")
            self._connection.execute("RELEASE job")
            if _passes(error):
                raise
            self._batch.remove(job)
            job.done.set_exception(error)
        else:
            self._connection.execute("RELEASE job")

    def _commit(self) -> None:
        failpoint("store.commit.before")
        while self._batch:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                self._hold(error)
                continue
            failpoint("store.commit.after")
            self._recovered()
            done, self._batch = self._batch, []
            for job in done:
                job.done.set_result(job.answer)
        self._rollback()

    def _hold(self, error: sqlite3.OperationalError) -> None:
        """No room: keep the writes, answer only reads, and apply them again until they fit.

        Raises:
            OperationalError: an I/O error leaves the file unknown; it is never tried again.
        """
        while self._batch:
            if not _passes(error):
                raise error
            self._degrade(error)
            self._rollback()
            if not self._read_for(ROOM_RETRY_S):
                _refuse(self._batch, StoreClosed(self.degraded))
                self._batch.clear()
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                for job in list(self._batch):
                    self._run(job)
                return
            except sqlite3.OperationalError as again:
                error = again

    def _read_for(self, seconds: float) -> bool:
        """Answer reads and put writes off; False when the store is to close."""
        self._answer_asked()
        end = time.monotonic() + seconds
        while not self._closed:
            try:
                job = self._jobs.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                return True
            if job is None or job.writes:
                self._later.append(job)
            elif job.done.set_running_or_notify_cancel():
                _answer(job, self._connection)
        return False

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _degrade(self, error: sqlite3.OperationalError) -> None:
        advice = _PASSING[error.sqlite_errorcode & 0xFF]
        if self.degraded is None:
            log.error("no room", extra={"action": "store_degraded", "error": str(error)})
        self.degraded = f"{self.path}: {error}; {advice}, work goes on by itself"

    def _recovered(self) -> None:
        if self.degraded is not None:
            log.warning("store has room again", extra={"action": "store_recovered"})
            self.degraded = None

    def _abandon(self, error: BaseException) -> None:
        """Refuse everything: a later write may not be stored when an earlier one is lost."""
        with self._gate:
            self._closed = True
        queued = []
        while not self._jobs.empty():
            queued.append(self._jobs.get())
        refused = StoreClosed(f"{self.path} failed: {error}; the daemon ends")
        left = (*self._batch, *self._asked, *self._later, *queued)
        _refuse((job for job in left if job), refused)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _refuse(jobs: Iterable[_Job[Any]], error: Exception) -> None:
    for job in jobs:
        with suppress(InvalidStateError):  # its caller gave up waiting
            job.done.set_exception(error)


def _passes(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING


def _answer(job: _Job[Any], connection: sqlite3.Connection) -> None:
    try:
        answer = job.work(connection)
    except Exception as error:  # noqa: BLE001 - the caller gets it
        job.done.set_exception(error)
    else:
        job.done.set_result(answer)
