"""train.py: the held-out day stays unseen, the same bytes each time, what it reports."""

import pickle
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from .conftest import InProcess
from .line import COMMANDS, DAY, FLIGHTS, Ended, run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def table(line: dict[str, Ended]) -> pd.DataFrame:
    """The feature table of the line."""
    return pd.read_parquet(line["features"].sandbox / "data" / "features.parquet")


@pytest.fixture
def with_table(step: InProcess, tmp_path: Path) -> Callable[..., Ended]:
    """Run ``train.py`` on a feature table of the test's own."""

    def call(table: pd.DataFrame, *arguments: object) -> Ended:
        (tmp_path / "sandbox").mkdir()
        table.to_parquet(tmp_path / "sandbox" / "features.parquet")
        return step("train", "--data", "features.parquet", *arguments)

    return call


def bundle_of(ended: Ended) -> dict[str, Any]:
    bundle: dict[str, Any] = pickle.loads((ended.sandbox / "models" / "model.pkl").read_bytes())
    return bundle


def test_params_and_metrics_are_recorded_and_written(line: dict[str, Ended]) -> None:
    trained = line["train"]
    params = {"seed": 42, "rounds": 100, "learning_rate": 0.06, "leaves": 8}
    assert trained.records[0] == {"type": "params", "values": params}
    written = trained.json("metrics.json")
    final = trained.metrics()
    assert final == {name: written[name] for name in final}
    assert set(final) == {
        "train_rows",
        "train_roc_auc",
        "train_log_loss",
        "valid_roc_auc",
        "valid_log_loss",
    }
    assert written["params"] == params
    assert written["train_days"] == ["2013-07-03", "2013-07-09"]
    assert written["holdout_day"] == DAY


def test_the_validation_curve_is_recorded_by_rounds(line: dict[str, Ended]) -> None:
    curve = [
        (record["step"], record["value"])
        for record in line["train"].records
        if record.get("name") == "valid_log_loss" and "step" in record
    ]
    assert [step for step, _ in curve] == list(range(1, 101))
    assert curve[-1][1] < curve[0][1]
    assert curve[-1][1] == line["train"].metrics()["valid_log_loss"]


def test_progress_counts_the_rounds_of_both_models(line: dict[str, Ended]) -> None:
    told = [r for r in line["train"].records if r["type"] == "progress"]
    assert [r["done"] for r in told] == [*range(5, 101, 5), 200]
    assert {(r["total"], r["unit"]) for r in told} == {(200, "rounds")}


def test_the_model_says_where_it_comes_from(
    line: dict[str, Ended], script: Callable[[str], ModuleType]
) -> None:
    flights: Any = script("flights")
    bundle = bundle_of(line["train"])
    assert bundle["features"] == list(flights.FEATURES)
    assert bundle["train_days"] == ["2013-07-03", "2013-07-09"]
    assert bundle["holdout_day"] == DAY
    assert bundle["params"]["seed"] == 42
    assert bundle["code_sha256"]["train.py"] == flights.sha256(FLIGHTS / "train.py")
    data = line["features"].sandbox / "data" / "features.parquet"
    assert bundle["data_sha256"] == flights.sha256(data)
    assert set(bundle["versions"]) == {"python", "numpy", "scikit-learn"}
    model = line["train"].sandbox / "models" / "model.pkl"
    assert line["train"].json("metrics.json")["model_sha256"] == flights.sha256(model)


def test_the_same_inputs_give_the_same_bytes(line: dict[str, Ended], tmp_path: Path) -> None:
    """With other hash seeds and thread counts, which must not matter."""
    upstream = [line["fetch"].sandbox, line["features"].sandbox]
    other = {"PYTHONHASHSEED": "99", "OMP_NUM_THREADS": "2"}
    again = run(tmp_path / "again", COMMANDS["train"], upstream, other)
    for name in ("models/model.pkl", "metrics.json"):
        assert (again.sandbox / name).read_bytes() == (line["train"].sandbox / name).read_bytes()


def test_the_seed_counts(
    line: dict[str, Ended], table: pd.DataFrame, with_table: Callable[..., Ended]
) -> None:
    ended = with_table(table, "--seed", 7)
    assert ended.code == 0, ended.errors
    assert ended.metrics()["valid_log_loss"] != line["train"].metrics()["valid_log_loss"]
    assert ended.metrics()["valid_roc_auc"] > 0.9


