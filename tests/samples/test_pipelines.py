"""The sample pipeline files: they load, and their steps use the code they should."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from trainautod import spec
from trainautod.planning.code import code_files
from trainautod.spec.day import Day
from trainautod.spec.model import Pipeline
from trainautod.spec.templates import Template

from .line import CODE, COMMANDS, DAY, FLIGHTS, HELLO, recorded, variables


def load(path: Path) -> Pipeline:
    pipeline = spec.load(path.read_text("utf-8"), path.name)
    assert isinstance(pipeline, Pipeline)
    return pipeline


def commands(pipeline: Pipeline, **changed: object) -> dict[str, str]:
    """Return each step's command with the values of its pipeline, on ``DAY``."""
    names = {
        "params": {**pipeline.params, **changed},
        "seed": pipeline.seed,
        "ds": Day.parse(DAY),
    }
    return {step.id: Template.parse(step.run).render(names) for step in pipeline.steps}


def reader(folder: Path) -> Callable[[str], bytes | None]:
    return lambda name: (folder / name).read_bytes() if (folder / name).is_file() else None


def test_the_nightly_pipeline_runs_the_tested_commands() -> None:
    nightly = load(FLIGHTS / "nightly.yaml")
    rendered = commands(nightly)
    assert rendered.pop("train") == COMMANDS["train"] + " --rounds 100 --learning-rate 0.06"
    assert rendered == {step: text for step, text in COMMANDS.items() if step != "train"}


def test_the_nightly_pipeline_declares_what_it_needs() -> None:
    nightly = load(FLIGHTS / "nightly.yaml")
    (schedule,) = nightly.schedule
    assert (schedule.cron, schedule.timezone) == ("0 2 * * *", "America/New_York")
    assert nightly.seed == 42
    assert [step.outputs for step in nightly.steps[:4]] == [
        ("data/raw.parquet",),
        ("data/features.parquet",),
        ("models/model.pkl", "metrics.json"),
        ("eval.json",),
    ]
    for step in nightly.steps:
        assert step.timeout_s is not None
        assert step.resources.memory_bytes is not None
    assert nightly.steps[3].retry.limit == 0  # a missed threshold stays missed


def test_each_step_uses_its_own_code_only() -> None:
    """So that an edit of train.py re-runs train, evaluate and register, and nothing before."""
    for command in COMMANDS.values():
        script = command.split()[1]
        used = code_files(command, reader(FLIGHTS))
        assert used == tuple(sorted((script, *CODE[script])))


def test_hello_says_hello(tmp_path: Path) -> None:
    """With nothing but the shell: every step in turn, one directory for all."""
    hello = load(HELLO / "hello.yaml")
    for step, command in commands(hello, rows=200).items():
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", command],
            cwd=tmp_path,
            env=variables(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{step}: {done.stderr}"
        for path in next(each.outputs for each in hello.steps if each.id == step):
            assert (tmp_path / path).stat().st_size > 0
    metrics = {record["name"]: record["value"] for record in recorded(tmp_path)}
    assert 0.4 < metrics["mean"] < 0.6
    assert 0.9 < metrics["highest"] < 1
    report = (tmp_path / "report.txt").read_text()
    assert report.startswith("Hello from 200 numbers: mean 0.")


def test_hello_has_a_parallel_pair() -> None:
    needs = {step.id: step.needs for step in load(HELLO / "hello.yaml").steps}
    assert needs["mean"] == needs["highest"] == ("draw",)
    assert set(needs["report"]) == {"mean", "highest"}


@pytest.mark.parametrize("folder", [FLIGHTS, HELLO])
def test_the_readme_names_every_pipeline(folder: Path) -> None:
    readme = (folder.parent / "README.md").read_text("utf-8")
    for path in folder.glob("*.yaml"):
        loaded = spec.load(path.read_text("utf-8"), path.name)
        verb = "run" if isinstance(loaded, Pipeline) else "add"
        assert f"trainauto {verb} sample_pipelines/{folder.name}/{path.name}" in readme
