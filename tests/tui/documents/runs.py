"""Runs of a busy week, to fill a list with."""

from datetime import UTC, datetime, timedelta
from typing import Any

FIRST = datetime(2013, 7, 10, 5, 30, tzinfo=UTC)
PIPELINES = ("flights-nightly", "churn", "weekly-report")
STATUSES = ("succeeded", "succeeded", "failed", "succeeded", "cancelled", "succeeded", "skipped")
TRIGGERS = ("cron", "cron", "data", "manual", "drift", "backfill")
CAUSES = {
    "cron": "0 2 * * *, slot 2013-07-10 02:00",
    "data": "3 files: incoming/2013-07-08.parquet, incoming/2013-07-09.parquet, …",
    "drift": "drift_score 0.27 > 0.1 in monitoring/flights.json",
    "backfill": "backfill 0bq3, slot 3 of 14",
}
ERRORS = (
    "fetch ended with exit code 1\nhttp.client.RemoteDisconnected: no answer",
    "evaluate missed its threshold\nroc_auc 0.71 is below 0.82",
)


def week(count: int) -> list[dict[str, Any]]:
    """Return ``count`` finished runs, newest first, one every two hours."""
    return [_run(number) for number in range(count)]


def trigger(kind: str) -> dict[str, Any]:
    """Return what started a run, with its cause unless a person did."""
    return {"kind": kind} | ({"cause": CAUSES[kind]} if kind in CAUSES else {})


def _run(number: int) -> dict[str, Any]:
    began = FIRST - timedelta(hours=2 * number)
    took = timedelta(seconds=40 + 37 * (number % 11))
    status = STATUSES[number % len(STATUSES)]
    failed = status == "failed"
    error = {"step": ("fetch", "evaluate")[number % 2], "message": ERRORS[number % 2]}
    return {
        "run_id": f"0bp{999 - number:03}k7x2m9d4f6",
        "pipeline": PIPELINES[number % len(PIPELINES)],
        "status": status,
        "scheduled_time": (began - timedelta(hours=4)).isoformat(timespec="milliseconds"),
        "trigger": trigger(TRIGGERS[number % len(TRIGGERS)]),
        "params": {"days": 7} if number % 3 else {"days": 14, "learning_rate": 0.05},
        "started_at": None if status == "skipped" else began.isoformat(),
        "ended_at": (began + took).isoformat(),
        "duration_s": None if status == "skipped" else took.total_seconds(),
        "error": error if failed else None,
        "steps": [
            _step("fetch", (), "failed" if failed and not number % 2 else "succeeded"),
            _step("train", ("fetch",), "skipped" if failed and not number % 2 else "succeeded"),
            _step("evaluate", ("train",), status if failed and number % 2 else "skipped"),
        ],
    }


def _step(name: str, needs: tuple[str, ...], status: str) -> dict[str, Any]:
    began = status != "skipped"
    return {
        "id": name,
        "status": status,
        "cached": False,
        "attempt": 1 if began else 0,
        "exit_code": {"succeeded": 0, "failed": 1}.get(status),
        "duration_s": 12.4 if began else None,
        "reason": "the data changed" if began else None,
        "cache_key": "3f2a91bc" if began else None,
        "metrics": {},
        "outputs": [],
        "needs": list(needs),
        "error": ERRORS[name == "evaluate"] if status == "failed" else None,
    }
