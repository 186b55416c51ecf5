"""Register the evaluated model; refuse one that did not pass, or was never evaluated.

Standard library and the SDK only: this step starts in a few hundredths of a second.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import trainauto

JUDGED_BY = (
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
    "latency_p50_ms",
    "latency_p95_ms",
)


def read_evaluation(path: Path, model: Path) -> dict[str, Any]:
    """Return what ``eval.py`` measured; exits unless it passed exactly this model."""
    for needed in (model, path):
        if not needed.is_file():
            sys.exit(f"{needed} is not there: run the step that writes it first")
    try:
        evaluation: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        sys.exit(f"{path} is not readable JSON: {error}")
    if evaluation.get("passed") is not True:
        sys.exit(f"not registered: {path} says that the model did not pass")
    if evaluation.get("model_sha256") != hashlib.sha256(model.read_bytes()).hexdigest():
        sys.exit(f"not registered: {path} is about another model than {model}")
    return evaluation


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description="Register the evaluated model.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--stage", default="staging")
    parser.add_argument("--name", default="flights-delay")
    parser.add_argument("--evaluation", type=Path, default=Path("eval.json"))
    given = parser.parse_args()
    evaluation = read_evaluation(given.evaluation, given.model)
    metrics = {name: evaluation[name] for name in JUDGED_BY}
    try:
        trainauto.register_model(given.model, given.name, given.stage, metrics)
    except ValueError as error:
        sys.exit(f"not registered: {error}")
    print(f"{given.model} goes into {given.stage} as a new version of {given.name}")


if __name__ == "__main__":
    main()
