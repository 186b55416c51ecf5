"""The file that a training script imports: what it records, refuses and survives."""

import ast
import json
import math
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainautod.lineage.projection import Artifact
from trainautod.registry.errors import RegistrationRefused
from trainautod.registry.stages import REGISTRABLE, STAGES
from trainautod.registry.versions import MODEL_NAME, Registration

SDK = Path(__file__).parents[2] / "daemon" / "sdk"
OLDEST = (3, 8)


class Attempt:
    """An attempt's directory, as the daemon makes it: a sandbox with a records file beside it."""

    def __init__(self, root: Path) -> None:
        self.sandbox = root / "sandbox"
        self.records = root / "records.jsonl"
        self.stop = root / "stop"
        self.sandbox.mkdir(parents=True)

    def environment(self) -> dict[str, str]:
        """Return what the daemon sets for a step."""
        return {"TRAINAUTO_RECORDS": str(self.records), "TRAINAUTO_STOP": str(self.stop)}

    def recorded(self) -> list[dict[str, Any]]:
        """Return the records, read strictly: NaN is no JSON."""

        def refuse(text: str) -> None:
            raise AssertionError(f"{text} is not JSON")

        lines = self.records.read_text("ascii").splitlines()
        return [json.loads(line, parse_constant=refuse) for line in lines]

    def run(
        self,
        script: str,
        *flags: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run Python code as the step would be run; ``env`` replaces the daemon's variables."""
        given = self.environment() if env is None else env
        return subprocess.run(
            [sys.executable, "-W", "error", *flags, "-c", script],
            cwd=cwd or self.sandbox,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SDK), **given},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def attempt(tmp_path: Path) -> Attempt:
    return Attempt(tmp_path / "attempt")