def test_the_held_out_day_has_no_say(
    line: dict[str, Ended], table: pd.DataFrame, with_table: Callable[..., Ended]
) -> None:
    """With the last day turned upside down, the same model is learned."""
    last = table["day"] == DAY
    table = table.copy()
    table.loc[last, "late"] = ~table.loc[last, "late"]
    table.loc[last, "dep_delay"] = 0.0
    ended = with_table(table, "--seed", 42)
    assert ended.metrics() == line["train"].metrics()
    kept, changed = bundle_of(line["train"]), bundle_of(ended)
    assert pickle.dumps(kept["model"]) == pickle.dumps(changed["model"])
    assert kept["categories"] == changed["categories"]


def test_a_longer_departure_delay_never_lowers_the_chance(
    line: dict[str, Ended], table: pd.DataFrame, script: Callable[[str], ModuleType]
) -> None:
    flights: Any = script("flights")
    bundle = bundle_of(line["train"])
    one = table[table["day"] == DAY].iloc[[100] * 60].reset_index(drop=True)
    one["dep_delay"] = [float(minutes) for minutes in range(-20, 100, 2)]
    chance = bundle["model"].predict_proba(flights.matrix(one, bundle["categories"]))[:, 1]
    assert (chance[1:] >= chance[:-1]).all()
    assert chance[-1] > chance[0] + 0.5


def test_unknown_categories_count_as_missing(
    table: pd.DataFrame, script: Callable[[str], ModuleType]
) -> None:
    flights: Any = script("flights")
    known = {"carrier": ["AA"], "origin": ["EWR", "JFK", "LGA"], "dest": ["ATL", "BOS"]}
    encoded = pd.DataFrame(flights.matrix(table, known), columns=list(flights.FEATURES))
    assert encoded.loc[table["carrier"] == "AA", "carrier"].eq(0).all()
    assert encoded.loc[table["carrier"] != "AA", "carrier"].isna().all()
    assert encoded.loc[table["origin"] == "LGA", "origin"].eq(2).all()
    assert encoded["dep_delay"].tolist() == table["dep_delay"].tolist()


def test_two_days_are_too_few(table: pd.DataFrame, with_table: Callable[..., Ended]) -> None:
    ended = with_table(table[table["day"] >= "2013-07-09"])
    assert ended.code == 1
    assert "features.parquet has 2 day(s), but training needs 3 or more" in ended.errors
    assert not (ended.sandbox / "models").exists()


def test_three_days_are_enough(table: pd.DataFrame, with_table: Callable[..., Ended]) -> None:
    ended = with_table(table[table["day"] >= "2013-07-08"], "--rounds", 13)
    assert ended.code == 0, ended.errors
    steps = [
        record["step"]
        for record in ended.records
        if record.get("name") == "valid_roc_auc" and "step" in record
    ]
    assert steps == list(range(1, 14))


@pytest.mark.parametrize("days", [["2013-07-09"], ["2013-07-03", "2013-07-04"]])
def test_a_label_of_one_kind_cannot_be_learned(
    table: pd.DataFrame, with_table: Callable[..., Ended], days: list[str]
) -> None:
    some = table[table["day"].isin(["2013-07-03", "2013-07-04", "2013-07-09", DAY])].copy()
    some.loc[some["day"].isin(days), "late"] = False
    ended = with_table(some)
    assert ended.code == 1
    assert "must have both late and punctual flights" in ended.errors


def test_a_request_to_stop_leaves_no_half_trained_model(
    table: pd.DataFrame, with_table: Callable[..., Ended], tmp_path: Path
) -> None:
    (tmp_path / "stop").touch()
    ended = with_table(table)
    assert ended.code == 1
    assert ended.last_error == "stopped on request after 5 of 100 rounds; no model was written"
    assert not (ended.sandbox / "models").exists()
    assert not (ended.sandbox / "metrics.json").exists()


def test_a_table_without_a_feature_is_named(
    table: pd.DataFrame, with_table: Callable[..., Ended]
) -> None:
    ended = with_table(table.drop(columns=["distance", "dest"]))
    assert ended.code == 1
    assert ended.last_error == (
        "features.parquet has no column distance, dest: run features.py again"
    )


@pytest.mark.parametrize(
    "arguments",
    [("--rounds", 0), ("--learning-rate", 0), ("--learning-rate", "nan"), ("--leaves", 1)],
)
def test_options_out_of_range_are_a_usage_error(
    step: InProcess, arguments: tuple[object, ...]
) -> None:
    ended = step("train", *arguments)
    assert ended.code == 2
    assert "--rounds must be at least 1" in ended.errors
