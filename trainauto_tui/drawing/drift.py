"""Drift scores and drift files: how far a score is, and how a source of scores is."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import takewhile

from trainauto_tui.documents import DriftReport, DriftSource
from trainauto_tui.drawing.curves import Curve, Level
from trainauto_tui.drawing.spans import Role, Span
from trainauto_tui.drawing.status import Look

WARN, ALARM = 0.1, 0.2
"""Scores from which on a distribution has shifted a little, and a lot.

They are the thresholds that are customary for the population stability index.
"""

OVERALL = "drift_score"  # the name of a report's overall score
LEAST_SCALE, MOST_SCALE = 0.25, 0.5  # at the end of a bar: both thresholds can be told apart
LEAST_CEILING = 1.0
LEVELS = (Level(WARN, "warn"), Level(ALARM, "bad"))
BEYOND, ASCII_BEYOND = "▸", ">"
_LINE, _HALF = "━", "╸"  # a line: bars of full height would run together
_LOW = Look("·", ".", "low", "good")
_WARN = Look("△", "!", "warn", "warn")
_ALARM = Look("▲", "#", "alarm", "bad")
_STATES: Mapping[str, Look] = {
    "good": Look("●", "*", "good", "good"),
    "unknown": Look("?", "?", "unknown", "warn"),
    "stale": Look("◐", "%", "stale", "bad"),
    "waiting": Look("◌", ".", "waiting", "muted"),
}


def level(score: float) -> Look:
    """Return how far a score is: low, warn (0.1 and more) or alarm (0.2 and more)."""
    return _ALARM if score >= ALARM else _WARN if score >= WARN else _LOW


def state(source: DriftSource) -> Look:
    """Return how the state of a drift file looks; one that a newer daemon knows has its word."""
    return _STATES.get(source["state"]) or Look("?", "?", source["state"], "warn")


def legend(plain: bool) -> tuple[Span, ...]:
    """Return the thresholds with the marks of scores that reach them: ``△ 0.1  ▲ 0.2``."""
    shown = ((_WARN, WARN), (_ALARM, ALARM))
    return tuple(
        Span(f"{'  ' if at else ''}{look.mark(plain)} {value:g}", look.role)
        for at, (look, value) in enumerate(shown)
    )


def written(score: float) -> str:
    """Return a score in at most six cells: three places, fewer of a large one."""
    return f"{score:.3f}" if score < 10 else f"{score:.1f}" if score < 1000 else f"{score:.0e}"


# Bars.


def scale(scores: Sequence[float]) -> float:
    """Return the score at the end of the bars of ``scores``.

    What is beyond is drawn as a full bar with a tip: on a scale that reaches further the
    thresholds could not be told apart.
    """
    return min(max(LEAST_SCALE, *scores, LEAST_SCALE), MOST_SCALE)


def ruler(cells: int, top: float) -> str:
    """Return what stands above bars of so many cells: each threshold above its mark."""
    text = ""
    for value in (WARN, ALARM):
        at, name = _cell(value, cells, top), f"{value:g}"
        if at + len(name) <= cells and (not text or at > len(text)):
            text = text.ljust(at) + name
    return text


def bar(score: float, cells: int, top: float, plain: bool) -> tuple[Span, ...]:
    """Return a score as a bar of exactly ``cells``, on which the thresholds are marked.

    Args:
        score: The score, 0 or more.
        cells: Its width.
        top: The score that fills it.
        plain: Draw in ASCII.
    """
    shown, role = min(max(score / top, 0.0), 1.0), level(score).role
    halves = round(shown * cells) * 2 if plain else round(shown * cells * 2)
    filled = ("=" if plain else _LINE) * (halves // 2) + _HALF * (halves % 2)
    text = list(filled.ljust(cells)[:cells])
    if score > top and cells:
        text[-1] = ASCII_BEYOND if plain else BEYOND
    marked = {_cell(value, cells, top) for value in (WARN, ALARM)}
    return _joined(
        [
            ("|" if plain else "┊", "muted") if at in marked else (glyph, role)
            for at, glyph in enumerate(text)
        ]
    )


def _cell(value: float, cells: int, top: float) -> int:
    return int(value / top * cells)


def _joined(cells: Sequence[tuple[str, Role]]) -> tuple[Span, ...]:
    """Return glyphs with roles as few spans: each costs some twenty bytes to send."""
    spans: list[Span] = []
    for glyph, role in cells:
        if spans and (spans[-1].role == role or glyph == " "):
            spans[-1] = Span(spans[-1].text + glyph, spans[-1].role)
        else:
            spans.append(Span(glyph, role))
    return tuple(spans)


# Files.


def worst(sources: Sequence[DriftSource]) -> str | None:
    """Return the path of the drift file with the highest score, the one to look at first."""
    scored = [(one["last_good"]["drift_score"], one) for one in sources if one["last_good"]]
    return max(scored, key=lambda pair: pair[0])[1]["path"] if scored else None


def ranked(report: DriftReport) -> list[tuple[str, float]]:
    """Return the scores of the features, the most affected first."""
    return sorted(report["features"].items(), key=lambda one: (-one[1], one[0]))


def history(reports: Sequence[DriftReport], feature: str) -> Curve:
    """Return a score from report to report, of reports that are newest first.

    It goes from 0, the oldest, in steps of one: reports of a month that were read in one go would
    stand on one another over time. Those without the feature leave a gap; ``OVERALL`` is the
    overall score.
    """
    points = []
    for place, report in enumerate(reversed(reports)):
        overall = feature == OVERALL
        score = report["drift_score"] if overall else report["features"].get(feature)
        points.append((float(place), math.nan if score is None else score))
    return Curve(feature, points)


def levels(held: Sequence[float]) -> tuple[Level, ...]:
    """Return the customary thresholds, and those that policies hold a score against."""
    own = sorted({value for value in held if value not in (WARN, ALARM)})
    return (*LEVELS, *(Level(value, "accent") for value in own))


def ceiling(held: Sequence[Level]) -> float:
    """Return up to where a history is drawn: above, one wild score would flatten all others."""
    return max(LEAST_CEILING, *(2 * one.value for one in held))


def since(curve: Curve, ticks: Sequence[str], everything: bool, plain: bool) -> tuple[Span, ...]:
    """Return since when the last score has not been below its level: ``▲ since 07-10 05:40``.

    Args:
        curve: A history, the oldest report first.
        ticks: When each of the reports was read.
        everything: Whether no report is older than these.
        plain: Draw in ASCII.
    """
    known = [(int(at), score) for at, score in curve.points if not math.isnan(score)]
    if not known or level(known[-1][1]) is _LOW:
        return ()
    look = level(known[-1][1])
    least = ALARM if look is _ALARM else WARN
    above = list(takewhile(lambda one: one[1] >= least, reversed(known)))
    word = "since" if everything or len(above) < len(known) else "before"
    return (Span(f"{look.mark(plain)} {word} {ticks[above[-1][0]]}", look.role),)


def moments(reports: Sequence[DriftReport], zone: tzinfo) -> list[str]:
    """Return when each of the reports was read, the oldest first: ``07-10 05:40``."""
    when = (datetime.fromisoformat(report["at"]).astimezone(zone) for report in reversed(reports))
    return [f"{one:%m-%d %H:%M}" for one in when]


def trouble(source: DriftSource, age: str) -> tuple[Span, ...]:
    """Return why a drift file is not good, and what holds meanwhile; nothing for a good one.

    Args:
        source: The drift file.
        age: How long ago its last good report was read; empty without one.
    """
    if source["state"] == "good":
        return ()
    look, last = state(source), source["last_good"]
    reason = source["reason"] or ("no report has come yet" if last is None else "")
    said = [Span(f"{look.word}: ", look.role), Span(reason)] if reason else []
    if last is not None:
        score = f"{written(last['drift_score'])}, {age}".removesuffix(", ")
        stays = f"{'; ' if reason else ''}last good stays: {score}"
        said.append(Span(stays, "muted"))
    return tuple(said)
