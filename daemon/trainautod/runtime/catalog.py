"""Registered pipelines and policies: their files are watched, the last good version is in use."""

import asyncio
import errno
import json
import logging
import os
import sqlite3
import stat
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from trainautod.lineage import Store, events, policies
from trainautod.lineage.queries import sql
from trainautod.runtime.clock import Clock, pause
from trainautod.runtime.errors import (
    Conflict,
    PipelineInvalid,
    RequestInvalid,
    UnknownPipeline,
)
from trainautod.runtime.hub import EventHub
from trainautod.runtime.scanning import Place
from trainautod.runtime.submission import PolicySource, Source
from trainautod.runtime.watching import Watcher
from trainautod.spec import Pipeline, Policy, SpecInvalid, load
from trainautod.spec.document import MAX_BYTES

log = logging.getLogger(__name__)

RESCAN_S = 10.0  # heals lost file events and file systems without any
WRITTEN_S = 0.1  # a file that is broken may be in the middle of being written


Read = Source | PolicySource
S = TypeVar("S", bound=Read, covariant=True)


@dataclass(frozen=True, slots=True)
class Entry(Generic[S]):
    """A registered document: its last good version, and what is wrong with the file now.

    Attributes:
        updated_ms: when this version was taken up, Unix milliseconds.
    """

    source: S
    problems: tuple[str, ...] = ()
    broken_text: str | None = None
    updated_ms: int = 0

    @property
    def name(self) -> str:
        """The name of the pipeline or policy."""
        return self.source.name

    @property
    def kind(self) -> str:
        """What it is: ``pipeline`` or ``policy``."""
        return _kind(self.source)


@dataclass(frozen=True, slots=True)
class Unread:
    """A registered document whose stored text this version does not understand."""

    name: str
    kind: str
    path: str
    problems: tuple[str, ...]


def read_source(path: Path) -> Source:
    """Read and check a pipeline file.

    Raises:
        PipelineInvalid: it cannot be read, has problems, or is a policy rather than a pipeline.
        RequestInvalid: the path is relative, or cannot be the name of a file.
    """
    source = read_document(path)
    if isinstance(source, PolicySource):
        told = f"{path} is a policy, not a pipeline: it has no steps; `trainauto add` registers it"
        raise PipelineInvalid(told, (told,))
    return source


def read_document(path: Path) -> Read:
    """Read and check the file of a pipeline or of a policy.

    Raises:
        PipelineInvalid: it cannot be read, or has problems.
        RequestInvalid: the path is relative, or cannot be the name of a file.
    """
    try:
        usable = path.is_absolute() and b"\0" not in str(path).encode("utf-8")
    except UnicodeEncodeError:
        usable = False
    if not usable:
        raise RequestInvalid(f"{str(path)!r} is not the absolute path of a file")
    return parse_document(path, _read(path))


@lru_cache(maxsize=64)
def parse_document(path: Path, text: str) -> Read:
    """Check the text of a pipeline or of a policy.

    Raises:
        PipelineInvalid: it has problems, or is neither.
    """
    try:
        found = load(text, str(path))
    except SpecInvalid as error:
        problems = tuple(str(problem) for problem in error.problems)
        raise PipelineInvalid(f"{path} has {len(problems)} problem(s)", problems) from error
    if isinstance(found, Pipeline):
        return Source(str(path), text, found)
    if isinstance(found, Policy):
        return PolicySource(str(path), text, found)
    told = f"{path} is a sweep policy, not a pipeline: it has no steps"
    raise PipelineInvalid(told, (told,))


def _kind(source: Read) -> str:
    return "policy" if isinstance(source, PolicySource) else "pipeline"