@pytest.fixture
def sdk(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module, imported afresh in the sandbox of ``attempt``."""
    monkeypatch.syspath_prepend(str(SDK))
    monkeypatch.delitem(sys.modules, "trainauto", raising=False)
    monkeypatch.chdir(attempt.sandbox)
    for name, value in attempt.environment().items():
        monkeypatch.setenv(name, value)
    import trainauto  # type: ignore[import-not-found,unused-ignore]

    monkeypatch.delitem(sys.modules, "trainauto")
    return trainauto


def test_a_metric_is_one_line(sdk: Any, attempt: Attempt) -> None:
    sdk.log_metric("loss", 0.25, step=3)
    sdk.log_metric("rows", 12)
    assert attempt.recorded() == [
        {"type": "metric", "name": "loss", "value": 0.25, "step": 3},
        {"type": "metric", "name": "rows", "value": 12},
    ]


@pytest.mark.parametrize(
    ("value", "recorded"),
    [
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), 1),
        (np.array([[2.5]]), 2.5),
        (Decimal("0.125"), 0.125),
        (True, 1),
        (2**53 + 1, 2**53 + 1),
    ],
)
def test_scalars_of_other_libraries_are_recorded_as_numbers(
    sdk: Any, attempt: Attempt, value: object, recorded: float
) -> None:
    sdk.log_metric("m", value)
    kept = attempt.recorded()[0]["value"]
    assert kept == recorded
    assert type(kept) is type(recorded)


@pytest.mark.parametrize(
    "value", ["0.5", b"1", None, [1.0], np.array([1.0, 2.0]), 1j, 10**400, object()]
)
def test_what_is_no_single_number_is_refused(sdk: Any, attempt: Attempt, value: object) -> None:
    with pytest.raises(TypeError, match="metric 'm' must be a single number"):
        sdk.log_metric("m", value)
    assert not attempt.records.exists()


@pytest.mark.parametrize(
    ("value", "kind"), [(math.nan, "nan"), (math.inf, "inf"), (np.float32("-inf"), "-inf")]
)
def test_a_diverged_metric_is_recorded_without_breaking_json(
    sdk: Any, attempt: Attempt, value: float, kind: str
) -> None:
    sdk.log_metric("loss", value, step=9)
    expected = {"type": "metric", "name": "loss", "value": None, "non_finite": kind, "step": 9}
    assert attempt.recorded() == [expected]


@pytest.mark.parametrize(("step", "kept"), [(0, 0), (np.int32(4), 4), (5.0, 5)])
def test_a_step_is_a_whole_number(sdk: Any, attempt: Attempt, step: Any, kept: int) -> None:
    sdk.log_metric("loss", 1, step=step)
    assert attempt.recorded()[0]["step"] == kept


@pytest.mark.parametrize(
    ("step", "error"),
    [(-1, ValueError), (0.5, TypeError), ("1", TypeError), (math.inf, TypeError)],
)
def test_a_step_that_is_none_is_refused(sdk: Any, step: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="step of metric 'loss'"):
        sdk.log_metric("loss", 1, step=step)


@pytest.mark.parametrize(("name", "error"), [("", ValueError), (3, TypeError), (None, TypeError)])
def test_a_name_is_text(sdk: Any, attempt: Attempt, name: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="name of a metric"):
        sdk.log_metric(name, 1)
    (attempt.sandbox / "m.pkl").touch()
    with pytest.raises(error, match="name of a model"):
        sdk.register_model("m.pkl", name)


def test_progress_is_one_line(sdk: Any, attempt: Attempt) -> None:
    sdk.log_progress(0, 0)
    sdk.log_progress(np.int64(3), 10, "epochs")
    assert attempt.recorded() == [
        {"type": "progress", "done": 0, "total": 0},
        {"type": "progress", "done": 3, "total": 10, "unit": "epochs"},
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        ((-1, 10), ValueError, "done of progress must be 0 or more"),
        ((1, math.inf), ValueError, "total of progress must be 0 or more and finite"),
        ((math.nan, 10), ValueError, "done of progress"),
        (("1", 10), TypeError, "done of progress must be a single number"),
        ((1, None), TypeError, "total of progress must be a single number"),
        ((1, 2, 3), TypeError, "unit of progress must be text"),
    ],
)
def test_progress_that_is_none_is_refused(
    sdk: Any, attempt: Attempt, arguments: tuple[Any, ...], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        sdk.log_progress(*arguments)
    assert not attempt.records.exists()


def test_params_keep_plain_values_and_turn_the_rest_into_text(sdk: Any, attempt: Attempt) -> None:
    sdk.log_params(
        {
            "rate": 0.1,
            "deep": {"layers": (64, 32), "bias": True, 3: None},
            "seed": np.int64(42),
            "grid": np.array([1, 2]),
            "data": Path("a/b"),
            "limit": math.inf,
        }
    )
    assert attempt.recorded() == [
        {
            "type": "params",
            "values": {
                "rate": 0.1,
                "deep": {"layers": [64, 32], "bias": True, "3": None},
                "seed": 42,
                "grid": [1, 2],
                "data": "a/b",
                "limit": "inf",
            },
        }
    ]


def test_params_must_be_named(sdk: Any) -> None:
    with pytest.raises(TypeError, match="mapping of names to values"):
        sdk.log_params([1, 2])


def test_any_text_survives(sdk: Any, attempt: Attempt) -> None:
    name = 'Ünïcode "quoted"\nnew line \u2028 \ud800 🚆'
    sdk.log_params({name: name})
    assert attempt.recorded()[0]["values"] == {name: name}
    assert attempt.records.read_bytes().count(b"\n") == 1


def test_an_artifact_is_named_relative_to_the_sandbox(sdk: Any, attempt: Attempt) -> None:
    plots = attempt.sandbox / "plots"
    plots.mkdir()
    (plots / "roc.svg").touch()
    sdk.log_artifact("plots/roc.svg")
    sdk.log_artifact(plots / "roc.svg")
    sdk.log_artifact("plots")
    assert [record["path"] for record in attempt.recorded()] == [
        "plots/roc.svg",
        "plots/roc.svg",
        "plots",
    ]


def test_a_script_may_change_its_directory(attempt: Attempt) -> None:
    (attempt.sandbox / "desk").mkdir()
    done = attempt.run(
        "import os, trainauto; os.chdir('desk'); open('a', 'w').close(); "
        "trainauto.log_artifact('a'); trainauto.log_artifact('../desk/a')"
    )
    assert done.returncode == 0, done.stderr
    assert [record["path"] for record in attempt.recorded()] == ["desk/a", "desk/a"]


def test_a_script_started_elsewhere_still_names_the_sandbox(attempt: Attempt) -> None:
    inner = attempt.sandbox / "inner"
    inner.mkdir()
    done = attempt.run(
        "import trainauto; open('a', 'w').close(); trainauto.log_artifact('a')", cwd=inner
    )
    assert done.returncode == 0, done.stderr
    assert attempt.recorded()[0]["path"] == "inner/a"


def test_a_path_that_is_not_there_is_refused(sdk: Any, attempt: Attempt) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing to keep there.*'gone\.txt'"):
        sdk.log_artifact("gone.txt")
    with pytest.raises(FileNotFoundError, match=r"gone\.pkl"):
        sdk.register_model("gone.pkl", "m")
    assert not attempt.records.exists()


def test_a_path_outside_the_sandbox_is_refused(sdk: Any, attempt: Attempt, tmp_path: Path) -> None:
    outside = tmp_path / "model.pkl"
    outside.touch()
    for path in (outside, Path("../../model.pkl")):
        with pytest.raises(ValueError, match="outside the step's working directory"):
            sdk.register_model(path, "m")
    (attempt.sandbox / "..model").touch()
    sdk.log_artifact("..model")  # a name that only looks like an escape
    assert attempt.recorded()[0]["path"] == "..model"


def test_a_registration_holds_what_it_was_given(sdk: Any, attempt: Attempt) -> None:
    (attempt.sandbox / "model.pkl").touch()
    sdk.register_model("model.pkl", "churn", stage="staging", metrics={"auc": np.float64(0.91)})
    sdk.register_model("model.pkl", "churn")
    assert attempt.recorded() == [
        {
            "type": "register_model",
            "path": "model.pkl",
            "name": "churn",
            "stage": "staging",
            "metrics": {"auc": 0.91},
        },
        {"type": "register_model", "path": "model.pkl", "name": "churn"},
    ]


def test_a_model_is_not_judged_by_numbers_that_are_none(sdk: Any, attempt: Attempt) -> None:
    (attempt.sandbox / "model.pkl").touch()
    for value in (math.nan, -math.inf):
        with pytest.raises(ValueError, match="metric 'auc' of model 'churn' is"):
            sdk.register_model("model.pkl", "churn", metrics={"auc": value})
    with pytest.raises(TypeError, match="metric 'auc' of model 'churn'"):
        sdk.register_model("model.pkl", "churn", metrics={"auc": "good"})
    assert not attempt.records.exists()


def test_an_unknown_stage_is_refused(sdk: Any, attempt: Attempt) -> None:
    (attempt.sandbox / "model.pkl").touch()
    with pytest.raises(ValueError, match="unknown stage 'stagin': use one of none, staging"):
        sdk.register_model("model.pkl", "churn", stage="stagin")


@pytest.mark.parametrize(
    ("path", "name", "stage", "told"),
    [
        ("model.pkl", "my model", None, "letters, digits, .* not 'my model'"),
        ("model.pkl", "x" * 129, None, "at most 128 letters"),
        ("model.pkl", "churn\n", None, "name of a model"),
        ("models", "churn", None, "models is a folder, .* one file: pack it first"),
        *(
            ("model.pkl", "churn", stage, "use one of none, staging in a step; .* by promotion")
            for stage in STAGES[len(REGISTRABLE) :]
        ),
    ],
)
def test_what_the_registry_would_refuse_is_refused_before_the_training_is_lost(
    sdk: Any, attempt: Attempt, path: str, name: str, stage: str | None, told: str
) -> None:
    (attempt.sandbox / "model.pkl").touch()
    (attempt.sandbox / "models").mkdir()
    (attempt.sandbox / "models" / "weights.bin").touch()
    outputs = [Artifact(each, "d1", 0) for each in ("model.pkl", "models/weights.bin")]
    visible = {artifact.path: artifact for artifact in outputs}
    with pytest.raises(RegistrationRefused):
        Registration.from_record({"path": path, "name": name, "stage": stage}, visible)
    with pytest.raises(ValueError, match=told):
        sdk.register_model(path, name, stage)
    assert not attempt.records.exists()


def test_what_a_step_may_register_is_what_the_registry_takes(sdk: Any) -> None:
    assert sdk.STAGES == REGISTRABLE
    assert sdk.MODEL_NAME == MODEL_NAME


def test_stopping_is_asked_for_by_a_file(
    sdk: Any, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sdk.should_stop() is False
    attempt.stop.touch()
    assert sdk.should_stop() is True
    monkeypatch.setenv("TRAINAUTO_STOP", "")
    assert sdk.should_stop() is False
    monkeypatch.delenv("TRAINAUTO_STOP")
    assert sdk.should_stop() is False


def test_by_hand_nothing_is_recorded_and_one_note_says_so(attempt: Attempt) -> None:
    (attempt.sandbox.parent / "model.pkl").touch()
    done = attempt.run(
        "import trainauto\n"
        "for step in range(3): trainauto.log_metric('loss', 1 / (step + 1), step)\n"
        "trainauto.log_params({'a': 1}); trainauto.register_model('../model.pkl', 'm')\n"
        "print(trainauto.should_stop())",
        env={},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "False\n"
    assert len(done.stderr.splitlines()) == 1
    assert "TRAINAUTO_RECORDS is not set" in done.stderr
    assert list(attempt.sandbox.iterdir()) == []


def test_by_hand_a_mistake_still_shows(attempt: Attempt) -> None:
    done = attempt.run("import trainauto; trainauto.log_metric('loss', 'low')", env={})
    assert done.returncode == 1
    assert done.stderr.endswith("TypeError: metric 'loss' must be a single number, not 'low'\n")


def test_a_record_that_cannot_be_written_is_an_error(
    sdk: Any, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINAUTO_RECORDS", str(attempt.sandbox / "no" / "such" / "folder"))
    with pytest.raises(FileNotFoundError):
        sdk.log_metric("loss", 1)


def test_a_record_cut_short_by_a_full_disk_is_an_error(attempt: Attempt) -> None:
    done = attempt.run(
        "import resource, signal, trainauto\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))\n"
        "try: trainauto.log_metric('loss', 1)\n"
        "except OSError as error: print(error)"
    )
    assert "only 20 of" in done.stdout, done.stderr


def test_eight_processes_never_tear_a_line(attempt: Attempt) -> None:
    """Lines of very different lengths, so that a torn or interleaved one cannot go unnoticed."""
    script = (
        "import os, sys, trainauto\n"
        "for worker in range(8):\n"
        "    if os.fork() == 0:\n"
        "        for number in range(1000):\n"
        "            pad = 'x' * (number * 7 % 3000)\n"
        "            trainauto.log_params({str(worker): number, 'pad': pad})\n"
        "        os._exit(0)\n"
        "codes = [os.waitstatus_to_exitcode(os.wait()[1]) for worker in range(8)]\n"
        "sys.exit(any(codes))"
    )
    done = attempt.run(script)
    assert done.returncode == 0, done.stderr
    seen: dict[str, list[int]] = {}
    for record in attempt.recorded():
        pad = record["values"].pop("pad")
        ((worker, number),) = record["values"].items()
        assert pad == "x" * (number * 7 % 3000)
        seen.setdefault(worker, []).append(number)
    assert seen == {str(worker): list(range(1000)) for worker in range(8)}


def test_threads_never_tear_a_line(sdk: Any, attempt: Attempt) -> None:
    def log(name: str) -> None:
        for step in range(200):
            sdk.log_metric(name, step * 0.1, step=step)

    threads = [threading.Thread(target=log, args=(f"m{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    steps = [(record["name"], record["step"]) for record in attempt.recorded()]
    assert sorted(steps) == [(f"m{number}", step) for number in range(6) for step in range(200)]


def test_records_are_private_and_appended_to(sdk: Any, attempt: Attempt) -> None:
    sdk.log_metric("a", 1)
    assert attempt.records.stat().st_mode & 0o077 == 0
    with attempt.records.open("a") as file:
        file.write('{"type": "metric", "name": "shell", "value": 2}\n')
    sdk.log_metric("b", 3)
    assert [record["name"] for record in attempt.recorded()] == ["a", "shell", "b"]


def test_it_imports_without_site_packages(attempt: Attempt) -> None:
    done = attempt.run(
        "import trainauto; trainauto.log_metric('a', 1); trainauto.log_params({'b': None})",
        "-S",
    )
    assert done.returncode == 0, done.stderr
    assert len(attempt.recorded()) == 2


def test_it_reads_as_python_3_8() -> None:
    ast.parse((SDK / "trainauto.py").read_text("utf-8"), feature_version=OLDEST)


def interpreters() -> list[str]:
    """Return this Python, and every other of version 3.8 or newer that the PATH leads to."""
    others = [shutil.which(f"python3.{minor}") for minor in range(OLDEST[1], 15)]
    found = [python for python in others if python is not None]
    return [sys.executable, *(python for python in found if works(python))]


def works(python: str) -> bool:
    """Say whether it starts at all: version managers leave names that lead nowhere."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def test_it_runs_on_every_python_found_here(attempt: Attempt) -> None:
    pythons = interpreters()
    script = "import trainauto; trainauto.log_metric('a', float('nan'), step=1)"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SDK), **attempt.environment()}
    for python in pythons:
        command = [python, "-W", "error", "-c", script]
        done = subprocess.run(
            command, cwd=attempt.sandbox, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{python}: {done.stderr}"
    assert [record["non_finite"] for record in attempt.recorded()] == ["nan"] * len(pythons)


def test_every_public_name_is_documented(sdk: Any) -> None:
    assert sdk.__all__ == sorted(sdk.__all__)
    for name in sdk.__all__:
        assert getattr(sdk, name).__doc__
