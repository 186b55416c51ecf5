"""The monitor: drift files are watched, and each new valid report becomes an event."""

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from trainautod.artifacts.identity import StatIdentity
from trainautod.failpoints import declare, failpoint
from trainautod.lineage import Store, causes, drift, events
from trainautod.lineage.drift import DriftSource
from trainautod.lineage.times import optional_iso
from trainautod.runtime.catalog import Catalog
from trainautod.runtime.clock import Clock
from trainautod.runtime.drift_files import Reading, parts, read
from trainautod.runtime.drift_judging import judge
from trainautod.runtime.drift_watches import Lapse, Watch, lapses, watches
from trainautod.runtime.hub import EventHub
from trainautod.runtime.scanning import Found, find, places
from trainautod.runtime.watching import Watcher

log = logging.getLogger(__name__)

SCAN_S = 10.0  # heals what no watcher told of
STILL_S = 2.0  # so long a file stands still before it is told that it cannot be read
NEWS_S = 0.5  # so long files are judged before one that changed meanwhile
AGAIN_S = 0.1  # until a file that changed just now, or has more lines, is read once more
MOST_SOURCES = 500  # that are listed, the ones judged last
_EDITS = ("pipeline_added", "pipeline_updated", "pipeline_removed")

declare("drift.before_record", "drift.after_record")


@dataclass(slots=True)
class _File:
    """A drift file that is there.

    Attributes:
        sight: how it was seen last; it is only compared.
        since_ms: since when it is so.
        watches: who watches it.
        done: as it is, it needs no more looks.
        passing: what is wrong with it may pass, so that each look tries it again.
        waits: somebody may still be writing to it.
    """

    sight: object
    since_ms: int
    watches: Sequence[Watch] = ()
    done: bool = False
    passing: bool = False
    waits: bool = False

    @property
    def wants_a_look(self) -> bool:
        """Whether there may be news of it."""
        return not self.done or self.passing

    @property
    def pipelines(self) -> list[str]:
        """The pipelines that its policies run."""
        return sorted({watch.pipeline for watch in self.watches})


@dataclass
class _Seen:
    """What the last look showed."""

    watches: Sequence[Watch] = ()
    files: dict[str, _File] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    at_ms: int | None = None

    @cached_property
    def newest(self) -> frozenset[str]:
        """Of the files that were there before each policy, the one that was written last."""
        found: dict[str, tuple[int, str]] = {}
        for path, file in self.files.items():
            with suppress(OSError):
                now = StatIdentity.of(os.stat(path))
                for watch in file.watches:
                    if _is_older(now, watch.since_ms):
                        best = found.get(watch.policy, (0, ""))
                        found[watch.policy] = max(best, (now.mtime_ns, path))
        return frozenset(path for _, path in found.values())


