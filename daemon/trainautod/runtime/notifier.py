"""Telling people: events become messages in the outbox, each once, and these are sent."""

import asyncio
import logging
import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from trainautod.execution.log import LogReader
from trainautod.lineage import Store, events, outbox
from trainautod.lineage.errors import UnknownRun
from trainautod.lineage.outbox import Entry
from trainautod.lineage.runs import run_document
from trainautod.notify import notices
from trainautod.notify.message import Message, Subject, compose, test_message
from trainautod.notify.outbox import TEST
from trainautod.runtime.catalog import Catalog, parse_document
from trainautod.runtime.clock import Clock, pause
from trainautod.runtime.delivery import Delivery
from trainautod.runtime.errors import PipelineInvalid, RequestInvalid, StepRefused
from trainautod.runtime.hub import EventHub
from trainautod.runtime.machine import Telling
from trainautod.runtime.secrets import Redaction, read_secrets
from trainautod.runtime.submission import Source
from trainautod.spec import Pipeline
from trainautod.spec.fields import NAME_PATTERN
from trainautod.spec.notify import Notify

log = logging.getLogger(__name__)

HEARTBEAT_S = 30.0  # looks at the store this often, whatever the live events say
WINDOW = 5000  # events that one question to the store goes over
BATCH = 100  # events whose messages are written together
LOG_BYTES = 4096  # of the end of the log of the step that failed

Directory = Callable[[str, str, int], Path]


