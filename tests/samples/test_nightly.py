"""The main job through a real daemon: data in; a trained, evaluated and registered model out.

With the pipeline file shipped here, and, where it can be found, with the one that the product's
requirements give, dropped unchanged beside copies of the same scripts.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.daemon.conftest import daemon
from tests.support.daemons import LiveDaemon, statuses, step_of
from tests.support.stores import expect_sound

from .line import DAY, FLIGHTS, HELLO, ROOT

__all__ = ["daemon"]

GIVEN = ROOT.parent / "shared" / "specs" / "nightly.yaml"
TRAINAUTO = "import sys; from trainauto_tui.cli import main; sys.exit(main())"
STEPS = ["fetch", "features", "train", "evaluate", "register"]
ENOUGH = 0.82  # ROC AUC on the held-out day
ALL_REUSED = dict.fromkeys(STEPS, "reused")

pytestmark = pytest.mark.slow


Run = dict[str, Any]


class Ended(NamedTuple):
    """What ``trainauto run --json`` left: its exit code and the run."""

    code: int
    run: Run


class Nightly:
    """A daemon, and a folder with the scripts and one pipeline file."""

    def __init__(self, live: LiveDaemon, folder: Path, source: Path) -> None:
        self.live = live
        self.source = source
        self.folder = folder
        self.path = folder / "nightly.yaml"
        self.text = source.read_text("utf-8")
        ignored = shutil.ignore_patterns("__pycache__", "*.yaml")
        shutil.copytree(FLIGHTS, folder, ignore=ignored)
        self.path.write_text(self.text)

    def run(self) -> Ended:
        """Run the pipeline for the tested day, as a user would."""
        command = ["run", str(self.path), "--ds", DAY, "--json", "--home", str(self.live.home)]
        done = subprocess.run(
            [sys.executable, "-c", TRAINAUTO, *command],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.stdout, done.stderr
        return Ended(done.returncode, json.loads(done.stdout))

    def versions(self) -> list[int]:
        """Return the registered versions of the one model."""
        (model,) = self.live.client.models()
        return [version["version"] for version in model["versions"]]


@pytest.fixture(params=["ours", "given"])
def nightly(request: pytest.FixtureRequest) -> Iterator[Nightly]:
    """The scripts with one of the two pipeline files, in a home of their own."""
    path = FLIGHTS / "nightly.yaml" if request.param == "ours" else GIVEN
    if not path.exists():
        pytest.skip("the requirements are not beside this checkout")
    with tempfile.TemporaryDirectory(prefix="ta-", ignore_cleanup_errors=True) as directory:
        live = LiveDaemon(Path(directory) / "home").start()
        yield Nightly(live, Path(directory) / "flights", path)
        live.stop()
        expect_sound(live.home)


def test_the_main_job(nightly: Nightly) -> None:
    """One test, because each part goes on from the runs before it, and each run takes seconds."""
    first = expect_a_model_that_is_good_enough(nightly)
    expect_everything_reused(nightly, first)
    if nightly.source == GIVEN:  # the same scripts: the rest would be the same, and takes seconds
        return
    expect_nothing_changed_by_touched_and_unrelated_files(nightly)
    expect_an_edit_of_train_to_run_it_and_what_follows(nightly)
    expect_a_missed_threshold_to_register_nothing(nightly)


def expect_a_model_that_is_good_enough(line: Nightly) -> Run:
    code, run = line.run()

    assert (code, run["status"]) == (0, "succeeded"), run["error"]
    assert statuses(run) == dict.fromkeys(STEPS, "succeeded")
    assert run["scheduled_time"].startswith(DAY)
    assert step_of(run, "evaluate")["metrics"]["roc_auc"] >= ENOUGH
    made = {output["path"]: output["digest"] for output in step_of(run, "train")["outputs"]}
    assert set(made) == {"metrics.json", "models/model.pkl"}
    (model,) = line.live.client.models()
    (version,) = model["versions"]
    assert (version["version"], version["stage"]) == (1, "staging")
    assert version["run_id"] == run["run_id"]
    assert version["digest"] == made["models/model.pkl"]
    return run


def expect_everything_reused(line: Nightly, first: Run) -> None:
    code, again = line.run()

    assert (code, statuses(again)) == (0, ALL_REUSED)
    assert not (line.live.home / "runs" / again["run_id"]).exists(), "a process was spawned"
    assert line.versions() == [1]
    for step in STEPS:
        assert step_of(again, step)["metrics"] == step_of(first, step)["metrics"]
        assert step_of(again, step)["outputs"] == step_of(first, step)["outputs"]


def expect_nothing_changed_by_touched_and_unrelated_files(line: Nightly) -> None:
    for script in line.folder.glob("*.py"):
        script.touch()
    (line.folder / "notes.py").write_text("# not used by any step\n")

    assert statuses(line.run().run) == ALL_REUSED


def expect_an_edit_of_train_to_run_it_and_what_follows(line: Nightly) -> None:
    with (line.folder / "train.py").open("a") as script:
        script.write("# edited\n")

    code, run = line.run()

    assert (code, statuses(run)) == (
        0,
        {**dict.fromkeys(STEPS, "succeeded"), "fetch": "reused", "features": "reused"},
    )
    (change,) = line.live.client.explain(run["run_id"], "train")["changes"]
    assert change.startswith("code train.py changed: ")
    assert "train.py" in step_of(run, "train")["reason"]
    passed_on = line.live.client.explain(run["run_id"], "evaluate")["changes"]
    assert any("models/model.pkl changed" in change for change in passed_on)
    assert statuses(line.run().run) == ALL_REUSED


def expect_a_missed_threshold_to_register_nothing(line: Nightly) -> None:
    versions = line.versions()
    line.path.write_text(line.text.replace("0.82", "0.999"))

    code, run = line.run()

    assert (code, run["status"]) == (1, "failed")
    assert statuses(run) == {**ALL_REUSED, "evaluate": "failed", "register": "skipped"}
    assert run["error"]["step"] == "evaluate"
    assert run["error"]["message"].splitlines()[-1].endswith("is below the threshold 0.999")
    assert line.versions() == versions


def test_hello_runs_without_any_package(daemon: LiveDaemon) -> None:
    run = daemon.run(HELLO / "hello.yaml")

    assert run["status"] == "succeeded"
    assert set(statuses(run)) == {"draw", "mean", "highest", "report"}
    told = daemon.client.log(run["run_id"], "report").data.decode()
    assert told.startswith("Hello from 1000 numbers: mean 0.")
