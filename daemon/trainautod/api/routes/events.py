"""GET /events: as JSON, or as a stream of server-sent events from any sequence number."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from trainautod.api.routing import Call, Endpoint, NoBody
from trainautod.lineage import events
from trainautod.runtime.daemon import Daemon

PING_S = 5.0
LARGEST_PAGE = 5000
LARGEST_SEQ = (1 << 63) - 1  # the store's integers have 64 bits


class EventsQuery(BaseModel):
    """Which events: those after a sequence number, of one run or of all."""

    model_config = ConfigDict(extra="forbid")
    after: int = Field(0, ge=0, le=LARGEST_SEQ)
    limit: int = Field(1000, ge=1, le=LARGEST_PAGE)
    run_id: str | None = None


async def read_events(
    daemon: Daemon, call: Call[EventsQuery, NoBody]
) -> dict[str, Any] | StreamingResponse:
    """Return events after a sequence number; with ``Accept: text/event-stream``, for ever."""
    query = call.query
    if "text/event-stream" in call.accept:
        stream = _stream(daemon, query.after, query.run_id)
        return StreamingResponse(stream, media_type="text/event-stream")
    read = partial(events.after, seq=query.after, run_id=query.run_id, limit=query.limit)
    return {
        "events": await daemon.store.read(read),
        "last": await daemon.store.read(events.last),
    }


async def _stream(daemon: Daemon, after: int, run_id: str | None) -> AsyncIterator[str]:
    """Yield stored events, then live ones; a reader that lags is sent away to resume."""
    with daemon.hub.listen() as queue:
        yield ": hello\n\n"
        seen = after
        async for document in _stored(daemon, after, run_id):
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
                if run_id in (None, live["run_id"]):
                    yield _told(live)
            elif live["seq"] > seen:  # another writer tells of the one before it a moment later
                async for document in _stored(daemon, seen, run_id):
                    seen = document["seq"]
                    yield _told(document)
                seen = max(seen, live["seq"])


async def _stored(daemon: Daemon, after: int, run_id: str | None) -> AsyncIterator[dict[str, Any]]:
    """Yield every stored event after a sequence number, a page at a time."""
    while True:
        read = partial(events.after, seq=after, run_id=run_id, limit=LARGEST_PAGE)
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
