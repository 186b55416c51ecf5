"""Score the partly retrained model on the unseen days: quality, bias by group, and cost.

Fails below the threshold, and when the lateness of an origin's or a carrier's flights is foretold
worse than that of all flights by more than ``--max-gap`` with 95 % confidence. What a day does to
every flight alike, such as a storm, is no bias. Groups of fewer flights than ``MIN_GROUP`` are
told, and judged by nobody.
"""

import argparse
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import trainauto
from encoders import encoded, training_days
from eval import auc, latencies, scores, verdict
from flights import FEATURES, LABEL, log, read_features, read_json, sha256, write_json
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from train_partial import columns, peak_memory_mib

GROUPS = ("origin", "carrier")
MIN_GROUP = 100  # flights; with fewer, the gap's standard error passes 0.04
ONE_SIDED_95 = 1.645  # standard errors


def load(path: Path, metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the trained bundle; exits when it is not the model that ``metrics`` describe."""
    if not path.exists() or sha256(path) != metrics.get("model_sha256"):
        sys.exit(f"{path} is not the model that the metrics describe: run train_partial.py again")
    bundle: dict[str, Any] = pickle.loads(path.read_bytes())  # noqa: S301  made by train_partial.py
    if bundle["features"] != list(FEATURES):
        sys.exit(f"{path} was trained on other features: run train_partial.py again")
    return bundle


def gaps(
    frame: pd.DataFrame, late: NDArray[np.bool_], chance: NDArray[np.float64], max_gap: float
) -> list[dict[str, Any]]:
    """Return the gap of each group and its verdict.

    The gap is how much more often its flights are late than foretold, beyond what holds for all.
    """
    found = []
    error = late - chance - (late - chance).mean()
    for by in GROUPS:
        for group, rows in frame.groupby(by, sort=True).indices.items():
            gap, flights = float(error[rows].mean()), len(rows)
            bound = abs(gap) - ONE_SIDED_95 * float(error[rows].std()) / flights**0.5
            told = "too few flights" if flights < MIN_GROUP else "ok"
            if told == "ok" and bound > max_gap:
                told = "biased"
            found.append(
                {
                    "by": by,
                    "group": group,
                    "flights": flights,
                    "gap": round(gap, 4),
                    "verdict": told,
                }
            )
    return found


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Score the partly retrained model.")
    parser.add_argument("--metrics", type=Path, required=True, help="what train_partial.py wrote")
    parser.add_argument("--threshold", type=auc, required=True, help="lowest ROC AUC that passes")
    parser.add_argument("--max-gap", type=float, required=True, help="largest bias of a group")
    parser.add_argument("--model", type=Path, default=Path("models/model.pkl"))
    parser.add_argument("--data", type=Path, default=Path("data/features.parquet"))
    parser.add_argument("--output", type=Path, default=Path("eval.json"))
    return parser.parse_args()


def main() -> None:
    """Run the step."""
    given = options()
    metrics = read_json(given.metrics)
    bundle = load(given.model, metrics)
    frame = read_features(given.data)
    rows = frame[~frame["day"].isin(training_days(frame["day"], bundle["holdout"]))]
    rows = rows.reset_index(drop=True)
    late = rows[LABEL].to_numpy()
    with threadpool_limits(1):
        begun = time.process_time()
        inputs = encoded(bundle["encoders"], columns(rows))
        chance = bundle["model"].predict_proba(inputs)[:, 1]
        predict_us = (time.process_time() - begun) / len(rows) * 1e6
        measured = scores(late, chance) | latencies(bundle["model"], inputs)
    groups = gaps(rows, late, chance, given.max_gap)
    judged = [group for group in groups if group["verdict"] != "too few flights"]
    measured |= {
        "overall_gap": float((late - chance).mean()),
        "largest_gap": max((abs(group["gap"]) for group in judged), default=0.0),
        "predict_cpu_us": round(predict_us, 2),
        "predict_peak_memory_mib": round(peak_memory_mib(), 1),
        "model_bytes": metrics["model_bytes"],
    }
    report(measured, groups)
    biased = [group for group in judged if group["verdict"] == "biased"]
    passed = measured["roc_auc"] >= given.threshold and not biased
    described = {
        "passed": passed,
        "threshold": given.threshold,
        "max_gap": given.max_gap,
        "days": sorted(set(rows["day"])),
        "rows": len(rows),
        "groups": groups,
        "model_sha256": metrics["model_sha256"],
    }
    write_json(measured | described, given.output)
    if biased:
        named = ", ".join(f"{group['by']} {group['group']}" for group in biased)
        sys.exit(f"biased beyond {given.max_gap:g}: {named}")
    message = verdict(measured["roc_auc"], given.threshold)
    if not passed:
        sys.exit(message)
    log(f"{message} on {len(rows)} unseen flights")


def report(measured: dict[str, float], groups: list[dict[str, Any]]) -> None:
    """Write what was measured to the log and to the store."""
    for name, value in measured.items():
        trainauto.log_metric(name, value)
        log(f"{name} {value:.4f}")
    for group in groups:
        name = f"{group['by']} {group['group']}"
        log(
            f"{name:<12} {group['flights']:>5} flights  gap {group['gap']:+.4f}  {group['verdict']}"
        )


if __name__ == "__main__":
    main()
