"""Finding the sandboxes that a daemon recorded the end of and did not live to remove."""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from trainautod.lineage import Store, events
from trainautod.lineage.queries import sql
from trainautod.lineage.results import AttemptRef

log = logging.getLogger(__name__)

MARKER = "runs/swept"  # in the home: the last event up to which no sandbox is left to remove
PAGE = 1000  # attempts looked up at a time, so that the store answers others in between


class Sweeper:
    """Goes once through the attempts that succeeded since the last sweep.

    Args:
        home: the daemon's.
        store: knows how attempts ended.
        discard: removes the sandbox of an attempt; tells whether it is gone.
    """

    def __init__(self, home: Path, store: Store, discard: Callable[[AttemptRef], bool]) -> None:
        self._marker = home / MARKER
        self._store = store
        self._discard = discard

    async def sweep(self) -> None:
        """Remove what earlier daemons left; what cannot be removed is tried at the next start."""
        last = await self._store.read(events.last)
        after, left = self._swept(), 0
        while after < last:
            rows = await self._store.read(partial(_succeeded, after=after, until=last))
            refs = [AttemptRef(row["run_id"], row["step"], row["attempt"]) for row in rows]
            left += await asyncio.to_thread(self._remove, refs)
            after = rows[-1]["seq"] if len(rows) == PAGE else last
        if left == 0:
            self._mark(last)

    def _remove(self, refs: list[AttemptRef]) -> int:
        """Remove sandboxes; return how many are still there."""
        left = [ref for ref in refs if not self._discard(ref)]
        for ref in left:
            where = {"action": "sweep", "run_id": ref.run_id, "step": ref.step}
            log.warning("a sandbox cannot be removed", extra=where)
        return len(left)

    def _swept(self) -> int:
        try:
            return int(self._marker.read_text())
        except (OSError, ValueError):
            return 0

    def _mark(self, seq: int) -> None:
        with suppress(OSError):  # the next sweep looks further back than it had to
            self._marker.parent.mkdir(mode=0o700, exist_ok=True)
            aside = self._marker.with_suffix(".new")
            aside.write_text(str(seq))
            os.replace(aside, self._marker)


def _succeeded(connection: sqlite3.Connection, *, after: int, until: int) -> list[sqlite3.Row]:
    query = {"after": after, "until": until, "limit": PAGE}
    return connection.execute(sql("succeeded_between"), query).fetchall()
