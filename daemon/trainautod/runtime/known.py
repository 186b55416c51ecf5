"""Results that were looked up or made lately, so that reusing one asks nobody."""

import threading

from trainautod.lineage.results import Result

MOST = 4096  # results; a few large pipelines
MOST_ROWS = 64  # files and metrics of one; a result with more is read from the store each time


class KnownResults:
    """Stored results by cache key; any thread may ask."""

    def __init__(self) -> None:
        self._results: dict[str, Result] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Result | None:
        """Return the result with this key, if it is known."""
        return self._results.get(key)

    def found(self, key: str, result: Result) -> None:
        """Keep a result that was read, unless a newer one is known meanwhile."""
        with self._lock:
            if key not in self._results:
                self._keep(key, result)

    def made(self, key: str, result: Result) -> None:
        """Keep a result that was just stored."""
        with self._lock:
            self._results.pop(key, None)
            self._keep(key, result)

    def forget(self, key: str) -> None:
        """Have the store asked again: a newer result is about to be stored, or this is damaged."""
        with self._lock:
            self._results.pop(key, None)

    def _keep(self, key: str, result: Result) -> None:
        if len(result.artifacts) + len(result.metrics) > MOST_ROWS:
            return
        if len(self._results) >= MOST:
            del self._results[next(iter(self._results))]
        self._results[key] = result