class Catalog:
    """The pipelines and policies that this daemon knows; no two have one name."""

    def __init__(self, store: Store, hub: EventHub, clock: Clock) -> None:
        self.entries: dict[str, Entry[Source]] = {}
        self.policies: dict[str, Entry[PolicySource]] = {}
        self.unread: dict[str, Unread] = {}
        self.changed = asyncio.Event()
        self._store = store
        self._hub = hub
        self._clock = clock
        self._stirred = asyncio.Event()  # a file may be another one than was read
        self._editing = asyncio.Lock()  # so that no reading brings back what was just removed

    async def load(self) -> None:
        """Take the registered pipelines from the store, then look at their files."""
        rows = await self._store.read(lambda c: c.execute(sql("all_pipelines")).fetchall())
        for row in rows:
            path, text = Path(row["path"]), row["text"]
            try:
                source = parse_document(path, text)
            except PipelineInvalid as error:  # accepted by an earlier version only
                log.error("pipeline is not understood", extra={"action": "load", "path": str(path)})
                unread = Unread(row["name"], row["kind"], row["path"], error.problems)
                self.unread[unread.name] = unread
                self._hub.publish(await self._tell("pipeline_broken", row["name"], error))
                continue
            problems = tuple(json.loads(row["problems"]))
            self._keep(Entry(source, problems, updated_ms=row["updated_ms"]))
        await self.rescan()

    def known(self) -> dict[str, Entry[Read]]:
        """Return everything that is understood, pipelines and policies, by name."""
        return {**self.entries, **self.policies}

    def _keep(self, entry: Entry[Read]) -> None:
        self.entries.pop(entry.name, None)
        self.policies.pop(entry.name, None)
        if isinstance(entry.source, PolicySource):
            self.policies[entry.name] = cast("Entry[PolicySource]", entry)
        else:
            self.entries[entry.name] = cast("Entry[Source]", entry)

    async def add(self, path: Path) -> Entry[Read]:
        """Register the file of a pipeline or policy, or read a registered one again.

        Raises:
            PipelineInvalid: the file has problems.
            Conflict: another file is registered under that name.
        """
        async with self._editing:
            return await self._add(path)

    async def _add(self, path: Path) -> Entry[Read]:
        source = await asyncio.to_thread(read_document, path)
        name = source.name
        known = self._path_of(name)
        if known is not None and known != str(path):
            raise Conflict(
                f"{name!r} is registered from {known}; remove it first, "
                "or give this one another name"
            )
        kind = "pipeline_updated" if known else "pipeline_added"
        await self._put(Entry(source), kind)
        self._stirred.set()
        return self.known()[name]

    def _path_of(self, name: str) -> str | None:
        if name in self.unread:
            return self.unread[name].path
        entry = self.known().get(name)
        return entry.source.path if entry else None

    async def remove(self, name: str) -> None:
        """Forget a pipeline or a policy; runs and results stay.

        Raises:
            UnknownPipeline: it is not registered.
        """
        async with self._editing:
            if name not in self.unread and name not in self.policies:
                self.get(name)
            await self._remove(name)

    async def _remove(self, name: str) -> None:
        at_ms = self._clock.now_ms()
        entry = self.known().get(name)
        gone = [policy.name for policy in entry.source.policies] if entry else [name]
        data = {"kind": entry.kind if entry else self.unread[name].kind}

        def work(connection: sqlite3.Connection) -> dict[str, Any]:
            connection.execute(sql("remove_pipeline"), {"name": name})
            policies.end(connection, gone)
            return events.append(
                connection, kind="pipeline_removed", at_ms=at_ms, pipeline=name, data=data
            )

        document = await self._store.write(work)
        self.entries.pop(name, None)
        self.policies.pop(name, None)
        self.unread.pop(name, None)
        self._hub.publish(document)
        self.changed.set()
        self._stirred.set()

    async def look(self, name: str) -> Entry[Source]:
        """Return a registered pipeline as its file is at this moment; see ``get``."""
        async with self._editing:
            if name in self.entries:
                await self._refresh(self.entries[name])
        return self.get(name)

    def get(self, name: str) -> Entry[Source]:
        """Return a registered pipeline.

        Raises:
            UnknownPipeline: it is not registered.
            PipelineInvalid: this version does not understand it, or it is a policy.
        """
        if name in self.policies:
            told = f"{name!r} is a policy: it runs {self.policies[name].source.policy.pipeline!r}"
            raise PipelineInvalid(told, (told,))
        if name in self.unread:
            told = f"{self.unread[name].path} is not understood; correct it, or remove {name!r}"
            raise PipelineInvalid(told, self.unread[name].problems)
        if name not in self.entries:
            known = ", ".join(sorted(self.entries)) or "none"
            raise UnknownPipeline(
                f"there is no pipeline {name!r} (registered: {known}); `trainauto add FILE`"
            )
        return self.entries[name]

    async def watch(self) -> None:
        """Follow the registered files until cancelled, every 10 s even if nothing is heard."""
        watcher = Watcher(lambda _: self._stirred.set(), self._stirred.set)
        watching = asyncio.create_task(watcher.run(), name="watch pipeline files")
        try:
            while True:
                self._stirred.clear()
                watcher.watch(self._places())
                await self.rescan()
                await pause(self._clock, RESCAN_S, self._stirred.wait())
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def rescan(self) -> None:
        """Read the files whose text is not the one in use."""
        for name in list(self.known()):
            async with self._editing:
                if (entry := self.known().get(name)) is not None:
                    await self._refresh(entry)
        for unread in list(self.unread.values()):
            async with self._editing:
                await self._read_again(unread)

    def _places(self) -> frozenset[Place]:
        """Return the folders that hold registered files, as far as there are any."""
        paths = [entry.source.path for entry in self.known().values()]
        paths += [unread.path for unread in self.unread.values()]
        folders = {os.path.dirname(path) for path in paths}
        return frozenset(place for folder in folders if (place := _place(folder)) is not None)

    async def _refresh(self, entry: Entry[Read]) -> None:
        path = Path(entry.source.path)
        try:
            text = await asyncio.to_thread(_read, path)
            if text == entry.broken_text:
                return
            if text == entry.source.text and not entry.problems:
                return
            source = await asyncio.to_thread(parse_document, path, text)
            if source.name != entry.name:
                told = f"{path}: the name changed to {source.name!r}; add it anew"
                raise PipelineInvalid(told, (told,))
            await self._put(Entry(source), "pipeline_updated")
        except PipelineInvalid as error:
            broken = text if not isinstance(error, _Unreadable) else None
            if error.problems != entry.problems or broken != entry.broken_text:
                if not await _stands(path, broken):
                    self._stirred.set()  # half of it was read: what it becomes is read next
                    return
                problems = error.problems
                await self._put(
                    replace(entry, problems=problems, broken_text=broken), "pipeline_broken"
                )

    async def _read_again(self, unread: Unread) -> None:
        """Take up a pipeline whose file was corrected since."""
        with suppress(PipelineInvalid):
            source = await asyncio.to_thread(read_document, Path(unread.path))
            if source.name == unread.name and unread.name in self.unread:
                await self._put(Entry(source), "pipeline_updated")

    async def _put(self, entry: Entry[Read], kind: str) -> None:
        source, at_ms = entry.source, self._clock.now_ms()
        row = {
            "name": entry.name,
            "kind": entry.kind,
            "path": source.path,
            "spec_digest": source.digest,
            "problems": json.dumps(entry.problems),
            "at_ms": at_ms,
        }
        before = self.known().get(entry.name)
        old = {policy.name: policy for policy in before.source.policies} if before else {}
        new = {policy.name: policy for policy in source.policies}
        turned = [n for n, policy in new.items() if n in old and not policy.hears_as(old[n])]

        def work(connection: sqlite3.Connection) -> dict[str, Any]:
            connection.execute(sql("add_spec"), {"digest": source.digest, "text": source.text})
            connection.execute(sql("put_pipeline"), row)
            data = {"kind": entry.kind, "path": source.path, "problems": list(entry.problems)}
            told = events.append(connection, kind=kind, at_ms=at_ms, pipeline=entry.name, data=data)
            policies.end(connection, old.keys() - new.keys())
            policies.begin(connection, new, told["seq"], at_ms)
            policies.skip(connection, turned, told["seq"], at_ms)
            return told

        document = await self._store.write(work)
        self.unread.pop(entry.name, None)
        self._keep(replace(entry, updated_ms=at_ms))
        self._hub.publish(document)
        self.changed.set()

    async def _tell(self, kind: str, name: str, error: PipelineInvalid) -> dict[str, Any]:
        at_ms = self._clock.now_ms()
        data = {"problems": list(error.problems)}
        return await self._store.write(
            lambda c: events.append(c, kind=kind, at_ms=at_ms, pipeline=name, data=data)
        )


async def _stands(path: Path, text: str | None) -> bool:
    """Tell whether a file that is broken still is what was read of it a moment ago."""
    await asyncio.sleep(WRITTEN_S)
    try:
        return await asyncio.to_thread(_read, path) == text
    except PipelineInvalid:
        return text is None


def _place(folder: str) -> Place | None:
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return Place(folder, (found.st_dev, found.st_ino), deep=False)


class _Unreadable(PipelineInvalid):
    """The file cannot be read."""


def _read(path: Path) -> str:
    """Return a file's text; a pipe, a device and a file too large for a pipeline are not read."""
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(errno.EINVAL, "is not a regular file")
            content = file.read(MAX_BYTES + 1)
            if len(content) > MAX_BYTES:
                raise OSError(errno.EFBIG, f"is larger than {MAX_BYTES >> 20} MiB")
            return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = f"{path}: {error.strerror if isinstance(error, OSError) else 'is not UTF-8 text'}"
        raise _Unreadable(told, (told,)) from error


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe would wait for somebody to write to it