class DriftMonitor:
    """Reads the drift files of every policy, and tells when good reports stay away."""

    def __init__(self, catalog: Catalog, store: Store, hub: EventHub, clock: Clock) -> None:
        self._catalog = catalog
        self._store = store
        self._hub = hub
        self._clock = clock
        self._seen = _Seen()
        self._good: dict[str, int] = {}
        self._told: set[str] = set()
        self._wake = asyncio.Event()
        self._watcher = Watcher(self._noticed, self._wake.set, self._unwatched)

    async def run(self) -> None:
        """Watch until cancelled; edits of policies take effect at once."""
        self._seen = _Seen()
        tasks = [
            asyncio.create_task(self._watcher.run(), name="watch drift files"),
            asyncio.create_task(self._follow_catalog(), name="follow policies"),
        ]
        try:
            self._good = await self._store.read(drift.good_times)
            while True:
                self._wake.clear()
                await self._pause(await self.look(), tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def look(self) -> float:
        """Look at every drift file once; return the seconds until the next look."""
        known = watches(self._catalog)
        patterns = [pattern for watch in known for pattern in watch.patterns]
        found = await asyncio.to_thread(find, patterns)
        self._watcher.watch(places(patterns, found))
        now = self._clock.now_ms()
        seen = self._seen = _Seen(known, self._files(known, found, now), found.problems, now)
        if await self._try_all(seen):
            await self._tell_lapses()
        return min((self._wait(file) for file in seen.files.values()), default=SCAN_S)

    async def describe(self) -> list[dict[str, Any]]:
        """Return the document of each drift file, and of what is watched and has none."""
        seen, now = self._seen, self._clock.now_ms()

        def ask(connection: sqlite3.Connection) -> list[Any]:
            judged = drift.sources(connection, seen.files)
            newest = sorted(seen.files, key=lambda path: -_judged_ms(judged.get(path)))
            listed = sorted(newest[:MOST_SOURCES])
            good = (judged[path].last_good for path in listed if path in judged)
            return [listed, judged, drift.reports(connection, filter(None, good))]

        listed, judged, reports = await self._store.read(ask)
        stale = {lapse.watch.policy: lapse for lapse in lapses(seen.watches, self._good, now)}
        documents = [
            _described(
                path, seen.files[path].watches, judged.get(path, DriftSource(path)), reports, stale
            )
            for path in listed
        ]
        documents += [self._empty(watch, stale) for watch in seen.watches if self._has_none(watch)]
        checked = optional_iso(seen.at_ms)
        return [{**document, "checked_at": checked} for document in documents]

    def _files(self, known: Sequence[Watch], found: Found, now: int) -> dict[str, _File]:
        """Return the files that are watched, with what was known of each."""
        before, files = self._seen.files, {}
        same = known == self._seen.watches
        for path, sight in sorted(found.files.items()):
            seen = before.get(path)
            wanting = seen.watches if same and seen else [w for w in known if w.wants(path)]
            if wanting:
                files[path] = _seen_now(seen, sight, now, wanting)
        return files

    def _has_none(self, watch: Watch) -> bool:
        return not any(watch in file.watches for file in self._seen.files.values())

    def _empty(self, watch: Watch, stale: dict[str, Lapse]) -> dict[str, Any]:
        """Describe what a policy watches while there is no file."""
        problems = [
            f"{path}: {why}"
            for path, why in self._seen.problems.items()
            if any(pattern.enters(path) or pattern.base == path for pattern in watch.patterns)
        ]
        document = _described(watch.places[0], [watch], DriftSource(watch.places[0]), {}, stale)
        return {**document, "reason": _told(*problems, document["reason"])}

    async def _follow_catalog(self) -> None:
        while True:
            with self._hub.listen() as heard:
                self._wake.set()
                while (event := await heard.get()) is not None:
                    if event["kind"] in _EDITS:
                        self._wake.set()
            await self._clock.sleep(SCAN_S)  # the daemon ends, or this listener was too slow

    async def _pause(self, seconds: float, others: Sequence["asyncio.Task[None]"]) -> None:
        """Wait for time to pass or for news; the death of another task is ours."""
        sleep = asyncio.create_task(self._clock.sleep(seconds), name="pause")
        news = asyncio.create_task(self._wake.wait(), name="news")
        try:
            await asyncio.wait((sleep, news, *others), return_when=asyncio.FIRST_COMPLETED)
            for task in others:
                if task.done():
                    task.result()
        finally:
            sleep.cancel()
            news.cancel()

    def _noticed(self, changes: object) -> None:
        self._wake.set()

    def _unwatched(self, reason: str) -> None:
        if reason:  # the scans go on
            log.warning("drift files are not watched: %s", reason, extra={"action": "drift"})

    def _wait(self, file: _File) -> float:
        if file.done:
            return SCAN_S
        if not file.waits:
            return AGAIN_S
        still_s = (self._clock.now_ms() - file.since_ms) / 1000
        return min(max(STILL_S - still_s, AGAIN_S), STILL_S)

    async def _try_all(self, seen: _Seen) -> bool:
        """Judge files, those that changed last first; False when it is time to look for others.

        However many are waiting, as when the daemon starts, a new report is found soon.
        """
        began = self._clock.now_ms()
        waiting = [(path, file) for path, file in seen.files.items() if file.wants_a_look]
        newest = await asyncio.to_thread(lambda: seen.newest) if waiting else ()
        for path, file in sorted(waiting, key=lambda one: (-one[1].since_ms, one[0] not in newest)):
            limit_s = NEWS_S if self._wake.is_set() else SCAN_S
            if self._clock.now_ms() - began >= limit_s * 1000:
                return False
            await self._try(path, file)
        return True

    async def _try(self, path: str, file: _File) -> None:
        """Judge a file; one that cannot be judged keeps no other waiting."""
        try:
            await self._judge(path, file)
        except FileNotFoundError:
            file.done = True
        except Exception:
            log.exception("drift file not judged", extra={"action": "drift", "path": path})
            file.since_ms, file.waits = self._clock.now_ms(), True

    async def _judge(self, path: str, file: _File) -> None:
        still = self._clock.now_ms() - file.since_ms >= STILL_S * 1000
        looked_ns = time.time_ns()
        judged = await self._store.read(lambda c: drift.source(c, path))
        now, reading = await asyncio.to_thread(_looked_at, judged or DriftSource(path), still)
        await self._record(path, file, reading, now)
        file.waits, file.passing = reading.growing, reading.passing
        # A write within the tick of the file system's clock does not show in its times.
        settled = now.young_ns(looked_ns) <= 0
        file.done = settled and not (reading.growing or reading.more)

    async def _record(self, path: str, file: _File, reading: Reading, now: StatIdentity) -> None:
        failpoint("drift.before_record")
        at_ms = self._clock.now_ms()
        since_ms = min((watch.since_ms for watch in file.watches), default=at_ms)
        old = _is_older(now, since_ms)
        newest = not old or path in await asyncio.to_thread(lambda: self._seen.newest)

        def work(
            connection: sqlite3.Connection, part: Reading
        ) -> tuple[list[dict[str, Any]], int | None]:
            told = judge(
                connection,
                path,
                part,
                old=old,
                newest=newest,
                pipelines=file.pipelines,
                at_ms=at_ms,
            )
            judged = drift.source(connection, path)
            return told, judged.good_ms if judged is not None else None

        for part in parts(reading):
            told, good_ms = await self._store.write(partial(work, part=part))
            failpoint("drift.after_record")
            if good_ms is not None:
                self._good[path] = good_ms
            for document in told:
                self._hub.publish(document)

    async def _tell_lapses(self) -> None:
        """Tell of each policy that has gone too long without a good report, once."""
        now = self._clock.now_ms()
        for lapse in lapses(self._seen.watches, self._good, now):
            if lapse.key not in self._told:
                document = await self._store.write(partial(_claim, lapse=lapse, now=now))
                self._told.add(lapse.key)
                if document is not None:
                    self._hub.publish(document)


def _seen_now(before: _File | None, sight: object, now: int, known: Sequence[Watch]) -> _File:
    """Return a file as it is seen now, after what was known of it."""
    if before is None or before.sight != sight:
        return _File(sight, now, known)
    before.since_ms = min(before.since_ms, now)  # a clock set back makes nobody wait longer
    before.watches = known
    return before


def _looked_at(judged: DriftSource, still: bool) -> tuple[StatIdentity, Reading]:
    """Return how a file is, and then what it holds; a write between them shows in the next look."""
    return StatIdentity.of(os.stat(judged.path)), read(judged, still)


def _is_older(now: StatIdentity, at_ms: int) -> bool:
    return max(now.mtime_ns, now.ctime_ns) < at_ms * 1_000_000


def _claim(connection: sqlite3.Connection, lapse: Lapse, now: int) -> dict[str, Any] | None:
    """Record a lapse and return its event; None when it was told before."""
    if causes.event_of(connection, "drift_stale", lapse.key) is not None:
        return None
    data = {
        "path": lapse.path,
        "reason": lapse.reason,
        "max_age_s": lapse.watch.max_age_s,
        "pipelines": [lapse.watch.pipeline],
    }
    told = events.append(connection, kind="drift_stale", at_ms=now, data=data)
    causes.claim(connection, "drift_stale", lapse.key, told["seq"], now)
    return told


def _judged_ms(judged: DriftSource | None) -> int:
    return 0 if judged is None else judged.at_ms


def _described(
    path: str,
    known: Sequence[Watch],
    judged: DriftSource,
    reports: dict[int, dict[str, Any]],
    stale: dict[str, Lapse],
) -> dict[str, Any]:
    """Return the document of a drift file, without when it was looked at."""
    late = [stale[watch.policy].reason for watch in known if watch.policy in stale]
    wrong = judged.trouble or judged.reason
    last = None if judged.last_good is None else reports.get(judged.last_good)
    state = "waiting" if last is None else "good"
    return {
        "path": path,
        "state": "unknown" if wrong else "stale" if late else state,
        "reason": _told(wrong, *late),
        "policies": sorted(watch.policy for watch in known),
        "last_good": last,
    }


def _told(*reasons: str | None) -> str | None:
    return "; ".join(filter(None, reasons)) or None
