"""Score the model on the held-out last day; write ``eval.json``; fail below the threshold."""

import argparse
import math
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import trainauto
from flights import FEATURES, LABEL, log, matrix, read_features, read_json, sha256, write_json
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score
from threadpoolctl import threadpool_limits

MIN_OF_EACH = 20  # late and punctual flights; with fewer, the AUC's standard error passes 0.06
PREDICTIONS = 200  # single predictions that are timed
WARM_UP = 20


def load(path: Path, metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the trained bundle; exits when it is not the model that ``metrics`` describe."""
    if not path.exists():
        sys.exit(f"{path} is not there: run train.py first")
    if sha256(path) != metrics.get("model_sha256"):
        sys.exit(f"{path} is not the model that the metrics describe: run train.py again")
    bundle: dict[str, Any] = pickle.loads(path.read_bytes())  # noqa: S301  made by train.py
    if bundle["features"] != list(FEATURES):
        sys.exit(f"{path} was trained on other features: run train.py again")
    return bundle


def holdout(frame: pd.DataFrame, bundle: dict[str, Any]) -> pd.DataFrame:
    """Return the held-out flights; exits when too few of a kind make every score a guess."""
    day = bundle["holdout_day"]
    rows: pd.DataFrame = frame[frame["day"] == day]
    late = int(rows[LABEL].sum())
    if min(late, len(rows) - late) < MIN_OF_EACH:
        sys.exit(
            f"too few flights on {day} to judge a model: {late} late and {len(rows) - late} "
            f"punctual, at least {MIN_OF_EACH} of each are needed"
        )
    return rows


def scores(late: NDArray[np.bool_], chance: NDArray[np.float64]) -> dict[str, float]:
    """Return how well ``chance`` (of being late, 0 to 1) foretold ``late``."""
    return {
        "roc_auc": float(roc_auc_score(late, chance)),
        "average_precision": float(average_precision_score(late, chance)),
        "log_loss": float(log_loss(late, chance, labels=[False, True])),
        "brier": float(brier_score_loss(late, chance)),
    }


def latencies(model: Any, inputs: NDArray[np.float64]) -> dict[str, float]:
    """Time predictions of one flight each; return the median and the 95th percentile in ms."""
    taken = []
    for number in range(WARM_UP + PREDICTIONS):
        row = inputs[number % len(inputs)][None, :]
        begun = time.perf_counter_ns()
        model.predict_proba(row)
        taken.append((time.perf_counter_ns() - begun) / 1e6)
    p50, p95 = np.percentile(taken[WARM_UP:], [50, 95])
    return {"latency_p50_ms": round(float(p50), 4), "latency_p95_ms": round(float(p95), 4)}


def verdict(roc_auc: float, threshold: float) -> str:
    """Say how the score compares; cut, not rounded, so that 0.81996 is not shown as 0.8200."""
    shown = math.floor(roc_auc * 10_000) / 10_000
    relation = "reaches" if roc_auc >= threshold else "is below"
    return f"roc_auc {shown:.4f} {relation} the threshold {threshold:g}"


def auc(text: str) -> float:
    """Read a threshold between 0 and 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Score the flight delay model.")
    parser.add_argument("--metrics", type=Path, required=True, help="what train.py wrote")
    parser.add_argument("--threshold", type=auc, required=True, help="lowest ROC AUC that passes")
    parser.add_argument("--model", type=Path, default=Path("models/model.pkl"))
    parser.add_argument("--data", type=Path, default=Path("data/features.parquet"))
    parser.add_argument("--output", type=Path, default=Path("eval.json"))
    return parser.parse_args()


def main() -> None:
    """Run the step."""
    given = options()
    metrics = read_json(given.metrics)
    bundle = load(given.model, metrics)
    rows = holdout(read_features(given.data), bundle)
    inputs = matrix(rows, bundle["categories"])
    late = rows[LABEL].to_numpy()
    with threadpool_limits(1):  # threads that wait for one another only blur a single prediction
        measured = scores(late, bundle["model"].predict_proba(inputs)[:, 1])
        measured |= latencies(bundle["model"], inputs)
    passed = measured["roc_auc"] >= given.threshold
    for name, value in measured.items():
        trainauto.log_metric(name, value)
        log(f"{name} {value:.4f}")
    described = {
        "passed": passed,
        "threshold": given.threshold,
        "day": bundle["holdout_day"],
        "rows": len(rows),
        "positives": int(late.sum()),
        "valid_roc_auc": metrics["valid_roc_auc"],
        "model_sha256": metrics["model_sha256"],
    }
    write_json(measured | described, given.output)
    message = verdict(measured["roc_auc"], given.threshold)
    if not passed:
        sys.exit(message)
    log(f"{message} on {bundle['holdout_day']}, {len(rows)} flights")


if __name__ == "__main__":
    main()
