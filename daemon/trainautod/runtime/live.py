"""What running attempts have reported so far, read from their records as these grow."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from trainautod.runtime.environment import RECORDS
from trainautod.runtime.records import Progress, Records, take_line
from trainautod.runtime.series import Point, Series

LARGEST_READ = 2 << 20  # bytes; a longer backlog, as of an adopted attempt, takes several looks
MOST_NAMES = 256  # metrics of one attempt that are told before it ends; then all are
MOST_POINTS = 1000  # of the curve of a metric
_ATTEMPTS_KEPT = 1024
_CURVES_KEPT = 16  # attempts; a person looks at the curves of one or two


class Sink(Protocol):
    """What is made of records while they come."""

    def take(self, records: Records) -> None:
        """Take what was reported since the last time."""


class Latest:
    """The last value of each metric, and the last word on progress."""

    def __init__(self) -> None:
        self.metrics: dict[str, float | None] = {}
        self.progress: Progress | None = None

    def take(self, records: Records) -> None:
        """Take what was reported since the last time."""
        for metric in records.metrics:
            if metric.name in self.metrics or len(self.metrics) < MOST_NAMES:
                self.metrics[metric.name] = metric.value
        self.progress = records.progress or self.progress


class Curves:
    """The curve of each metric."""

    def __init__(self) -> None:
        self.series: dict[str, Series] = {}

    def take(self, records: Records) -> None:
        """Take what was reported since the last time."""
        for metric in records.metrics:
            if metric.name not in self.series and len(self.series) < MOST_NAMES:
                self.series[metric.name] = Series(MOST_POINTS)
            if metric.name in self.series:
                self.series[metric.name].add(metric.value, metric.at_step)

    def points(self, most: int) -> dict[str, list[Point]]:
        """Return each curve in at most ``most`` points."""
        return {name: series.points(most) for name, series in self.series.items()}


S = TypeVar("S", bound=Sink)
V = TypeVar("V")


class Tail(Generic[S]):
    """A records file that grows, each byte of it read once.

    A line counts once its end is there, so that one that is being written is left for later. A
    line that is not understood is passed over: the end of the attempt tells of it.
    """

    def __init__(self, path: Path, make: Callable[[], S]) -> None:
        self._path = path
        self._make = make
        self._lock = threading.Lock()
        self._offset = 0
        self._in_long_line = False
        self._sink = make()

    def look(self, view: Callable[[S], V]) -> V:
        """Read what is new, at most ``LARGEST_READ`` bytes, and return a view of all so far."""
        with self._lock:
            with suppress(FileNotFoundError):
                self._read_on()
            return view(self._sink)

    def _read_on(self) -> None:
        size = self._path.stat().st_size
        if size < self._offset:  # the step has written it anew
            self._offset, self._in_long_line, self._sink = 0, False, self._make()
        if size == self._offset:
            return
        with self._path.open("rb", buffering=0) as file:
            file.seek(self._offset)
            data = file.read(LARGEST_READ) or b""
        end = data.rfind(b"\n") + 1
        if not end and len(data) < LARGEST_READ:
            return
        self._take(data[:end])
        self._in_long_line = not end
        self._offset += end or len(data)

    def _take(self, data: bytes) -> None:
        lines = data.split(b"\n")
        found = Records()
        for number, line in enumerate(lines[1:] if self._in_long_line else lines, start=1):
            if line.strip():
                take_line(found, number, line)
        self._sink.take(found)


class LiveRecords:
    """The tails of the attempts that somebody looks at; safe to use from several threads."""

    def __init__(self, directory: Callable[[str, str, int], Path]) -> None:
        """Look for records in the ``directory`` of a run's, step's and attempt's name."""
        self._directory = directory
        self._lock = threading.Lock()
        self._latest: OrderedDict[Path, Tail[Latest]] = OrderedDict()
        self._curves: OrderedDict[Path, Tail[Curves]] = OrderedDict()

    def fill_in(self, run_id: str, steps: list[dict[str, Any]]) -> None:
        """Put what running steps have reported so far into their documents.

        Args:
            run_id: their run.
            steps: documents; those of running steps get their ``metrics`` and ``progress``.
        """
        for step in steps:
            if step["status"] == "running" and step["attempt"]:
                path = self._directory(run_id, step["id"], step["attempt"]) / RECORDS
                step |= self._tail(self._latest, path, Latest, _ATTEMPTS_KEPT).look(_latest)

    def curves(self, run_id: str, step: str, attempt: int, most: int) -> dict[str, list[Point]]:
        """Return the curve so far of each metric of an attempt, in at most ``most`` points."""
        path = self._directory(run_id, step, attempt) / RECORDS
        tail = self._tail(self._curves, path, Curves, _CURVES_KEPT)
        return tail.look(lambda curves: curves.points(most))

    def _tail(
        self, tails: OrderedDict[Path, Tail[S]], path: Path, make: Callable[[], S], most: int
    ) -> Tail[S]:
        """Return the tail of a file, a new one for a file that nobody has looked at of late."""
        with self._lock:
            tail = tails.pop(path, None) or Tail(path, make)
            tails[path] = tail
            if len(tails) > most:
                tails.popitem(last=False)
            return tail


def _latest(latest: Latest) -> dict[str, Any]:
    progress = latest.progress.to_json() if latest.progress else None
    return {"metrics": dict(latest.metrics), "progress": progress}
