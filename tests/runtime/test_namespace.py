"""What names mean in the expressions of a step."""

import json
from pathlib import Path
from typing import Any

import pytest

from trainautod import engine
from trainautod.artifacts.objects import ObjectStore
from trainautod.engine import RunSubmitted
from trainautod.lineage.projection import Artifact, Submission
from trainautod.runtime.context import RunContext, StepResult
from trainautod.runtime.namespace import MAX_DOCUMENT, base_namespace, step_namespace
from trainautod.runtime.snapshot import CodeSnapshot
from trainautod.runtime.submission import nodes_of
from trainautod.spec import Day, Expression, Pipeline, load

TEXT = """
name: nightly
params: {days: 7}
seed: 42
steps:
  - {id: fetch, run: fetch}
  - {id: train-model, run: train, needs: [fetch]}
  - {id: evaluate, run: evaluate, needs: [train-model]}
  - {id: other, run: other}
"""


@pytest.fixture
def context(folder: Path, objects: ObjectStore) -> RunContext:
    pipeline = load(TEXT, "nightly.yaml")
    assert isinstance(pipeline, Pipeline)
    submission = Submission(
        run_id="run",
        pipeline="nightly",
        path=str(folder / "nightly.yaml"),
        spec_digest="spec",
        scheduled_time="2013-07-10T02:00:00-04:00",
        trigger={"kind": "data", "files": ["a.parquet"]},
        params={"days": 14},
        options={},
        code={},
        submitted_ms=0,
    )
    state, _ = engine.begin(RunSubmitted("run", nodes_of(pipeline), 2))
    return RunContext(submission, pipeline, TEXT, CodeSnapshot(folder, objects), state)