class Notifier:
    """Reads the events after a durable cursor and writes a message for each that people asked for.

    Messages and cursor move in one transaction, and a message is unique by its key and target: a
    crash neither loses one nor writes one twice.
    """

    def __init__(
        self,
        home: Path,
        store: Store,
        catalog: Catalog,
        hub: EventHub,
        clock: Clock,
        telling: Telling,
        directory: Directory,
    ) -> None:
        """Tell of what is in the store; ``directory`` is that of a run's, step's and attempt's."""
        self.delivery = Delivery(home, store, hub, clock, telling)
        self._home = home
        self._store = store
        self._catalog = catalog
        self._hub = hub
        self._clock = clock
        self._telling = telling
        self._directory = directory
        self._news = asyncio.Event()
        self._tests = 0

    async def run(self) -> None:
        """Tell people until cancelled."""
        seen = await self._store.write(outbox.begin)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="hear of events")
            tasks.create_task(self.delivery.run(), name="send messages")
            tasks.create_task(self._follow(seen), name="write messages")

    def targets(self) -> dict[str, list[str]]:
        """Return every target, by name, with the registered pipelines that name it.

        Those of the config are there too, perhaps without any pipeline.
        """
        found: dict[str, set[str]] = {name: set() for name in self._telling.to}
        for entry in self._catalog.entries.values():
            for name in (name for each in entry.source.pipeline.notify for name in each.to):
                found.setdefault(name, set()).add(entry.source.pipeline.name)
        return {name: sorted(found[name]) for name in sorted(found)}

    def problem(self, target: str) -> str | None:
        """Return why nothing can be sent to a target, as far as that is known without trying."""
        try:
            read_secrets(self._home, [target])
        except (StepRefused, OSError) as error:
            return str(error)
        return None

    async def test(self, targets: Iterable[str] = ()) -> list[dict[str, Any]]:
        """Send a test message to targets, or to all there are; return what became of each.

        Raises:
            RequestInvalid: there is nobody to tell, or what is named cannot be a secret.
        """
        wanted = list(dict.fromkeys(targets)) or list(self.targets())
        if not wanted:
            told = "nobody is told of anything: no pipeline has `notify`, nor has config.toml"
            raise RequestInvalid(f"{told}; name the secret that holds an Apprise URL")
        for name in wanted:
            if not re.fullmatch(NAME_PATTERN, name):
                raise RequestInvalid("a target is the name of a secret that holds an Apprise URL")
        numbers = await self._store.write(lambda c: outbox.add(c, self._test_entries(wanted)))
        return await self.delivery.ended(numbers)

    def _test_entries(self, targets: Iterable[str]) -> list[Entry]:
        at_ms, place = self._clock.now_ms(), self._telling.place
        self._tests += 1
        key = f"{TEST}-{self._tests}-{at_ms}"
        return [
            Entry(key, target, TEST, test_message(target, place).to_json(), at_ms)
            for target in targets
        ]

    async def _listen(self) -> None:
        """Notice live events that somebody may have to be told of."""
        while True:
            with self._hub.listen() as queue:
                self._news.set()
                while (event := await queue.get()) is not None:
                    if notices.notice_of(event) is not None:
                        self._news.set()
            await self._clock.sleep(1.0)  # the daemon ends, or too many events came at once

    async def _follow(self, seen: int) -> None:
        noted = seen
        while True:
            woken = self._news.is_set()
            self._news.clear()
            seen = await self._read_on(seen)
            if noted < seen and not woken:  # those that concern nobody are no news later on
                await self._note(seen)
                noted = seen
            await pause(self._clock, HEARTBEAT_S, self._news.wait())

    async def _read_on(self, seen: int) -> int:
        """Write the messages of all events after ``seen``; return the last event looked at."""
        last = await self._store.read(events.last)
        while seen < last:
            until = min(seen + WINDOW, last)
            found = await self._store.read(partial(_worth_telling, after=seen, until=until))
            seen = found[-1]["seq"] if len(found) == BATCH else until
            if found:  # with nobody to tell, too: who asks later on is told of what is new then
                entries = [entry for event in found for entry in await self._entries(event)]
                work = partial(_write, entries=entries, seen=seen)
                await self._store.write(work, urgent=bool(entries))
                if entries:
                    self.delivery.news.set()
        return seen

    async def _note(self, seen: int) -> None:
        await self._store.write(lambda c: outbox.move(c, seen), urgent=False)

    async def _entries(self, event: Mapping[str, Any]) -> list[Entry]:
        """Return the messages that tell of an event, one for each target."""
        notice = notices.notice_of(event)
        if notice is None:
            return []
        pipelines = await self._pipelines(event)
        targets = self._wanting(notice, pipelines)
        if not targets:
            return []
        names = [*targets, *(name for each in pipelines for name in each.env.secrets)]
        message = await self._message(notice, event, Redaction.of(self._home, names))
        text = message.to_json()
        key, at_ms = notices.key_of(notice, event), self._clock.now_ms()
        about = (event["pipeline"], event["run_id"], event["seq"])
        return [Entry(key, target, notice, text, at_ms, *about) for target in targets]

    async def _message(
        self, notice: str, event: Mapping[str, Any], redaction: Redaction
    ) -> Message:
        """Return the message of an event; of one that cannot be told well, that it happened."""
        place = self._telling.place
        try:
            return compose(notice, await self._subject(event, redaction), place)
        except (AttributeError, LookupError, TypeError, ValueError):  # it stays as it is
            log.exception("event not told well", extra={"action": "notify", "seq": event["seq"]})
            return compose(notice, Subject({**event, "data": {}}), place)

    def _wanting(self, notice: str, pipelines: Iterable[Pipeline]) -> list[str]:
        """Return the targets that asked to be told of this, each once."""
        everybody = Notify.model_construct(on=self._telling.on, to=self._telling.to)
        asked = [everybody, *(notify for each in pipelines for notify in each.notify)]
        return list(dict.fromkeys(name for each in asked if notice in each.on for name in each.to))

    async def _pipelines(self, event: Mapping[str, Any]) -> list[Pipeline]:
        """Return what an event is about: a run's pipeline as it ran, else as it is registered."""
        if event["run_id"] is not None:
            spec = await self._store.read(lambda c: outbox.spec_of_run(c, event["run_id"]))
            found = await asyncio.to_thread(_parsed, *spec) if spec else None
            if found is not None:
                return [found]
        entries = self._catalog.entries
        names = notices.pipelines_of(event)
        return [entries[name].source.pipeline for name in names if name in entries]

    async def _subject(self, event: Mapping[str, Any], redaction: Redaction) -> Subject:
        """Return what is known of an event, without the values of secrets."""
        run_id = event["run_id"]
        if run_id is None:
            return Subject(_clean(event, redaction))
        try:
            run = await self._store.read(lambda c: run_document(c, run_id))
        except UnknownRun:
            return Subject(_clean(event, redaction))
        end = await asyncio.to_thread(self._log_end, run, redaction)
        return Subject(_clean(event, redaction), _clean(run, redaction), end)

    def _log_end(self, run: Mapping[str, Any], redaction: Redaction) -> str:
        """Return the end of the log of the attempt that a run failed by."""
        failed = run["error"]["step"] if run["error"] else None
        step = next((step for step in run["steps"] if step["id"] == failed), None)
        if step is None or not step["attempt"]:
            return ""
        wanted = LOG_BYTES + redaction.longest
        folder = self._directory(run["run_id"], step["id"], step["attempt"]) / "log"
        try:
            data = LogReader(folder).read(-wanted, wanted).data
        except OSError:
            return ""
        return redaction.end_of(data, LOG_BYTES)


def _worth_telling(connection: sqlite3.Connection, after: int, until: int) -> list[dict[str, Any]]:
    ends = tuple(notices.ENDS)
    return outbox.worth_telling(connection, after, until, notices.KINDS, ends, BATCH)


def _write(connection: sqlite3.Connection, entries: Iterable[Entry], seen: int) -> None:
    outbox.add(connection, entries)
    outbox.move(connection, seen)


def _parsed(path: str, text: str) -> Pipeline | None:
    """Return a run's pipeline; None for a text that only an earlier version understood."""
    try:
        found = parse_document(Path(path), text)
    except PipelineInvalid:
        return None
    return found.pipeline if isinstance(found, Source) else None


def _clean(value: Any, redaction: Redaction) -> Any:
    """Return a document without the values of secrets in any of its texts."""
    match value:
        case str():
            return redaction.apply(value)
        case dict():
            return {name: _clean(each, redaction) for name, each in value.items()}
        case list():
            return [_clean(each, redaction) for each in value]
        case _:
            return value
