"""A walk from the day's data to the model in production, and what was made of it since."""

from collections.abc import Callable
from typing import Any

RUN = "0bq3k7x2m9d4f6hs"
EARLIER = "0bq2z5p3o7i1u9yt"
DATA = "91bc3f2a" * 8
MODEL_FILE = "3f2a91bc" * 8

Node = dict[str, Any]


def run(run_id: str = RUN, status: str = "running") -> Node:
    """Return a run of the nightly pipeline."""
    return {
        "kind": "run",
        "id": run_id,
        "label": "flights-nightly",
        "detail": "cron, for 2013-07-10 02:00",
        "at": "2013-07-10T06:00:00.000+00:00",
        "status": status,
    }


def step(name: str, status: str = "succeeded", run_id: str = RUN) -> Node:
    """Return a step of a run."""
    return {
        "kind": "step",
        "id": f"{run_id}/{name}",
        "label": name,
        "detail": "flights-nightly, attempt 1",
        "at": "2013-07-10T06:00:12.000+00:00",
        "status": status,
    }


def file(path: str, digest: str, role: str, size: str) -> Node:
    """Return a file that was made or used."""
    return {
        "kind": "artifact",
        "id": digest,
        "label": path,
        "detail": f"{role}, {size}",
        "at": None,
        "status": None,
    }


def version(number: int, stage: str) -> Node:
    """Return a version of the delay model."""
    return {
        "kind": "version",
        "id": f"delay@{number}",
        "label": f"delay@{number}",
        "detail": "roc_auc 0.8712, rows 1204113",
        "at": "2013-07-10T06:06:00.000+00:00",
        "status": stage,
    }


def walks() -> dict[str, dict[str, Any]]:
    """Return what is told of each node, by what it is asked about by."""
    incoming = file("data/incoming/2013-07-09.parquet", DATA, "input", "12.4 MiB")
    model = file("model.joblib", MODEL_FILE, "output", "1.8 MiB")
    steps = [
        step("ingest"),
        step("validate"),
        step("featurize"),
        step("train_lr"),
        step("train_xgb", "running"),
        step("evaluate", "pending"),
    ]
    told = [
        (run(), [incoming, run(EARLIER, "succeeded")], steps),
        (incoming, [], [step("ingest"), step("ingest", run_id=EARLIER)]),
        (step("ingest"), [run(), incoming], [file("raw.parquet", "ab" * 32, "output", "98 MiB")]),
        (step("train_lr"), [run()], [version(18, "staging"), model]),
        (model, [step("train_lr")], [version(18, "staging"), step("evaluate", "pending")]),
        (version(18, "staging"), [step("train_lr"), model], []),
        (run(EARLIER, "succeeded"), [], [step("ingest", run_id=EARLIER), run()]),
    ]
    cut = {f"step:{RUN}/ingest"}
    return {
        f"{node['kind']}:{node['id']}": {
            "node": node,
            "up": up,
            "down": down,
            "more": {"up": False, "down": f"{node['kind']}:{node['id']}" in cut},
        }
        for node, up, down in told
    }


def answered(told: dict[str, dict[str, Any]]) -> Callable[[dict[str, str]], dict[str, Any] | None]:
    """Return what answers ``GET /lineage`` out of ``told``; latest is the run of the day."""
    return lambda query: told.get(query["of"].replace("latest", f"run:{RUN}"))


def models() -> list[dict[str, Any]]:
    """Return the registered model of these walks."""
    kept = {
        "version": 18,
        "stage": "staging",
        "run_id": RUN,
        "digest": MODEL_FILE,
        "metrics": {"roc_auc": 0.8712, "rows": 1_204_113.0},
        "created_at": "2013-07-10T06:06:00.000+00:00",
    }
    return [{"name": "delay", "production": 17, "versions": [kept]}]
