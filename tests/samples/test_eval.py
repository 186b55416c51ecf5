"""eval.py: the score on the held-out day, the gate, and what cannot be judged."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from .conftest import InProcess
from .line import COMMANDS, DAY, Ended, prepare, run

pytestmark = pytest.mark.slow

GIVEN = ("--metrics", "metrics.json", "--threshold")


@pytest.fixture
def sandbox(line: dict[str, Ended], tmp_path: Path) -> Path:
    """The sandbox in which ``step`` runs, with what the earlier steps wrote."""
    return prepare(tmp_path, [line["features"].sandbox, line["train"].sandbox])


@pytest.fixture(scope="session")
def evaluation(script: Callable[[str], ModuleType]) -> Any:
    return script("eval")


def test_the_line_reaches_what_is_known_to_be_reachable(line: dict[str, Ended]) -> None:
    result = line["evaluate"].json("eval.json")
    assert result["passed"] is True
    assert result["roc_auc"] >= 0.9
    assert result["day"] == DAY
    assert (result["rows"], result["positives"]) == (846, 413)
    assert result["threshold"] == 0.82
    assert 0 < result["latency_p50_ms"] <= result["latency_p95_ms"]
    assert line["evaluate"].log.splitlines()[-1] == (
        f"roc_auc {int(result['roc_auc'] * 10_000) / 10_000:.4f} reaches the threshold 0.82 "
        f"on {DAY}, 846 flights"
    )


def test_scores_are_recorded_as_metrics(line: dict[str, Ended]) -> None:
    result = line["evaluate"].json("eval.json")
    recorded = line["evaluate"].metrics()
    assert set(recorded) == {
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
        "latency_p50_ms",
        "latency_p95_ms",
    }
    assert recorded == {name: result[name] for name in recorded}


def test_the_score_is_that_of_the_held_out_day_alone(
    step: InProcess, sandbox: Path, line: dict[str, Ended]
) -> None:
    table = pd.read_parquet(line["features"].sandbox / "data" / "features.parquet")
    alone = table[table["day"] == DAY]
    alone.to_parquet(sandbox / "data" / "features.parquet")
    ended = step("eval", *GIVEN, 0.82)
    assert ended.code == 0, ended.errors
    assert ended.json("eval.json")["roc_auc"] == line["evaluate"].json("eval.json")["roc_auc"]


def test_below_the_threshold_it_fails_and_still_leaves_the_report(
    line: dict[str, Ended], tmp_path: Path
) -> None:
    upstream = [line["features"].sandbox, line["train"].sandbox]
    command = COMMANDS["evaluate"].replace("0.82", "0.99")
    ended = run(tmp_path / "evaluate", command, upstream)
    result = ended.json("eval.json")
    assert ended.code == 1
    assert result["passed"] is False
    shown = int(result["roc_auc"] * 10_000) / 10_000
    assert ended.last_error == f"roc_auc {shown:.4f} is below the threshold 0.99"
    assert ended.errors.count("\n") == 1
    assert ended.metrics()["roc_auc"] == result["roc_auc"]


@pytest.mark.parametrize(
    ("roc_auc", "threshold", "said"),
    [
        (0.81996, 0.82, "roc_auc 0.8199 is below the threshold 0.82"),
        (0.82, 0.82, "roc_auc 0.8200 reaches the threshold 0.82"),
        (1.0, 0.99, "roc_auc 1.0000 reaches the threshold 0.99"),
        (0.90129, 0.99, "roc_auc 0.9012 is below the threshold 0.99"),
    ],
)
def test_the_verdict_never_rounds_a_miss_up(
    evaluation: Any, roc_auc: float, threshold: float, said: str
) -> None:
    assert evaluation.verdict(roc_auc, threshold) == said


@pytest.mark.parametrize("threshold", ["nan", "-0.1", "82", "high"])
def test_a_threshold_that_no_score_can_meet_is_a_usage_error(
    step: InProcess, threshold: str
) -> None:
    ended = step("eval", *GIVEN, threshold)
    assert ended.code == 2
    assert "--threshold" in ended.errors


def test_too_few_of_a_kind_is_not_judged(step: InProcess, sandbox: Path) -> None:
    table = pd.read_parquet(sandbox / "data" / "features.parquet")
    late = table.index[(table["day"] == DAY) & table["late"]]
    table.drop(index=late[19:]).to_parquet(sandbox / "data" / "features.parquet")
    ended = step("eval", *GIVEN, 0.5)
    assert ended.code == 1
    assert ended.last_error == (
        f"too few flights on {DAY} to judge a model: 19 late and 433 punctual, "
        "at least 20 of each are needed"
    )
    assert not (sandbox / "eval.json").exists()


def test_a_model_other_than_the_one_described_is_refused(step: InProcess, sandbox: Path) -> None:
    with (sandbox / "models" / "model.pkl").open("ab") as file:
        file.write(b"\0")
    ended = step("eval", *GIVEN, 0.5)
    assert ended.code == 1
    assert "is not the model that the metrics describe" in ended.last_error


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "metrics.json is not there"),
        ("{", "metrics.json is not readable JSON"),
        ("[]", "metrics.json holds no JSON object"),
        ("{}", "is not the model that the metrics describe"),
    ],
)
def test_metrics_that_cannot_be_used_are_named(
    step: InProcess, sandbox: Path, content: str | None, said: str
) -> None:
    (sandbox / "metrics.json").unlink()
    if content is not None:
        (sandbox / "metrics.json").write_text(content)
    ended = step("eval", *GIVEN, 0.5)
    assert ended.code == 1
    assert said in ended.last_error


def test_a_missing_model_is_named(step: InProcess, tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "metrics.json").write_text(json.dumps({"model_sha256": "0"}))
    ended = step("eval", *GIVEN, 0.5)
    assert ended.code == 1
    assert ended.last_error == "models/model.pkl is not there: run train.py first"
