"""GET /events: as JSON, or as a stream of server-sent events from any sequence number."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse, StreamingResponse

from trainautod.api.daemon import TheDaemon
from trainautod.lineage import events
from trainautod.runtime.daemon import Daemon

router = APIRouter()

PING_S = 5.0
LARGEST_PAGE = 5000


@router.get("/events", response_class=JSONResponse)
async def read_events(
    daemon: TheDaemon,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 1000,
    run_id: str | None = None,
    accept: Annotated[str, Header()] = "",
) -> Response:
    """Return events after a sequence number; with ``Accept: text/event-stream``, for ever."""
    if "text/event-stream" in accept:
        stream = _stream(daemon, after, run_id)
        return StreamingResponse(stream, media_type="text/event-stream")
    found = await daemon.store.read(lambda c: events.after(c, after, run_id=run_id, limit=limit))
    last = await daemon.store.read(events.last)
    return JSONResponse({"events": found, "last": last})


async def _stream(daemon: Daemon, after: int, run_id: str | None) -> AsyncIterator[str]:
    """Yield stored events, then live ones; a reader that lags is sent away to resume."""
    with daemon.hub.listen() as queue:
        yield ": hello\n\n"
        seen = after
        while True:
            read = partial(events.after, seq=seen, run_id=run_id, limit=LARGEST_PAGE)
            found = await daemon.store.read(read)
            for document in found:
                seen = document["seq"]
                yield _told(document)
            if len(found) < LARGEST_PAGE:
                break
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
            if live["seq"] > seen and run_id in (None, live["run_id"]):
                seen = live["seq"]
                yield _told(live)


def _told(document: dict[str, Any]) -> str:
    text = json.dumps(document, separators=(",", ":"))
    return f"id: {document['seq']}\nevent: {document['kind']}\ndata: {text}\n\n"
