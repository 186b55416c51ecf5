"""A training step in full: its curves, its tries, what it ran in and why it ran."""

import math
from typing import Any

from tests.tui.stage import FAILED, LIVE, Stage

STARTED_MS = 1373436484000  # 2013-07-10T06:08:04Z
LOCK = "9c1185a5c5e9fc54612808977ee8f548b2258d31d3b8b9f5a1b2c3d4e5f60718"
DATA = "3f2a91bc77aa08d1c2b3a4958677889900aabbccddeeff001122334455667788"


def on(stage: Stage) -> None:
    """Let the training steps of the live run tell how they do."""
    steps = {step["id"]: step for step in stage.runs[LIVE]["steps"]}
    xgb, mlp = steps["train_xgb"], steps["train_mlp"]
    xgb["progress"] = {"done": 410, "total": 800, "unit": "round"}
    xgb["metrics"] = {"val_loss": 0.2312, "loss": 0.2208}
    xgb["reason"] = "code train.py changed: 3f2a1b2c → 91bc77aa"
    mlp["progress"] = {"done": 14, "total": 40, "unit": "epoch"}
    mlp["metrics"] = {"val_loss": 0.2391}
    mlp["reason"] = "code train.py changed: 3f2a1b2c → 91bc77aa"
    stage.logs[LIVE, "train_mlp"] = b"epoch 13/40 loss 0.244 val_loss 0.239\n" * 30
    for step in (xgb, mlp):
        at = f"/runs/{LIVE}/steps/{step['id']}"
        stage.answers[f"{at}/metrics"] = series()
        stage.answers[at] = step | document(step["id"], failed_before=step["attempt"] > 1)
        stage.answers[f"{at}/explain"] = explanation(LIVE, step["id"])
    failed = next(step for step in stage.runs[FAILED]["steps"] if step["id"] == "evaluate")
    at = f"/runs/{FAILED}/steps/evaluate"
    stage.answers[at] = failed | document("evaluate", failed_before=False)
    ended = attempt(1, "failed") | {"exit_code": 1, "error": failed["error"]}
    stage.answers[at] |= {"attempts": [ended], "outputs": []}
    stage.answers[f"{at}/explain"] = explanation(FAILED, "evaluate")


def series() -> dict[str, Any]:
    """Return two losses that fall and an accuracy that rises, over forty epochs."""
    epochs = range(1, 41)

    def told(value: Any) -> list[list[Any]]:
        return [[n, value(n), STARTED_MS + n * 4000] for n in epochs]

    return {
        "attempt": 1,
        "complete": True,
        "series": {
            "loss": told(lambda n: 0.2 + 0.6 * math.exp(-n / 9)),
            "val_loss": told(lambda n: 0.23 + 0.55 * math.exp(-n / 8) + 0.01 * math.sin(n)),
            "auc": told(lambda n: 0.9 - 0.4 * math.exp(-n / 12)),
        },
    }


def document(name: str, failed_before: bool) -> dict[str, Any]:
    """Return what the daemon knows of a step beside its part in the run."""
    tries = [attempt(1, "failed"), attempt(2, "running")] if failed_before else []
    return {
        "run_id": LIVE,
        "group": None,
        "source": None,
        "command": f"python train.py --model {name.removeprefix('train_')} --days 7 --out model",
        "template": "python train.py --model {{item}} --days {{params.days}} --out model",
        "resources": {"cpus": 2.0, "gpus": 0, "memory_bytes": 4 * 1024**3},
        "timeout_s": 1800.0,
        "retries": 2,
        "environment": {
            "python": "CPython 3.11.7",
            "platform": "linux-x86_64",
            "packages": {"numpy": "2.4.6", "pandas": "2.3.1", "scikit-learn": "1.7.2"},
            "lock": LOCK,
            "git": {"commit": "8d1f0b2c9a7e", "dirty": True},
        },
        "inputs": [
            {"role": "upstream", "path": "data/features.parquet", "digest": DATA},
            {"role": "code", "path": "train.py", "digest": DATA[::-1]},
        ],
        "outputs": [
            {"path": "model/model.json", "digest": DATA, "size": 1_204_113},
            {"path": "metrics.json", "digest": LOCK, "size": 212},
        ],
        "attempts": tries or [attempt(1, "running")],
    }


def attempt(number: int, status: str) -> dict[str, Any]:
    """Return one try, ended or not."""
    ended = status != "running"
    return {
        "attempt": number,
        "status": status,
        "cause": "exited" if ended else None,
        "exit_code": 137 if ended else None,
        "signal": None,
        "started_at": f"2013-07-10T06:0{6 if ended else 8}:04.000+00:00",
        "ended_at": "2013-07-10T06:07:54.000+00:00" if ended else None,
        "duration_s": 110.0 if ended else None,
        "cpu_s": 182.4 if ended else None,
        "peak_memory_bytes": 3_912_000_000 if ended else None,
        "error": "MemoryError: cannot allocate 2.1 GiB\nfor the feature matrix" if ended else None,
        "log_bytes": 20_480,
        "log_dropped_bytes": 0,
    }


def explanation(run_id: str, step: str) -> dict[str, Any]:
    """Return why a step ran."""
    return {
        "run_id": run_id,
        "step": step,
        "status": "running",
        "cached": False,
        "reason": "code train.py changed: 3f2a1b2c → 91bc77aa",
        "cache_key": DATA,
        "changes": [
            "code train.py changed: 3f2a1b2c → 91bc77aa",
            "package numpy changed: 2.4.5 → 2.4.6",
        ],
        "compared_with": {"run_id": FAILED, "attempt": 1},
        "inputs": None,
    }
