"""The history of an afternoon: what each kind of event looks like, and pages of them."""

from collections.abc import Callable
from typing import Any

RUN = "0bq3k7x2m9d4f6hs"
LOST = "0bq2z9c4v6b8n1mk"
PIPELINE = "flights-nightly"


def event(
    seq: int,
    clock: str,
    kind: str,
    step: str | None = None,
    run_status: str | None = None,
    steps: dict[str, str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return an event of 10 July 2013 at ``clock``; ``more`` are its fields."""
    return {
        "seq": seq,
        "at": f"2013-07-10T{clock}+00:00",
        "kind": kind,
        "run_id": None if kind.startswith(("pipeline_", "daemon_", "task_")) else RUN,
        "step": step,
        "attempt": None,
        "pipeline": None if kind.startswith(("daemon_", "task_")) else PIPELINE,
        "data": {},
        "changes": {"run": run_status, "steps": steps or {}},
    } | more


def resolved(seq: int, clock: str, step: str, verdict: str, reason: str) -> dict[str, Any]:
    """Return what a step's resolution tells."""
    data = {"step": step, "verdict": {"verdict": verdict, "key": "3f2a91bc", "reason": reason}}
    return event(seq, clock, "step_resolved", step, data=data)


def finished(
    seq: int, clock: str, step: str, outcome: str, message: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return the end of an attempt."""
    data = {
        "step": step,
        "attempt": 1,
        "outcome": outcome,
        "exit_code": 0 if outcome == "succeeded" else 1,
        "message": message,
        "at_ms": 1373436664000,
    }
    return event(seq, clock, "attempt_finished", step, attempt=1, data=data, **more)


def history() -> list[dict[str, Any]]:
    """Return twenty-four events, one of each meaning at least."""
    missed = "exited with 1\nevaluate missed its threshold\nroc_auc 0.71 is below 0.82"
    broken = ["weekly.yaml:14: unknown key 'need' at steps[2]", "weekly.yaml:21: cron '0 25 * * *'"]
    version = {"model": "delay", "version": 18, "stage": "staging", "digest": "91bc3f2a"}
    return [
        event(1, "05:58:00.010", "daemon_started", data={"pid": 4242, "adopted_runs": 2}),
        event(2, "05:58:31.400", "pipeline_updated", data={"path": "/srv/pipelines/nightly.yaml"}),
        event(
            3,
            "05:59:02.071",
            "pipeline_broken",
            data={"problems": broken},
            pipeline="weekly-report",
        ),
        event(
            4,
            "06:00:00.001",
            "slot_fired",
            data={"cron": "0 2 * * *", "slot": "2013-07-10T02:00:00-04:00"},
        ),
        event(5, "06:00:00.002", "run_submitted", run_status="queued", data={"steps": 12}),
        resolved(6, "06:00:00.130", "ingest", "execute", "input data/incoming changed"),
        event(7, "06:00:00.131", "slots_granted", "ingest", steps={"ingest": "running"}),
        finished(8, "06:00:12.400", "ingest", "succeeded"),
        resolved(9, "06:00:12.520", "featurize", "reuse", "same as run 0bq2z5p3o7i1u9yt"),
        event(10, "06:01:09.700", "slots_granted", "train_xgb", data={"gpus": [0, 1]}),
        finished(
            11,
            "06:02:40.000",
            "train_mlp",
            "failed",
            "exited with 137\nkilled: out of memory",
            steps={"train_mlp": "running"},
        ),
        event(12, "06:03:10.000", "retry_due", "train_mlp"),
        event(13, "06:03:10.002", "slots_granted", "train_mlp", data={"gpus": [0]}),
        event(14, "06:04:00.320", "task_died", data={"task": "watcher", "error": "OSError: gone"}),
        finished(15, "06:05:02.000", "train_lr", "succeeded"),
        event(16, "06:06:00.000", "model_registered", "register", data=version),
        event(17, "06:06:30.000", "run_retried", run_id=LOST, data={"actor": "ana"}),
        finished(
            18,
            "06:07:13.900",
            "evaluate",
            "failed",
            missed,
            run_id=LOST,
            run_status="failed",
            steps={"evaluate": "failed", "register": "skipped", "canary": "skipped"},
        ),
        event(19, "06:08:00.000", "cancel_requested", run_id=LOST, data={"actor": "ana"}),
        event(20, "06:08:01.000", "pipeline_added", pipeline="hello", data={"path": "/srv/h.yaml"}),
        event(21, "06:08:05.000", "pipeline_removed", pipeline="hello"),
        resolved(22, "06:09:00.000", "drift_check", "skip", "when: drift > 0.1 is false"),
        event(23, "06:10:00.000", "store_recovered", data={"was": "the disk is full"}, run_id=None),
        event(24, "06:10:44.070", "of_a_newer_daemon", data={"weight": 3}),
    ]


def pages(events: list[dict[str, Any]]) -> Callable[[dict[str, str]], dict[str, Any]]:
    """Return what answers ``GET /events`` out of ``events``, which may grow meanwhile."""

    def answer(query: dict[str, str]) -> dict[str, Any]:
        after, limit = int(query.get("after", 0)), int(query.get("limit", 1000))
        before = int(query.get("before", 1 << 63))
        kinds = query["kind"].split(",") if "kind" in query else []
        found = [
            one
            for one in events
            if after < one["seq"] < before
            and (not kinds or one["kind"] in kinds)
            and query.get("pipeline", one["pipeline"]) == one["pipeline"]
            and query.get("run_id", one["run_id"]) == one["run_id"]
        ]
        page = found[-limit:] if "before" in query else found[:limit]
        return {"events": page, "last": events[-1]["seq"] if events else 0}

    return answer
