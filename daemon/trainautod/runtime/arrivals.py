"""Runs for files that arrive: a feed for each data trigger, over one watcher."""

import asyncio
from collections.abc import Iterable

from watchfiles import Change

from trainautod.artifacts.digest import Digester
from trainautod.lineage import Store, events
from trainautod.runtime.catalog import Catalog
from trainautod.runtime.clock import Clock
from trainautod.runtime.closings import Closings
from trainautod.runtime.errors import legible
from trainautod.runtime.feeds import POLL_S, Feed, Work
from trainautod.runtime.hub import EventHub
from trainautod.runtime.runs import Runs
from trainautod.runtime.scanning import Place
from trainautod.runtime.watching import FileChange, Watcher
from trainautod.spec.model import DataTrigger

_EDITS = ("pipeline_added", "pipeline_updated", "pipeline_removed")
LISTEN_AGAIN_S = 1.0  # after this listener was too slow, or the daemon ends
_Key = tuple[str, str, int, DataTrigger]  # pipeline, its file, and the trigger's place and words


class Arrivals:
    """Starts runs for the files that registered pipelines wait for."""

    def __init__(
        self,
        catalog: Catalog,
        runs: Runs,
        store: Store,
        hub: EventHub,
        clock: Clock,
        digester: Digester,
    ) -> None:
        self._work = Work(catalog, runs, store, hub, clock, digester)
        self._feeds: dict[_Key, tuple[Feed, asyncio.Task[None]]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._watcher = Watcher(self._changed, self._lost, self._tell_blind)
        self._blind = ""  # why some folders are not watched
        self._closings = Closings(self._closed, self._lost)

    async def run(self) -> None:
        """Start runs until cancelled; edits of pipelines take effect at once."""
        watching = asyncio.create_task(self._watcher.run(), name="watch data")
        try:
            while True:
                with self._work.hub.listen() as heard:
                    self._follow_catalog()
                    while (event := await heard.get()) is not None:
                        if event["kind"] in _EDITS:
                            self._follow_catalog()
                await self._work.clock.sleep(LISTEN_AGAIN_S)
        finally:
            self._closings.close()
            tasks = [watching, *self._closing, *(task for _, task in self._feeds.values())]
            self._feeds.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _follow_catalog(self) -> None:
        """Have a feed for each data trigger that there is, and no other."""
        wanted = self._wanted()
        for key in self._feeds.keys() - wanted:
            feed, task = self._feeds.pop(key)
            feed.close()
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        for key in sorted(wanted - self._feeds.keys(), key=lambda key: key[:3]):
            pipeline, file, _, trigger = key
            feed = Feed(self._work, pipeline, file, trigger, self._watch)
            task = asyncio.create_task(feed.run(), name=f"data of {pipeline}")
            self._feeds[key] = feed, task
        self._watch()

    def _wanted(self) -> set[_Key]:
        return {
            (entry.name, entry.source.path, index, trigger.data)
            for entry in self._work.catalog.entries.values()
            for index, trigger in enumerate(entry.source.pipeline.on)
            if trigger.data is not None
        }

    def _tell_blind(self, reason: str) -> None:
        """Have the feeds scan as often as where nothing is told of; say so when that is new."""
        if reason == self._blind:
            return
        self._blind = reason
        self._watch()
        self._lost()
        if reason:
            told = asyncio.create_task(self._tell_unwatched(reason), name="tell of blindness")
            self._closing.add(told)
            told.add_done_callback(self._closing.discard)

    async def _tell_unwatched(self, reason: str) -> None:
        data = {"reason": f"{legible(reason)}; until then they are scanned every {POLL_S:g} s"}
        at_ms = self._work.clock.now_ms()
        document = await self._work.store.write(
            lambda c: events.append(c, kind="data_unwatched", at_ms=at_ms, data=data)
        )
        self._work.hub.publish(document)

    def _watch(self) -> None:
        for feed, _ in self._feeds.values():
            feed.blind = bool(self._blind)
        found = (feed.places for feed, _ in self._feeds.values())
        self._watcher.watch(frozenset[Place]().union(*found))
        heard = (feed.folders for feed, _ in self._feeds.values())
        self._closings.watch(frozenset[str]().union(*heard))

    def _changed(self, changes: Iterable[FileChange]) -> None:
        for feed, _ in self._feeds.values():
            feed.notice(changes)

    def _closed(self, path: str) -> None:
        self._changed([(Change.modified, path)])

    def _lost(self) -> None:
        for feed, _ in self._feeds.values():
            feed.rescan()
