"""Drift files of two models, what they were on each day of June, and the policies on them."""

import math
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

FLIGHTS = "/srv/pipelines/monitoring/flights.json"
CHURN = "/srv/churn/monitoring/scores.jsonl"
CARDS = "/srv/cards/monitoring/drift.parquet"
NEW = "/srv/pipelines/monitoring/new.csv"
RUN = "0bq3k7x2m9d4f6hs"
DAYS = 34
FEATURES = {
    "dep_delay": 0.41,
    "distance": 0.18,
    "carrier": 0.13,
    "air_time": 0.09,
    "sched_dep_hour": 0.06,
    "temp": 0.05,
    "wind_speed": 0.03,
    "origin": 0.02,
    "visib": 0.011,
    "pressure": 0.004,
}

Document = dict[str, Any]


def report(number: int, path: str, at: str, score: float, features: Document) -> Document:
    """Return a valid report."""
    return {"id": number, "path": path, "at": at, "drift_score": score, "features": features}


def reports(days: int = DAYS) -> list[Document]:
    """Return a report of the flights for each of the last days, newest first."""
    return [_day(days - 1 - back, days) for back in range(days)]


def _day(number: int, days: int) -> Document:
    on = date(2013, 7, 10) - timedelta(days=days - 1 - number)
    part = (number + 1) / days
    features = {
        name: round(most * part**3 + 0.008 * (1 + math.sin(number + most * 50)), 4)
        for name, most in FEATURES.items()
    }
    score = round(0.27 * part**3 + 0.012 * (1 + math.sin(number)), 4)
    return report(number + 1, FLIGHTS, f"{on}T05:40:00.000+00:00", score, features)


def source(path: str, state: str, **more: Any) -> Document:
    """Return a drift file."""
    return {
        "path": path,
        "state": state,
        "reason": None,
        "policies": [],
        "last_good": None,
        "checked_at": "2013-07-10T06:10:00.000+00:00",
    } | more


def sources() -> list[Document]:
    """Return one drift file in each state."""
    churn = report(7, CHURN, "2013-07-10T02:05:00.000+00:00", 0.083, {"tenure": 0.12, "plan": 0.01})
    cards = report(3, CARDS, "2013-07-05T02:05:00.000+00:00", 0.14, {"amount": 0.2, "mcc": 0.08})
    return [
        source(FLIGHTS, "good", policies=["drift_policy"], last_good=reports()[0]),
        source(
            CHURN,
            "unknown",
            reason="line 9: features.tenure is NaN",
            policies=["churn:drift"],
            last_good=churn,
        ),
        source(
            CARDS,
            "stale",
            reason="no good report for 5 days; max_age is 2 days",
            policies=["cards:drift", "cards-weekly"],
            last_good=cards,
        ),
        source(NEW, "waiting", policies=["drift_policy"]),
    ]


def policy(name: str, pipeline: str, **more: Any) -> Document:
    """Return a policy on drift that has seen no event yet."""
    return {
        "name": name,
        "kind": "policy",
        "path": f"/srv/pipelines/{name}.yaml",
        "on": "drift_alert",
        "by_signal": False,
        "meant": None,
        "if": "drift_score > 0.1",
        "pipeline": pipeline,
        "target": "ok",
        "misfit": None,
        "cooldown_s": 0.0,
        "clear_below": None,
        "for": 1,
        "top": None,
        "watch": ["/srv/pipelines/monitoring/"],
        "max_age_s": None,
        "model": None,
        "state": "ok",
        "problems": [],
        "armed": True,
        "streak": 0,
        "fired_at": None,
        "fired_run_id": None,
        "cooldown_until": None,
        "last_event_at": None,
        "last_value": None,
        "last_verdict": None,
    } | more


def policies() -> list[Document]:
    """Return policies that cool down, that count, that are broken, and that wait."""
    return [
        policy("cards-weekly", "cards", state="broken", problems=["cards-weekly.yaml:3: no 'if'"]),
        policy(
            "churn:drift",
            "churn",
            kind="drift",
            streak=1,
            last_event_at="2013-07-10T02:05:00.000+00:00",
            last_verdict="held: 1 of 3",
            **{"for": 3},
        ),
        policy(
            "drift_policy",
            "retrain_partial",
            armed=False,
            clear_below=0.08,
            cooldown_s=21600.0,
            fired_at="2013-07-10T05:40:02.000+00:00",
            fired_run_id=RUN,
            cooldown_until="2013-07-10T11:40:02.000+00:00",
            last_event_at="2013-07-10T05:40:01.000+00:00",
            last_value=0.28,
            last_verdict="fired: drift_score 0.28 > 0.1 in monitoring/flights.json",
        ),
        policy("slow-answers", "distil", on="latency_alert", **{"if": "p99_ms > 250"}),
    ]


def on(answers: dict[str, Any], known: list[Document] | None = None) -> None:
    """Answer the routes of drift and policies; ``known`` are the drift files."""
    answers["/drift"] = {"sources": sources() if known is None else known}
    last = [one["last_good"] for one in sources()[1:] if one["last_good"]]
    answers["/drift/reports"] = paged([*reports(), *last])
    answers["/policies"] = {"policies": policies()}


def paged(every: list[Document]) -> Callable[[dict[str, str]], Document]:
    """Return what answers ``GET /drift/reports`` with reports, which are newest first."""

    def answer(query: dict[str, str]) -> Document:
        found = [one for one in every if one["path"] == query.get("path", one["path"])]
        return {"reports": found[: int(query["limit"])]}

    return answer
