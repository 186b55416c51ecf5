"""GET /events: as JSON, or as a stream of server-sent events from any sequence number."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from trainautod.api.filters import words
from trainautod.api.routing import Call, Endpoint, NoBody
from trainautod.lineage import events
from trainautod.lineage.events import LARGEST_SEQ, EventFilter
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.errors import FilterInvalid

PING_S = 5.0
LARGEST_PAGE = 5000


class EventsQuery(BaseModel):
    """Which events: the first ones above ``after``, or the last ones below ``before``.

    ``kind`` is words between commas.
    """

    model_config = ConfigDict(extra="forbid")
    after: int = Field(0, ge=0, le=LARGEST_SEQ)
    before: int | None = Field(None, ge=0, le=LARGEST_SEQ)
    limit: int = Field(1000, ge=1, le=LARGEST_PAGE)
    run_id: str | None = None
    pipeline: str | None = None
    kind: str | None = None


async def read_events(
    daemon: Daemon, call: Call[EventsQuery, NoBody]
) -> dict[str, Any] | StreamingResponse:
    """Return events, oldest first; with ``Accept: text/event-stream``, for ever."""
    query = call.query
    wanted = EventFilter(query.run_id, query.pipeline, words(query.kind))
    wanted.check()
    if "text/event-stream" in call.accept:
        if query.before is not None:
            raise FilterInvalid("a stream has no end: ask for it without `before`")
        stream = _stream(daemon, query.after, wanted)
        return StreamingResponse(stream, media_type="text/event-stream")
    found, last = await daemon.store.read(lambda c: (_page(c, query, wanted), events.last(c)))
    return {"events": found, "last": last}


def _page(
    connection: sqlite3.Connection, query: EventsQuery, wanted: EventFilter
) -> list[dict[str, Any]]:
    if query.before is None:
        return events.after(connection, query.after, wanted, limit=query.limit)
    return events.before(connection, query.before, wanted, after=query.after, limit=query.limit)


async def _stream(daemon: Daemon, after: int, wanted: EventFilter) -> AsyncIterator[str]:
    """Yield stored events, then live ones; a reader that lags is sent away to resume."""
    with daemon.hub.listen() as queue:
        yield ": hello\n\n"
        seen = after
        async for document in _stored(daemon, after, wanted):
            seen = document["seq"]
            yield _told(document)
        while True:
            live: dict[str, Any] | None
            try:
                async with asyncio.timeout(PING_S):
                    live = await queue.get()
            except TimeoutError:
                yield ": ping\n\n"
                continue
            if live is None:
                return
            if live["seq"] == seen + 1:
                seen = live["seq"]
                if wanted.admits(live):
                    yield _told(live)
            elif live["seq"] > seen:  # another writer tells of the one before it a moment later
                async for document in _stored(daemon, seen, wanted):
                    seen = document["seq"]
                    yield _told(document)
                seen = max(seen, live["seq"])


async def _stored(daemon: Daemon, after: int, wanted: EventFilter) -> AsyncIterator[dict[str, Any]]:
    """Yield every wanted event after a sequence number, a page at a time."""
    while True:
        read = partial(events.after, seq=after, wanted=wanted, limit=LARGEST_PAGE)
        found = await daemon.store.read(read)
        for document in found:
            after = document["seq"]
            yield document
        if len(found) < LARGEST_PAGE:
            return


def _told(document: dict[str, Any]) -> str:
    text = json.dumps(document, separators=(",", ":"))
    return f"id: {document['seq']}\nevent: {document['kind']}\ndata: {text}\n\n"


ENDPOINTS = (Endpoint("GET", "/events", read_events, query=EventsQuery),)
