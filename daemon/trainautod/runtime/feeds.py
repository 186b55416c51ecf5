"""One data trigger of a pipeline: from news of files to the runs that have them."""

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from watchfiles import Change

from trainautod.artifacts.digest import Digester
from trainautod.artifacts.errors import ArtifactError, FileKeepsChanging
from trainautod.artifacts.identity import RACY_NS, StatIdentity
from trainautod.lineage import Store, arrivals, events
from trainautod.lineage.arrivals import Arrival
from trainautod.planning.reason import visible
from trainautod.runtime.catalog import Catalog
from trainautod.runtime.clock import Clock
from trainautod.runtime.errors import DaemonError, legible
from trainautod.runtime.hub import EventHub
from trainautod.runtime.registrations import Documents
from trainautod.runtime.room import is_lacking
from trainautod.runtime.runs import Runs
from trainautod.runtime.scanning import Found, Place, find, is_remote, look, places
from trainautod.runtime.submission import RunRequest
from trainautod.spec.model import DataTrigger
from trainautod.triggers.data import Inbox, Look
from trainautod.triggers.globs import DONE, SUCCESS, Pattern

log = logging.getLogger(__name__)

SCAN_S = 10.0  # heals what no watcher told of
POLL_S = 2.0  # the same where no watcher is told of anything
SCAN_SHARE = 50  # a scan that takes long comes seldom: at most one part in so many of the time
RETRY_S = 5.0  # after a run could not be started, as for want of a param or on a full disk
INLINE_FILES = 16  # so many are looked at and digested faster than a thread takes to be asked,
INLINE_BYTES = 1 << 18  # if they have no more bytes together
LOOKS = 500  # at so many files the event loop is let go
RELIABLE_S = (RACY_NS + 10_000_000) / 1e9  # from then on no write hides behind another
TOLD_FILES = 200  # named in an event
CAUSE_FILES = 3  # named in a run's cause


class _FilesTaken(Exception):
    """Another trigger of the pipeline has one of the files since."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the feeds of a daemon share."""

    catalog: Catalog
    runs: Runs
    store: Store
    hub: EventHub
    clock: Clock
    digester: Digester


@dataclass(frozen=True, slots=True)
class _Digested:
    """A file that was read; ``reliable`` when no later write can hide behind how it looked."""

    arrival: Arrival
    sight: StatIdentity
    reliable: bool


