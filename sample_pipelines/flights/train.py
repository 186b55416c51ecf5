"""Train the delay model on every day but the last, which stays unseen for ``eval.py``.

First the last training day validates a model of the days before it, round by round; then the
model that is kept learns from all training days. Same data, options and code give a
``models/model.pkl`` of the same bytes.

The file is a pickled dict: ``model`` predicts from the array that ``flights.matrix`` makes of
``features`` and ``categories``; the rest says where the model comes from.
"""

import argparse
import pickle
import platform
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
import trainauto
from flights import (
    CATEGORIES,
    FEATURES,
    LABEL,
    categories_of,
    log,
    matrix,
    read_features,
    sha256,
    write_json,
)
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score
from threadpoolctl import threadpool_limits

STAGE_ROUNDS = 5  # boosting rounds between two reports; each fit reads the data anew
HERE = Path(__file__).parent


def classifier(given: argparse.Namespace) -> HistGradientBoostingClassifier:
    """Return an untrained model that can be grown in stages."""
    return HistGradientBoostingClassifier(
        learning_rate=given.learning_rate,
        max_leaf_nodes=given.leaves,
        min_samples_leaf=40,
        l2_regularization=5.0,
        max_features=0.7,
        # A longer departure delay never makes an arrival less late; without this, the few
        # long delays of one week are fitted as noise.
        monotonic_cst=[int(name == "dep_delay") for name in FEATURES],
        categorical_features=[name in CATEGORIES for name in FEATURES],
        early_stopping=False,
        warm_start=True,
        random_state=given.seed,
    )


def validate(
    model: HistGradientBoostingClassifier, train: pd.DataFrame, valid: pd.DataFrame, rounds: int
) -> dict[str, float]:
    """Train in stages and log the validation curve round by round; return its last point.

    Exits when the step is asked to stop: a model of fewer rounds would pass for the full one.
    """
    categories = categories_of(train)
    inputs, late = matrix(train, categories), train[LABEL].to_numpy()
    unseen, truth = matrix(valid, categories), valid[LABEL].to_numpy()
    point: dict[str, float] = {}
    for before in range(0, rounds, STAGE_ROUNDS):
        done = min(rounds, before + STAGE_ROUNDS)
        model.set_params(max_iter=done).fit(inputs, late)
        grown = islice(model.staged_predict_proba(unseen), before, done)
        for at, chances in enumerate(grown, start=before + 1):
            point = scores(chances, truth, "valid")
            for name, value in point.items():
                trainauto.log_metric(name, value, step=at)
        trainauto.log_progress(done, 2 * rounds, "rounds")  # the kept model takes as many
        curve = "  ".join(f"{name} {value:.4f}" for name, value in point.items())
        log(f"round {done:>{len(str(rounds))}}/{rounds}  {curve}")
        if trainauto.should_stop() and done < rounds:
            sys.exit(f"stopped on request after {done} of {rounds} rounds; no model was written")
    return point


def scores(chances: Any, late: Any, which: str) -> dict[str, float]:
    """Return ROC AUC and log loss, named after the data they were measured on."""
    return {
        f"{which}_roc_auc": float(roc_auc_score(late, chances[:, 1])),
        f"{which}_log_loss": float(log_loss(late, chances[:, 1], labels=[False, True])),
    }


def split(frame: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the training rows and all days; exits when there are too few of either kind."""
    days = sorted(frame["day"].unique())
    if len(days) < 3:
        sys.exit(
            f"{path} has {len(days)} day(s), but training needs 3 or more: "
            "days to learn from, one to validate on, the last one held out"
        )
    train = frame[frame["day"] < days[-1]]
    validation = train["day"] == days[-2]
    for part, rows in ((days[-2], validation), (f"{days[0]} to {days[-3]}", ~validation)):
        if train.loc[rows, LABEL].nunique() < 2:
            sys.exit(f"{path}: to learn from, {part} must have both late and punctual flights")
    return train, days


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train the flight delay model.")
    parser.add_argument("--data", type=Path, default=Path("data/features.parquet"))
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--rounds", type=int, default=100, help="boosting rounds")
    parser.add_argument("--learning-rate", type=float, default=0.06)
    parser.add_argument("--leaves", type=int, default=8, help="largest number of leaves of a tree")
    parser.add_argument("--model", type=Path, default=Path("models/model.pkl"))
    parser.add_argument("--metrics", type=Path, default=Path("metrics.json"))
    given = parser.parse_args()
    if given.rounds < 1 or not given.learning_rate > 0 or given.leaves < 2:
        parser.error("--rounds must be at least 1, --learning-rate above 0, --leaves at least 2")
    return given


def main() -> None:
    """Run the step; one thread is also the fastest for a week of flights."""
    with threadpool_limits(1):  # the model keeps its thread count: one gives equal bytes anywhere
        train_model(options())


def train_model(given: argparse.Namespace) -> None:
    """Train, then write the model and its metrics."""
    params = {name: getattr(given, name) for name in ("seed", "rounds", "learning_rate", "leaves")}
    trainauto.log_params(params)
    train, days = split(read_features(given.data), given.data)
    log(f"training on {len(train)} flights of {days[0]} to {days[-2]}; {days[-1]} is held out")

    valid = train["day"] == days[-2]
    metrics = validate(classifier(given), train[~valid], train[valid], given.rounds)
    categories = categories_of(train)
    inputs, late = matrix(train, categories), train[LABEL].to_numpy()
    model = classifier(given).set_params(max_iter=given.rounds).fit(inputs, late)
    trainauto.log_progress(2 * given.rounds, 2 * given.rounds, "rounds")
    metrics |= scores(model.predict_proba(inputs), late, "train") | {"train_rows": len(train)}

    bundle = {
        "model": model,
        "features": list(FEATURES),
        "categories": categories,
        "label": LABEL,
        "train_days": [days[0], days[-2]],
        "holdout_day": days[-1],
        "params": params,
        "data_sha256": sha256(given.data),
        "code_sha256": {name: sha256(HERE / name) for name in ("train.py", "flights.py")},
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }
    given.model.parent.mkdir(parents=True, exist_ok=True)
    given.model.write_bytes(pickle.dumps(bundle, protocol=5))
    for name, value in metrics.items():
        trainauto.log_metric(name, value)
        log(f"{name} {value:.4f}" if isinstance(value, float) else f"{name} {value}")
    described = {"params": params, "train_days": bundle["train_days"], "holdout_day": days[-1]}
    write_json(metrics | described | {"model_sha256": sha256(given.model)}, given.metrics)


if __name__ == "__main__":
    main()
