"""Requests off the drawing thread: one daemon thread, one request at a time, the newest wins."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Request:
    """A call to make, and where its result goes; both on the fetcher's thread."""

    call: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]


@dataclass(slots=True)
class Fetcher:
    """Carries out requests in order; one that waits is replaced by a newer one of its key.

    Its thread is a daemon thread, so that an answer that never comes does not keep the UI from
    leaving.
    """

    name: str
    _waiting: OrderedDict[str, Request] = field(default_factory=OrderedDict)
    _wake: threading.Condition = field(default_factory=threading.Condition)
    _closed: bool = False

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._serve, name=self.name, daemon=True).start()

    def ask(self, key: str, request: Request) -> None:
        """Queue ``request``; it takes the place of one of the same ``key`` that still waits."""
        with self._wake:
            self._waiting[key] = request
            self._wake.notify()

    def close(self) -> None:
        """Take no further request; one that is under way is left alone."""
        with self._wake:
            self._closed = True
            self._waiting.clear()
            self._wake.notify()

    def _serve(self) -> None:
        while (request := self._next()) is not None:
            try:
                result = request.call()
            except Exception as error:  # noqa: BLE001 - whatever it is, its asker must hear of it
                request.failed(error)
            else:
                request.done(result)

    def _next(self) -> Request | None:
        with self._wake:
            while not self._waiting and not self._closed:
                self._wake.wait()
            return None if self._closed else self._waiting.popitem(last=False)[1]