class Feed:
    """The files that one trigger of a registered pipeline waits for.

    Args:
        work: what it works with.
        pipeline: the pipeline's name.
        file: the pipeline's file; its folder is what patterns are relative to.
        trigger: which files, and when.
        moved: called when other folders are to be watched.
    """

    def __init__(
        self,
        work: Work,
        pipeline: str,
        file: str,
        trigger: DataTrigger,
        moved: Callable[[], None],
    ) -> None:
        self.pipeline = pipeline
        self.trigger = trigger
        self.places: frozenset[Place] = frozenset()
        self.folders: frozenset[str] = frozenset()  # in which every closing matters
        self.blind = False  # whether the watcher may not be told of all
        self._work = work
        self._moved = moved
        self._folder = os.path.dirname(file)
        home = str(Path.home())
        self._patterns = [Pattern.of(text, self._folder, home) for text in trigger.path]
        self._inbox = Inbox(trigger.settle_s, trigger.batch_s)
        self._hints: set[str] = set()
        self._roots: set[str] = set()
        self._scan_at = self._scanned_at = self._scan_took_s = 0.0
        self._wants_scan = True
        self._remote = False
        self._awake = asyncio.Event()
        self._closed = False
        self._told: dict[str, str] = {}  # why a path cannot be read
        self._refused = ""  # why no run can be started
        self._now = asyncio.get_running_loop().time

    def notice(self, changes: Iterable[tuple[Change, str]]) -> None:
        """Take in what a watcher tells."""
        for change, path in changes:
            folder, name = os.path.split(path)
            if name == SUCCESS:
                self._hints.update(self._inbox.in_folder(folder))
            if name.endswith(DONE):
                self._hint(path.removesuffix(DONE))
            self._hint(path)
            if change is not Change.modified:
                self._notice_folder(change, path)
        if self._hints or self._roots:
            self._awake.set()

    def _hint(self, path: str) -> None:
        if any(pattern.matches(path) for pattern in self._patterns):
            self._hints.add(path)

    def _notice_folder(self, change: Change, path: str) -> None:
        if any(p.base == path or p.base.startswith(path + "/") for p in self._patterns):
            self.rescan()
        elif change is Change.added and any(p.enters(path) for p in self._patterns):
            self._roots.add(path)

    def rescan(self) -> None:
        """Look at everything soon: something may have been missed."""
        self._wants_scan = True
        self._awake.set()

    def close(self) -> None:
        """End before long, but not in the midst of starting a run."""
        self._closed = True
        self._awake.set()

    async def run(self) -> None:
        """Start runs until closed, or cancelled."""
        while not self._closed:
            self._awake.clear()
            try:
                await self._turn()
            except Exception:
                where = {"action": "arrivals_failed", "pipeline": self.pipeline}
                log.exception("arrived files could not be handled", extra=where)
                self._inbox.hold(self._now() + RETRY_S)
                self._scan_at = self._now() + RETRY_S  # which finds what was under way
            await self._rest()

    async def _rest(self) -> None:
        due = [self._next_scan(), self._inbox.due()]
        pause = min(at for at in due if at is not None) - self._now()
        if pause > 0 and not self._hints and not self._roots and not self._closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._awake.wait()

    async def _turn(self) -> None:
        if self._now() >= self._next_scan():
            await self._scan()
        roots, self._roots = self._roots, set()
        for root in roots:
            found, new = await asyncio.to_thread(self._find, root)
            await self._take_in(found, new)
            self.folders |= self._heard(found)
            self._moved()
        hints, self._hints = self._hints, set()
        await self._look_at([*hints, *self._inbox.to_look_at(self._now())])
        await self._deliver()

    def _next_scan(self) -> float:
        """Return when to scan: soon where that is asked for, but not all of the time."""
        soon = self._scanned_at + self._scan_took_s * 4
        return min(soon, self._scan_at) if self._wants_scan else self._scan_at

    async def _scan(self) -> None:
        self._wants_scan = False  # whoever asks from here on may have seen more
        began = self._now()
        found, new = await asyncio.to_thread(self._find)
        await self._take_in(found, new)
        self._inbox.keep(found.files)
        self.folders = self._heard(found)
        self.places, self._remote = await asyncio.to_thread(self._places, found)
        self._scanned_at = self._now()
        self._scan_took_s = self._scanned_at - began
        pause = POLL_S if self._remote or self.blind else SCAN_S
        self._scan_at = self._scanned_at + max(pause, self._scan_took_s * SCAN_SHARE)
        self._moved()

    def _find(self, below: str | None = None) -> tuple[Found, list[str]]:
        """Return what there is, and the paths of it that need a look, in their order."""
        found = find(self._patterns, below)
        is_handled = self._inbox.is_handled
        return found, sorted(
            path for path, sight in found.files.items() if not is_handled(path, sight)
        )

    def _heard(self, found: Found) -> frozenset[str]:
        if self.trigger.settle_s:
            return frozenset()
        plain = {pattern.base for pattern in self._patterns} & found.files.keys()
        return frozenset({*found.folders, *map(os.path.dirname, plain)})

    def _places(self, found: Found) -> tuple[frozenset[Place], bool]:
        watched = places(self._patterns, found)
        return watched, is_remote(watched)

    async def _take_in(self, found: Found, new: Sequence[str]) -> None:
        await self._look_at(new)
        for path in [path for path in self._told if path not in found.problems]:
            if path not in found.files:
                del self._told[path]
        for path, reason in found.problems.items():
            await self._tell_unreadable(path, reason)

    async def _look_at(self, paths: Sequence[str]) -> None:
        for start in range(0, len(paths), LOOKS):
            some = paths[start : start + LOOKS]
            if len(some) > INLINE_FILES:
                looks = await asyncio.to_thread(self._looks, some)
            else:
                looks = self._looks(some)
            now = self._now()
            for path, seen in zip(some, looks, strict=True):
                self._inbox.see(path, seen, now)

    def _looks(self, paths: Sequence[str]) -> list[Look | None]:
        at_once = self.trigger.settle_s == 0
        return [look(path, at_once=at_once, remote=self._remote) for path in paths]

    async def _deliver(self) -> None:
        """Give the complete files to a run; what cannot be given now stays complete."""
        while not self._closed and (ready := self._inbox.ready(self._now())):
            files = await self._digest(ready)
            known = await self._work.store.read(
                lambda c, f=files: arrivals.known(c, self.pipeline, [each.arrival for each in f])  # type: ignore[misc]
            )
            new = [each.arrival for each in files if each.arrival.path not in known]
            if new and not await self._submit(new):
                return
            for each in files:
                self._settle(each)

    def _settle(self, file: _Digested) -> None:
        if file.reliable:
            self._inbox.handled(file.arrival.path, file.sight)
        else:
            self._inbox.doubted(file.arrival.path, file.sight, self._now() + RELIABLE_S)

    async def _digest(self, ready: Sequence[tuple[str, StatIdentity]]) -> list[_Digested]:
        small = sum(sight.size for _, sight in ready) <= INLINE_BYTES
        if small and len(ready) <= INLINE_FILES:
            answers = self._read_all(ready)
        else:
            answers = await asyncio.to_thread(self._read_all, ready)
        found = []
        for (path, _), answer in zip(ready, answers, strict=True):
            if isinstance(answer, _Digested):
                found.append(answer)
                self._told.pop(path, None)
            elif isinstance(answer, str):
                self._inbox.put_off(path)
                await self._tell_unreadable(path, answer)
            else:  # it is another one by now
                self._inbox.put_off(path)
                self._hints.add(path)
        return found

    def _read_all(self, ready: Sequence[tuple[str, StatIdentity]]) -> list[_Digested | str | None]:
        return [self._read(path, sight) for path, sight in ready]

    def _read(self, path: str, sight: StatIdentity) -> _Digested | str | None:
        """Return a file's digest, or why it cannot be read; None when it is no longer as it was."""
        began_ns = time.time_ns()
        try:
            status = os.stat(path)
            digest = self._work.digester.known(status)
            if digest is not None and StatIdentity.of(status) == sight:
                return _Digested(Arrival(path, digest, sight.size), sight, reliable=True)
            reading = self._work.digester.read(path, wide=True)
        except (FileNotFoundError, FileKeepsChanging):
            return None
        except (OSError, ArtifactError) as error:
            if is_lacking(error):
                raise
            return getattr(error, "strerror", None) or str(error)
        if reading.identity != sight:
            return None
        return _Digested(Arrival(path, reading.digest, sight.size), sight, sight.reliable(began_ns))

    async def _submit(self, files: Sequence[Arrival]) -> bool:
        """Start the run of some files; False when it cannot be started now."""
        entry = self._work.catalog.entries.get(self.pipeline)
        if entry is None:  # it was removed a moment ago
            self._closed = True
            return False
        trigger = self._document([file.path for file in files])
        at_ms = self._work.clock.now_ms()
        told = {"count": len(files), "path": list(self.trigger.path)}

        def claim(connection: sqlite3.Connection, run_id: str) -> Documents:
            if not arrivals.claim(connection, self.pipeline, files, at_ms, run_id):
                raise _FilesTaken
            return [
                events.append(
                    connection,
                    kind="data_arrived",
                    at_ms=at_ms,
                    run_id=run_id,
                    pipeline=self.pipeline,
                    data={"files": trigger["files"][:TOLD_FILES], **told},
                )
            ]

        try:
            await self._work.runs.submit(entry.source, RunRequest(trigger=trigger), claim)
        except _FilesTaken:
            self._awake.set()
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, the files wait for their run
            self._inbox.hold(self._now() + RETRY_S)
            await self._tell_refused(error, told)
            return False
        self._refused = ""
        return True

    def _document(self, paths: Sequence[str]) -> dict[str, Any]:
        prefix = self._folder.rstrip("/") + "/"
        shown = [path.removeprefix(prefix) for path in paths]
        more = ", …" if len(shown) > CAUSE_FILES else ""
        count = f"{len(shown)} file{'s' if len(shown) > 1 else ''}"
        return {
            "kind": "data",
            "files": shown,
            "count": len(shown),
            "path": list(self.trigger.path),
            "cause": f"{count}: {', '.join(map(visible, shown[:CAUSE_FILES]))}{more}",
        }

    async def _tell_unreadable(self, path: str, reason: str) -> None:
        if self._told.get(path) != reason:
            self._told[path] = reason
            data = {"path": legible(path), "reason": legible(reason)}
            log.error("%(path)s: %(reason)s", data, extra={"action": "data_unreadable"})
            await self._tell(kind="data_unreadable", data=data)

    async def _tell_refused(self, error: Exception, told: dict[str, Any]) -> None:
        """Tell that arrived files have no run yet, unless the machine only lacks room for it."""
        where = {"action": "data_refused", "pipeline": self.pipeline}
        if is_lacking(error) or not isinstance(error, DaemonError | ArtifactError):
            log.error("no run for arrived files", exc_info=error, extra=where)
        elif str(error) != self._refused:
            self._refused = str(error)
            log.error("no run for arrived files: %s", error, extra=where)
            await self._tell(kind="data_refused", data={**told, "reason": legible(str(error))})

    async def _tell(self, *, kind: str, data: dict[str, Any]) -> None:
        at_ms = self._work.clock.now_ms()
        document = await self._work.store.write(
            lambda c: events.append(c, kind=kind, at_ms=at_ms, pipeline=self.pipeline, data=data)
        )
        self._work.hub.publish(document)
