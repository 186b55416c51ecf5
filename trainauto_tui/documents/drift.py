"""Drift files that are watched, and the reports that were read from them."""

from typing import TypedDict


class DriftReport(TypedDict):
    """One valid report: the overall score, and a score per feature.

    ``path`` is the file that it was read from, ``at`` when.
    """

    id: int
    path: str
    at: str
    drift_score: float
    features: dict[str, float]


class DriftSource(TypedDict):
    """A drift file that policies watch.

    ``state`` is good, unknown (its newest content cannot be read), stale (no good report for
    longer than a policy allows) or waiting (no report yet); ``reason`` says why it is not good.
    ``last_good`` is the newest valid report, which stays whatever comes after it.
    """

    path: str
    state: str
    reason: str | None
    policies: list[str]
    last_good: DriftReport | None
    checked_at: str | None
