"""Train the delay model on every feature's encoder, made anew or kept, and tell what it cost.

A logistic regression of the encoders' log-odds, so that one coefficient per feature says how much
its encoder is believed. The newest days stay unseen for ``eval_partial.py``.
"""

import argparse
import json
import pickle
import resource
import sys
import time
from pathlib import Path
from typing import Any

import trainauto
from encoders import encoded, training_days
from flights import CATEGORIES, FEATURES, LABEL, log, read_features, sha256, write_json
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

KIB_PER_MIB = 1024


def read_encoders(folder: Path) -> dict[str, dict[str, Any]]:
    """Return every feature's encoder; exits naming those that are not there."""
    missing = [name for name in FEATURES if not (folder / f"{name}.json").exists()]
    if missing:
        sys.exit(f"{folder} has no encoder of {', '.join(missing)}: run encode.py for each")
    return {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in FEATURES}


def columns(frame: Any) -> dict[str, Any]:
    """Return the features of a table as arrays that encoders read."""
    texts = {name: frame[name].astype(object).to_numpy() for name in CATEGORIES}
    return {
        name: texts[name] if name in texts else frame[name].to_numpy("float64") for name in FEATURES
    }


def peak_memory_mib() -> float:
    """Return the most memory that this process has held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / KIB_PER_MIB / (KIB_PER_MIB if sys.platform == "darwin" else 1)


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description="Train the delay model on encoded features.")
    parser.add_argument("--data", type=Path, default=Path("data/features.parquet"))
    parser.add_argument("--encoders", type=Path, default=Path("encoders"))
    parser.add_argument("--holdout", type=int, required=True, help="newest days to leave unseen")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--model", type=Path, default=Path("models/model.pkl"))
    parser.add_argument("--metrics", type=Path, default=Path("metrics.json"))
    given = parser.parse_args()
    with threadpool_limits(1):  # equal bytes on any machine
        train(given)


def train(given: argparse.Namespace) -> None:
    """Train, then write the model, its metrics and its cost."""
    encoders = read_encoders(given.encoders)
    frame = read_features(given.data)
    days = training_days(frame["day"], given.holdout)
    rows = frame[frame["day"].isin(days)]
    begun = time.process_time()
    inputs, late = encoded(encoders, columns(rows)), rows[LABEL].to_numpy()
    model = LogisticRegression(C=1.0, max_iter=500, random_state=given.seed).fit(inputs, late)
    train_cpu_s = time.process_time() - begun
    bundle = {
        "model": model,
        "features": list(FEATURES),
        "encoders": encoders,
        "train_days": [days[0], days[-1]],
        "holdout": given.holdout,
    }
    given.model.parent.mkdir(parents=True, exist_ok=True)
    given.model.write_bytes(pickle.dumps(bundle, protocol=5))
    metrics = {
        "train_roc_auc": float(roc_auc_score(late, model.predict_proba(inputs)[:, 1])),
        "train_rows": len(rows),
        "train_cpu_s": round(train_cpu_s, 4),
        "train_peak_memory_mib": round(peak_memory_mib(), 1),
        "model_bytes": given.model.stat().st_size,
    }
    log(f"trained on {len(rows)} flights of {days[0]} to {days[-1]}")
    for name, coefficient in zip(FEATURES, model.coef_[0], strict=True):
        learned = encoders[name]["days"]
        log(f"{name:<17} {coefficient:+.3f}   encoder of {learned[0]} to {learned[1]}")
    for name, value in metrics.items():
        trainauto.log_metric(name, value)
    write_json({**metrics, "model_sha256": sha256(given.model)}, given.metrics)


if __name__ == "__main__":
    main()
