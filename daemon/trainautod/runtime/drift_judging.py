"""What a reading of a drift file becomes: reports, events, and how far it is judged, at once."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from trainautod.drift.reports import FEATURES, OVERALL, Report
from trainautod.lineage import drift, events
from trainautod.lineage.drift import DriftSource
from trainautod.runtime.drift_files import UNFINISHED, Line, Reading


@dataclass(slots=True)
class _Judging:
    """One file while a reading of it is judged, inside a transaction.

    Attributes:
        judged: how far it was judged, and then is.
        whole: the file is one report.
        told: the events so far.
    """

    connection: sqlite3.Connection
    judged: DriftSource
    whole: bool
    pipelines: Sequence[str]
    at_ms: int
    told: list[dict[str, Any]] = field(default_factory=list)

    def take(self, line: Line, report: Report, same: list[int]) -> None:
        """Take in a valid report.

        Args:
            line: that holds it.
            report: the report.
            same: reports of the file with the same bytes, oldest first; those that are found again
                are taken out.
        """
        known = self._found_again(line, same)
        if known is not None:
            self.judged = replace(self.judged, last_good=known, reason=None)
            return
        number = self._add(line, report)
        good = replace(self.judged, last_good=number, good_ms=self.at_ms, reason=None)
        self.judged = good
        if line.end >= good.history:
            self._tell("drift_alert", event_data(report, good.path, number))

    def _found_again(self, line: Line, same: list[int]) -> int | None:
        """Return the report that a line is still; None when it is a new one."""
        if self.whole:
            return self.judged.last_good if self.judged.last_good in same else None
        return same.pop(0) if same and line.end <= self.judged.rewritten else None

    def refuse(self, reason: str, content: str, *, silent: bool = False) -> None:
        """Tell that content is unknown, once."""
        if self.judged.told == content:
            return
        self.judged = replace(self.judged, told=content)
        if silent:
            return
        last = {"last_good": self.judged.last_good, "pipelines": list(self.pipelines)}
        self._tell("drift_unknown", {"path": self.judged.path, "reason": reason, **last})

    def _add(self, line: Line, report: Report) -> int:
        return drift.add_report(
            self.connection,
            path=self.judged.path,
            position=line.number,
            digest=line.digest,
            score=report.score,
            features=report.features,
            values=report.values,
            at_ms=self.at_ms,
        )

    def _tell(self, kind: str, data: dict[str, Any]) -> None:
        told = events.append(self.connection, kind=kind, at_ms=self.at_ms, data=data)
        self.told.append(told)


def judge(
    connection: sqlite3.Connection,
    path: str,
    reading: Reading,
    *,
    old: bool = False,
    newest: bool = True,
    pipelines: Sequence[str],
    at_ms: int,
) -> list[dict[str, Any]]:
    """Record a reading; return the documents of the events that tell it.

    Args:
        connection: inside a transaction.
        path: of the drift file.
        reading: of the file, after what the store says is judged.
        old: the file was there before anybody watched it: when it is judged for the first time,
            its last report alone is told.
        newest: of all that are watched; of another one that is old nothing is told then.
        pipelines: those that its policies run.
        at_ms: now, Unix milliseconds.
    """
    before = drift.source(connection, path)
    begun = before or DriftSource(path)
    if old and begun.digest is None:
        begun = replace(begun, history=reading.extent + (not newest))
    if reading.anew:
        begun = _rewritten(begun, reading.extent)
    judging = _Judging(connection, begun, reading.whole, pipelines, at_ms)
    _judge_lines(judging, reading.lines)
    if reading.trouble is not None:
        silent = reading.extent < begun.history
        judging.refuse(reading.trouble, reading.content, silent=silent)
    reached = replace(judging.judged, position=reading.position, digest=reading.digest)
    if not reading.more:
        reached = replace(reached, history=0)
    if not reading.growing:
        reached = replace(reached, trouble=reading.trouble)
    if reached != before:
        drift.put(connection, replace(reached, at_ms=at_ms))
    return judging.told


def _rewritten(begun: DriftSource, extent: int) -> DriftSource:
    """Return a file that was written anew; it may not be as long as before yet."""
    farthest = max(extent, begun.position, begun.rewritten)
    history = begun.history if begun.digest == UNFINISHED else 0
    return replace(begun, history=history, rewritten=farthest)


def _judge_lines(judging: _Judging, lines: Sequence[Line]) -> None:
    if not lines:
        return
    digests = {line.digest for line in lines if line.report is not None}
    known = drift.recorded(judging.connection, judging.judged.path, digests)
    for line in lines:
        if line.report is None:
            judging.judged = replace(judging.judged, reason=line.reason)
        else:
            judging.take(line, line.report, known.get(line.digest, []))
    refused = [line for line in lines if line.report is None]
    if refused:  # told together: a damaged file has many
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        silent = refused[-1].end < judging.judged.history
        judging.refuse(refused[0].reason + more, refused[0].digest, silent=silent)


def event_data(report: Report, path: str, number: int) -> dict[str, Any]:
    """Return what the event of a report carries, and conditions read."""
    scores = {OVERALL: report.score, FEATURES: dict(report.features), "affected": report.affected}
    return {**report.values, **scores, "path": path, "report": number}
