"""Partial retraining: encoders of one feature each, a model of all of them, and drift between."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.daemons import LiveDaemon, step_of
from trainautod import spec
from trainautod.planning.code import code_files
from trainautod.spec.model import Pipeline
from trainautod.spec.policy import Policy

from .conftest import InProcess
from .line import FLIGHTS, ROOT

PARTIAL = FLIGHTS / "retrain_partial.yaml"
GIVEN = ROOT.parent / "shared" / "specs" / "drift_policy.yaml"


@pytest.fixture(scope="module")
def table(script: Callable[[str], ModuleType], year: pd.DataFrame) -> pd.DataFrame:
    """The feature table of ten days of March."""
    fetch: Any = script("fetch")
    day = fetch.dt.date
    days = fetch.days_between(day(2013, 3, 1), day(2013, 3, 10))
    features: pd.DataFrame = script("features").build(fetch.select(year, days, fetch.mapped(days)))
    return features


class TestEncoders:
    def test_a_number_is_turned_into_how_much_likelier_it_makes_a_late_arrival(
        self, script: Callable[[str], ModuleType]
    ) -> None:
        encoders: Any = script("encoders")
        values = np.arange(2400, dtype=float)
        late = values >= 1200
        values[::100] = np.nan
        made = encoders.learn(values, late)
        low, high, missing, beyond = encoders.encode(made, np.array([10.0, 2390, np.nan, 1e9]))
        assert low < -1 < 1 < high
        assert abs(missing) < 0.1
        assert beyond == high

    def test_a_text_never_seen_is_as_late_as_the_average(
        self, script: Callable[[str], ModuleType]
    ) -> None:
        encoders: Any = script("encoders")
        values = np.array(["a"] * 500 + ["b"] * 500, dtype=object)
        made = encoders.learn(values, np.arange(1000) % 10 < np.where(values == "a", 6, 1))
        often, seldom, unseen = encoders.encode(made, np.array(["a", "b", "c"], dtype=object))
        assert often > 0 > seldom
        assert unseen == 0

    def test_a_few_flights_say_little(self, script: Callable[[str], ModuleType]) -> None:
        encoders: Any = script("encoders")
        values = np.array(["often"] * 1000 + ["twice"] * 2, dtype=object)
        late = np.array([False, True] * 500 + [True, True])
        odds = encoders.encode(encoders.learn(values, late), np.array(["twice"], dtype=object))
        assert 0 < odds[0] < 0.2


class TestSteps:
    @pytest.fixture
    def sandbox(
        self, tmp_path: Path, table: pd.DataFrame, script: Callable[[str], ModuleType]
    ) -> Path:
        script("flights").write_parquet(table, tmp_path / "sandbox" / "data" / "features.parquet")
        return tmp_path / "sandbox"

    def encode(self, step: InProcess, feature: str) -> dict[str, Any]:
        ended = step(
            "encode", "--feature", feature, "--holdout", 2, "--output", f"encoders/{feature}.json"
        )
        assert ended.code == 0, ended.errors
        return ended.json(f"encoders/{feature}.json")

    def test_an_encoder_depends_on_its_own_feature_and_on_the_days_to_learn_from(
        self, step: InProcess, sandbox: Path, table: pd.DataFrame
    ) -> None:
        before = self.encode(step, "distance")
        assert before["days"] == ["2013-03-01", "2013-03-08"]
        data = sandbox / "data" / "features.parquet"
        table.assign(origin_load=7, distance=table["distance"].where(
            table["day"] < "2013-03-09", 10)).to_parquet(data)  # fmt: skip
        assert self.encode(step, "distance") == before
        table.assign(distance=table["distance"] * 2).to_parquet(data)
        assert self.encode(step, "distance") != before

    def test_a_model_of_all_encoders_is_judged_on_quality_bias_and_cost(
        self, step: InProcess, sandbox: Path, script: Callable[[str], ModuleType]
    ) -> None:
        missing = step("train_partial", "--holdout", 2)
        assert missing.code == 1
        assert "no encoder of dep_delay" in missing.last_error
        for feature in script("flights").FEATURES:
            self.encode(step, feature)
        trained = step("train_partial", "--holdout", 2)
        assert trained.code == 0, trained.errors
        assert trained.metrics()["train_cpu_s"] > 0
        limits = "--metrics", "metrics.json", "--max-gap", 0.15, "--threshold"
        ended = step("eval_partial", *limits, 0.8)
        assert ended.code == 0, ended.errors
        found = ended.json("eval.json")
        assert found["passed"] is True
        assert found["days"] == ["2013-03-09", "2013-03-10"]
        assert found["roc_auc"] > 0.8
        assert min(found["predict_cpu_us"], found["model_bytes"]) > 0
        groups = {group["group"]: group for group in found["groups"]}
        assert {"EWR", "JFK", "LGA", "UA"} <= set(groups)
        assert {group["verdict"] for group in found["groups"]} == {"ok", "too few flights"}
        assert groups["HA"]["verdict"] == "too few flights"
        below = step("eval_partial", *limits, 0.999)
        assert below.code == 1
        assert "is below the threshold" in below.last_error

    def test_a_group_that_is_foretold_worse_than_all_is_a_bias(
        self, script: Callable[[str], ModuleType]
    ) -> None:
        frame = pd.DataFrame({"origin": ["EWR"] * 500 + ["JFK"] * 500, "carrier": "UA"})
        late = np.arange(1000) % 4 == 0
        chance = np.where(frame["origin"] == "EWR", 0.55, 0.25)
        found = script("eval_partial").gaps(frame, late, chance, 0.05)
        told = {group["group"]: (group["gap"], group["verdict"]) for group in found}
        assert told == {"EWR": (-0.15, "biased"), "JFK": (0.15, "biased"), "UA": (0, "ok")}

    def test_the_newest_days_that_arrived_are_gathered_else_those_of_2013(
        self,
        step: InProcess,
        tmp_path: Path,
        raw: pd.DataFrame,
        script: Callable[[str], ModuleType],
    ) -> None:
        arguments = "--days", 2, "--until", "2013-05-02"
        ended = step("gather", *arguments)
        assert ended.code == 0, ended.errors
        assert "2013-05-01 to 2013-05-02" in ended.log
        for day, rows in raw.groupby("day"):
            script("flights").write_parquet(
                rows, tmp_path / "sandbox" / "incoming" / f"{day}.parquet"
            )
        assert step("gather", *arguments).code == 0
        gathered = pd.read_parquet(tmp_path / "sandbox" / "data" / "raw.parquet")
        assert sorted(set(gathered["day"])) == ["2013-03-02", "2013-03-03"]


def test_the_policy_is_the_one_that_was_asked_for() -> None:
    text = (FLIGHTS / "drift_policy.yaml").read_text("utf-8")
    policy = spec.load(text, "drift_policy.yaml")
    assert isinstance(policy, Policy)
    assert (policy.on, policy.pipeline) == ("drift_alert", "retrain_partial")
    if GIVEN.exists():
        assert text == GIVEN.read_text("utf-8")


def test_there_is_an_encoder_for_every_feature(script: Callable[[str], ModuleType]) -> None:
    partial = spec.load(PARTIAL.read_text("utf-8"), PARTIAL.name)
    assert isinstance(partial, Pipeline)
    encode = next(step for step in partial.steps if step.id == "encode")
    assert encode.foreach is not None
    assert encode.foreach.over["feature"] == script("flights").FEATURES
    assert encode.refresh == "trigger.affected"
    assert all(step.resources.memory_bytes and step.timeout_s for step in partial.steps)


def test_an_edit_of_the_training_leaves_the_encoders_alone() -> None:
    used = code_files(
        "python encode.py --feature dest",
        lambda name: (FLIGHTS / name).read_bytes() if (FLIGHTS / name).is_file() else None,
    )
    assert used == ("encode.py", "encoders.py")


def test_the_replay_leaves_out_what_a_user_has_put_beside_it(tmp_path: Path) -> None:
    beside = tmp_path / "flights"
    for name in ("monitoring/july.json", "incoming/2013-07-01.parquet", "january.parquet", "a.py"):
        (beside / name).parent.mkdir(parents=True, exist_ok=True)
        (beside / name).write_text("")
    made = (
        "import pathlib, sys, replay; replay.HERE, folder = map(pathlib.Path, sys.argv[1:]); "
        "replay.Replay(folder)"
    )
    words = [sys.executable, "-c", made, str(beside), str(tmp_path / "replay")]
    subprocess.run(words, cwd=FLIGHTS, check=True, timeout=60)
    found = {file.name for file in (tmp_path / "replay" / "flights").rglob("*")}
    assert found == {"incoming", "monitoring", "a.py"}


@pytest.mark.slow
def test_drift_retrains_the_affected_features_once_and_explains_it() -> None:
    """Two days of July with a real daemon: the first starts a run, the second is held."""
    with tempfile.TemporaryDirectory(prefix="ta-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch) / "replay"
        code, told = replayed("--days", "2", "--folder", str(folder))
        assert code == 0, told
        assert "✗" not in told
        live = LiveDaemon(folder / "home").start()
        try:
            reports = [
                json.loads((folder / "flights" / "monitoring" / f"{day}.json").read_text("utf-8"))
                for day in ("2013-01-31", "2013-07-01", "2013-07-02")
            ]
            expect_one_run(live, reports)
            expect_the_affected_features_only(live, reports[1])
        finally:
            live.stop()


def replayed(*words: str) -> tuple[int, str]:
    """Run the replay; on a failure it is told to end, and stops its daemon."""
    with subprocess.Popen(
        [sys.executable, FLIGHTS / "replay.py", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as replay:
        try:
            told, _ = replay.communicate(timeout=240)
        finally:
            replay.terminate()
    return replay.returncode, told


def expect_one_run(live: LiveDaemon, reports: list[dict[str, Any]]) -> None:
    """The reports of July are over the threshold; the first starts a run, the second waits."""
    calm, first, second = (report["drift_score"] for report in reports)
    assert calm < 0.1 < min(first, second)
    alerts = [told["data"]["drift_score"] for told in events(live, "drift_alert")]
    assert alerts == [calm, first, second]
    (fired,) = events(live, "policy_fired")
    (held,) = events(live, "policy_held")
    assert f"drift_score {first} > 0.1" in fired["data"]["cause"]
    assert held["data"]["reason"].startswith("cooldown until")
    newest, by_hand = live.client.runs(pipeline="retrain_partial")["runs"]
    assert (by_hand["trigger"]["kind"], newest["run_id"]) == ("manual", fired["run_id"])


def expect_the_affected_features_only(live: LiveDaemon, report: dict[str, Any]) -> None:
    """What ran is what drifted; all else was kept, with the reason, and the model is new."""
    newest, first = live.client.runs(pipeline="retrain_partial")["runs"]
    run: Any = live.client.run(newest["run_id"])
    scores = {name: one["score"] for name, one in report["features"].items()}
    most = sorted((name for name in scores if scores[name] > 0.1), key=lambda name: -scores[name])
    assert run["status"] == "succeeded"
    assert run["trigger"]["affected"] == most[:5]
    assert 0 < len(most) < len(scores)
    for name in scores:
        step = step_of(run, f"encode[feature={name}]")
        assert step["cached"] is (name not in most[:5])
        if step["cached"]:
            kept = f"kept from run {first['run_id']}: {name} is not in trigger.affected"
            assert step["reason"] == kept
            assert live.client.explain(run["run_id"], step["id"])["reason"] == kept
    assert [step_of(run, step)["cached"] for step in ("gather", "train", "register")] == [False] * 3
    (model,) = live.client.models()
    assert [version["version"] for version in model["versions"]] == [1, 2]


def events(live: LiveDaemon, kind: str) -> list[Any]:
    return list(live.client.event_page(kind=kind)["events"])
