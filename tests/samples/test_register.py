"""register.py: registers what passed, refuses everything else."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import InProcess
from .line import COMMANDS, Ended, prepare, run

pytestmark = pytest.mark.slow

GIVEN = ("--model", "models/model.pkl", "--stage")


@pytest.fixture
def sandbox(line: dict[str, Ended], tmp_path: Path) -> Path:
    """The sandbox in which ``step`` runs, with what the earlier steps wrote."""
    return prepare(tmp_path, [line["train"].sandbox, line["evaluate"].sandbox])


def test_a_model_that_passed_is_registered_with_its_scores(line: dict[str, Ended]) -> None:
    (record,) = line["register"].records
    evaluation = line["evaluate"].json("eval.json")
    assert record == {
        "type": "register_model",
        "path": "models/model.pkl",
        "name": "flights-delay",
        "stage": "staging",
        "metrics": {
            name: evaluation[name]
            for name in (
                "roc_auc",
                "average_precision",
                "log_loss",
                "brier",
                "latency_p50_ms",
                "latency_p95_ms",
            )
        },
    }


def test_it_needs_no_package_at_all(line: dict[str, Ended], tmp_path: Path) -> None:
    """``-S`` hides everything that was ever installed: the step starts in no time."""
    sandboxes = [line["train"].sandbox, line["evaluate"].sandbox]
    ended = run(tmp_path / "register", COMMANDS["register"], sandboxes, {}, "-S")
    assert ended.code == 0, ended.errors
    assert ended.log == "models/model.pkl goes into staging as a new version of flights-delay\n"


def test_name_and_stage_can_be_chosen(step: InProcess, sandbox: Path) -> None:
    ended = step("register", *GIVEN, "none", "--name", "late")
    assert ended.code == 0, ended.errors
    assert (ended.records[0]["name"], ended.records[0]["stage"]) == ("late", "none")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"passed": False}, "not registered: eval.json says that the model did not pass"),
        ({"passed": "true"}, "not registered: eval.json says that the model did not pass"),
        ({"passed": None}, "not registered: eval.json says that the model did not pass"),
        (
            {"model_sha256": "0" * 64},
            "not registered: eval.json is about another model than models/model.pkl",
        ),
    ],
)
def test_what_did_not_pass_is_not_registered(
    step: InProcess, sandbox: Path, changes: dict[str, Any], said: str
) -> None:
    evaluation = json.loads((sandbox / "eval.json").read_text()) | changes
    (sandbox / "eval.json").write_text(json.dumps(evaluation))
    ended = step("register", *GIVEN, "staging")
    assert ended.code == 1
    assert ended.last_error == said
    assert ended.records == ()


def test_an_unknown_stage_is_refused(step: InProcess, sandbox: Path) -> None:
    ended = step("register", *GIVEN, "stagin")
    assert ended.code == 1
    assert ended.last_error.startswith("not registered: unknown stage 'stagin'")
    assert ended.records == ()


@pytest.mark.parametrize("missing", ["eval.json", "models/model.pkl"])
def test_a_missing_file_is_named(step: InProcess, sandbox: Path, missing: str) -> None:
    (sandbox / missing).unlink()
    ended = step("register", *GIVEN, "staging")
    assert ended.code == 1
    assert ended.last_error == f"{missing} is not there: run the step that writes it first"


def test_an_evaluation_that_is_no_json_is_named(step: InProcess, sandbox: Path) -> None:
    (sandbox / "eval.json").write_text("{")
    ended = step("register", *GIVEN, "staging")
    assert ended.code == 1
    assert "eval.json is not readable JSON" in ended.last_error
