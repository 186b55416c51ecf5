"""Events of one commit are published by several writers, each in its own moment."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.test_conductor import SteppedClock, tell
from trainautod.api.routes.events import _stream
from trainautod.lineage import events
from trainautod.lineage.events import EVERY, EventFilter
from trainautod.runtime.daemon import Daemon


@pytest.mark.parametrize(
    "wanted", [EVERY, EventFilter(run_id="r"), EventFilter(kinds=("one", "two", "three"))]
)
def test_a_stream_misses_no_event_that_is_published_late(
    tmp_path: Path, wanted: EventFilter
) -> None:
    async def story(daemon: Daemon, _clock: SteppedClock) -> None:
        async def store(kind: str) -> dict[str, Any]:
            return await daemon.store.write(
                lambda c: events.append(c, kind=kind, at_ms=0, run_id="r")
            )

        last = await daemon.store.read(events.last)
        stream = _stream(daemon, last, wanted)
        assert await anext(stream) == ": hello\n\n"
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.05)  # the stream waits for live events now
        documents = [await store(kind) for kind in ("one", "two", "three")]
        for late in (1, 0, 2):
            daemon.hub.publish(documents[late])
        pieces = [await first, await anext(stream), await anext(stream)]
        assert [json.loads(p.partition("data: ")[2])["kind"] for p in pieces] == [
            "one",
            "two",
            "three",
        ]
        await stream.aclose()  # type: ignore[attr-defined]

    tell(tmp_path / "home", story)