def artifact(objects: ObjectStore, path: str, content: Any) -> Artifact:
    """A stored output; ``content`` is written as JSON unless it is bytes."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    stored = objects.put_bytes(data)
    return Artifact(path, stored.digest, stored.size)


def succeed(context: RunContext, step: str, *artifacts: Artifact, **metrics: Any) -> None:
    context.results[step] = StepResult({a.path: a for a in artifacts}, metrics)


def look(context: RunContext, objects: ObjectStore, expression: str, step: str = "evaluate") -> Any:
    """Evaluate an expression as it would be for a step."""
    parsed = Expression.parse(expression)
    roots = {name.partition(".")[0] for name in parsed.names}
    names = step_namespace(context, step, context.visible(step), roots, objects)
    return parsed.evaluate(names)


class TestOfTheRun:
    def test_are_known_before_anything_ran(self, context: RunContext) -> None:
        names = base_namespace(context, None)
        assert isinstance(names["ds"], Day)
        assert str(names["ds"]) == "2013-07-10"
        assert names["ts"] == "2013-07-10T02:00:00-04:00"
        assert (names["run_id"], names["seed"]) == ("run", 42)
        assert names["params"] == {"days": 14}
        assert names["trigger"] == {"kind": "data", "files": ["a.parquet"]}

    def test_an_instance_knows_its_item(self, context: RunContext) -> None:
        assert base_namespace(context, {"feature": "dep_delay"})["feature"] == "dep_delay"

    def test_expressions_use_them(self, context: RunContext, objects: ObjectStore) -> None:
        assert str(look(context, objects, "ds - params.days")) == "2013-06-26"
        assert look(context, objects, "trigger.kind == 'data'") is True


class TestOfEarlierSteps:
    def test_a_metric_is_read_under_the_steps_name(
        self, context: RunContext, objects: ObjectStore
    ) -> None:
        succeed(context, "train-model", roc_auc=0.91)
        assert look(context, objects, "train_model.roc_auc > 0.9") is True

    def test_a_json_file_is_read_under_its_stem_and_under_its_step(
        self, context: RunContext, objects: ObjectStore
    ) -> None:
        file = artifact(objects, "out/eval-report.json", {"passed": True, "auc": {"test": 0.9}})
        succeed(context, "train-model", file)
        assert look(context, objects, "eval_report.passed") is True
        assert look(context, objects, "train_model.passed") is True
        assert look(context, objects, "eval_report.auc.test") == 0.9

    def test_a_logged_metric_counts_more_than_a_file_of_that_name(
        self, context: RunContext, objects: ObjectStore
    ) -> None:
        file = artifact(objects, "metrics.json", {"auc": 0.1, "only_in_file": 3})
        succeed(context, "train-model", file, auc=0.9)
        assert look(context, objects, "train_model.auc") == 0.9
        assert look(context, objects, "train_model.only_in_file") == 3
        assert look(context, objects, "metrics.auc") == 0.1

    def test_steps_before_those_it_needs_count_too(
        self, context: RunContext, objects: ObjectStore
    ) -> None:
        succeed(context, "fetch", rows=120)
        succeed(context, "train-model")
        assert look(context, objects, "fetch.rows") == 120

    def test_a_metric_that_was_not_finite_has_no_value(
        self, context: RunContext, objects: ObjectStore
    ) -> None:
        succeed(context, "train-model", loss=None)
        with pytest.raises(Exception, match="loss"):
            look(context, objects, "train_model.loss < 1")

    def test_a_step_it_does_not_need_is_unknown(
        self, context: RunContext, objects: ObjectStore
    ) -> None:
        succeed(context, "other", auc=0.9)
        with pytest.raises(Exception, match="other"):
            look(context, objects, "other.auc > 0")

    def test_names_of_the_run_are_never_hidden_by_a_file(
        self, context: RunContext, objects: ObjectStore
    ) -> None:
        succeed(context, "train-model", artifact(objects, "params.json", {"days": 1}))
        assert look(context, objects, "params.days") == 14

    def test_a_step_and_a_file_of_one_name_are_read_together(
        self, context: RunContext, objects: ObjectStore
    ) -> None:
        file = artifact(objects, "fetch.json", {"rows": 7})
        succeed(context, "fetch", file, seconds=2.0)
        succeed(context, "train-model")
        assert look(context, objects, "fetch.rows") == 7
        assert look(context, objects, "fetch.seconds") == 2.0

    def test_only_what_is_used_is_read(self, context: RunContext, objects: ObjectStore) -> None:
        file = artifact(objects, "big.json", {"x": 1})
        objects.path(file.digest).unlink()
        succeed(context, "train-model", file)
        names = step_namespace(context, "evaluate", context.visible("evaluate"), {"ds"}, objects)
        assert "big" not in names


class TestFilesThatAreNoDocument:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{half",
            b"\xff\xfe",
            b"[" * 200_000,
            b'{"x": ' + b" " * MAX_DOCUMENT + b"1}",
        ],
        ids=["empty", "half", "no text", "nested without end", "too large"],
    )
    def test_have_no_names(self, context: RunContext, objects: ObjectStore, content: bytes) -> None:
        succeed(context, "train-model", artifact(objects, "report.json", content), auc=0.9)
        assert look(context, objects, "train_model.auc") == 0.9
        with pytest.raises(Exception, match="report"):
            look(context, objects, "report.x > 0")

    def test_a_missing_object_has_no_names(self, context: RunContext, objects: ObjectStore) -> None:
        file = artifact(objects, "report.json", {"x": 1})
        objects.path(file.digest).unlink()
        succeed(context, "train-model", file, auc=0.9)
        assert look(context, objects, "train_model.auc") == 0.9

    def test_a_list_is_read_by_its_stem_alone(
        self, context: RunContext, objects: ObjectStore
    ) -> None:
        succeed(context, "train-model", artifact(objects, "list.json", [1, 2]), auc=0.9)
        names = step_namespace(
            context, "evaluate", context.visible("evaluate"), {"list", "train_model"}, objects
        )
        assert names["list"] == [1, 2]
        assert names["train_model"] == {"auc": 0.9}
