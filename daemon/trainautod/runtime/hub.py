"""Telling live events to whoever listens; a slow listener is dropped and resumes from the store."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

BACKLOG = 2048  # events a listener may lag behind before it must resync


class EventHub:
    """Passes committed events on, in order."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[dict[str, Any] | None]] = set()
        self._closed = False

    def publish(self, document: dict[str, Any]) -> None:
        """Give a committed event to every listener."""
        for queue in list(self._queues):
            if queue.qsize() >= BACKLOG:
                self._queues.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(document)

    def close(self) -> None:
        """End every listener's stream, and the streams of those who come later."""
        self._closed = True
        for queue in self._queues:
            queue.put_nowait(None)
        self._queues.clear()

    @contextmanager
    def listen(self) -> Iterator["asyncio.Queue[dict[str, Any] | None]"]:
        """Yield a queue of events; ``None`` in it means: end, resume from the store."""
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        if self._closed:
            queue.put_nowait(None)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)
