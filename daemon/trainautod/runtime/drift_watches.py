"""Which drift files each policy watches, and when it has gone too long without a good report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from trainautod.lineage.times import iso_from_ms
from trainautod.runtime.catalog import Catalog
from trainautod.runtime.drift_files import is_report_file
from trainautod.runtime.policies import registered
from trainautod.spec.duration import format_seconds
from trainautod.triggers.globs import Pattern


@dataclass(frozen=True, slots=True)
class Watch:
    """The drift files of one policy.

    Attributes:
        policy: its name.
        pipeline: the pipeline that it runs.
        patterns: where they are.
        max_age_s: longest time without a good report; any when None.
        since_ms: when it was registered or changed, Unix milliseconds.
    """

    policy: str
    pipeline: str
    patterns: tuple[Pattern, ...]
    max_age_s: float | None
    since_ms: int

    @property
    def places(self) -> tuple[str, ...]:
        """The patterns as absolute paths."""
        return tuple("/".join((p.base, *(() if p.plain else p.parts))) for p in self.patterns)

    def wants(self, path: str) -> bool:
        """Tell whether a file is meant; a pattern that ends in ``*`` means report files alone."""
        return any(
            pattern.matches(path)
            and (is_report_file(path) or path == pattern.base or pattern.parts[-1] != "*")
            for pattern in self.patterns
        )


@dataclass(frozen=True, slots=True)
class Lapse:
    """A policy that has gone too long without a good report.

    Attributes:
        watch: the policy's files.
        path: the file of its last good report, else what it watches.
        since_ms: when that report was read, or since when the policy waits for one.
        has_report: whether there was one.
        times: how often ``max_age`` has passed since then.
    """

    watch: Watch
    path: str
    since_ms: int
    has_report: bool
    times: int = 1

    @property
    def key(self) -> str:
        """Names the lapse: each further ``max_age`` is another one, as after another report."""
        return f"{self.watch.policy} {self.since_ms} {self.times}"

    @property
    def reason(self) -> str:
        """What is told of it."""
        allowed = format_seconds(self.watch.max_age_s or 0.0)
        last = f"the last one is of {iso_from_ms(self.since_ms)}"
        none = f"it waits for the first one since {iso_from_ms(self.since_ms)}"
        told = last if self.has_report else none
        return f"no good report for more than {allowed} (max_age of {self.watch.policy}): {told}"


def watches(catalog: Catalog) -> list[Watch]:
    """Return the drift files of each policy that has any."""
    return [
        Watch(
            name, known.policy.pipeline, known.watch, known.policy.max_age_s, known.entry.updated_ms
        )
        for name, known in registered(catalog).items()
        if known.watch
    ]


def lapses(known: Iterable[Watch], good: Mapping[str, int], now_ms: int) -> list[Lapse]:
    """Return the policies that have gone too long without a good report.

    Args:
        known: the files of each policy.
        good: when the newest good report of each file was read, Unix milliseconds.
        now_ms: now.
    """
    asking = [watch for watch in known if watch.max_age_s is not None]
    newest_first = sorted(((at_ms, path) for path, at_ms in good.items()), reverse=True)
    found = (_lapse(watch, newest_first, now_ms) for watch in asking)
    return [lapse for lapse in found if lapse is not None]


def _lapse(watch: Watch, good: Sequence[tuple[int, str]], now_ms: int) -> Lapse | None:
    if watch.max_age_s is None:
        return None
    latest_ms = now_ms + watch.max_age_s * 1000  # what is later still was read by a wrong clock
    newest = _newest(watch, (each for each in good if each[0] <= latest_ms))
    times = int((now_ms - newest.since_ms) / 1000 / watch.max_age_s)
    return replace(newest, times=times) if times > 0 else None


def _newest(watch: Watch, good: Iterable[tuple[int, str]]) -> Lapse:
    for at_ms, path in good:
        if watch.wants(path):
            return Lapse(watch, path, at_ms, has_report=True)
    return Lapse(watch, watch.places[0], watch.since_ms, has_report=False)
