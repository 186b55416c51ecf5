"""The physical limit of a step: loops that do nothing but spawn, and record what they did."""

import json
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from benchmarks.graph import NO_OP, PARALLEL, Graph

SHELL = ("/bin/sh", "-e", "-c", NO_OP)


class Record(Protocol):
    """What is kept of each step."""

    def log_file(self, step: str) -> str | None:
        """Return where the step's output goes; None means nowhere of its own."""

    def ended(self, step: str, status: int) -> None:
        """Keep how a step ended; durable when it returns."""

    def close(self) -> None:
        """Let go of what is open."""


class NoRecord:
    """Nothing is kept."""

    def __init__(self, folder: Path) -> None:
        pass

    def log_file(self, step: str) -> str | None:
        """Leave the step's output where ours goes."""
        return None

    def ended(self, step: str, status: int) -> None:
        """Forget it."""

    def close(self) -> None:
        """Nothing is open."""


class Journal:
    """A log file per step, and a journal that is synced after each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._journal = os.open(folder / "journal", flags, 0o600)

    def log_file(self, step: str) -> str | None:
        """Give each step a file of its own."""
        return str(self._folder / f"{step}.log")

    def ended(self, step: str, status: int) -> None:
        """Append one line and wait for the disk."""
        line = json.dumps({"step": step, "status": status, "at": time.time()})
        os.write(self._journal, f"{line}\n".encode())
        os.fsync(self._journal)

    def close(self) -> None:
        """Close the journal."""
        os.close(self._journal)


class Ledger(Journal):
    """A log file per step, and one commit per step in SQLite: WAL, synchronous=FULL."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._database = sqlite3.connect(folder / "ledger.db", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE steps (step TEXT, status INTEGER, at REAL)")

    def ended(self, step: str, status: int) -> None:
        """Commit one row."""
        row = (step, status, time.time())
        self._database.execute("INSERT INTO steps VALUES (?, ?, ?)", row)

    def close(self) -> None:
        """Close both."""
        super().close()
        self._database.close()


def run_all(graph: Graph, record: Record) -> None:
    """Run the graph's steps, up to two at a time, each when those it needs have ended."""
    waits = {step: len(needs) for step, needs in graph.needs.items()}
    dependents: dict[str, list[str]] = {step: [] for step in graph.needs}
    for step, needs in graph.needs.items():
        for need in needs:
            dependents[need].append(step)
    ready = [step for step, count in waits.items() if count == 0]
    live: dict[int, str] = {}
    while ready or live:
        while ready and len(live) < PARALLEL:
            step = ready.pop()
            live[_spawn(record.log_file(step))] = step
        pid, status = os.wait()
        ended = live.pop(pid)
        record.ended(ended, status)
        for step in dependents[ended]:
            waits[step] -= 1
            if waits[step] == 0:
                ready.append(step)


def _spawn(log: str | None) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    actions = [(os.POSIX_SPAWN_OPEN, 1, log, flags, 0o600)] if log else []
    return os.posix_spawn(SHELL[0], SHELL, os.environ, file_actions=actions)


LIMITS: dict[str, Callable[[Path], Record]] = {
    "posix_spawn": NoRecord,
    "posix_spawn + log file + fsynced journal": Journal,
    "posix_spawn + log file + SQLite commit (WAL, FULL)": Ledger,
}
