"""What a step finds in its environment, and what it does not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from trainautod.home import sdk_directory
from trainautod.runtime.environment import AttemptPlace, attempt_environment, inherited

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")


@pytest.fixture
def place(tmp_path: Path) -> AttemptPlace:
    return AttemptPlace("run", "train", 2, "t0ken", tmp_path / "attempt")


def plan(**changes: Any) -> dict[str, Any]:
    return {"bin": "/opt/python/bin", "env": {}, "seed": None, "params": None, **changes}


def environment(place: AttemptPlace, told: dict[str, Any], **changes: Any) -> dict[str, str]:
    values: dict[str, Any] = {"cpus": 1.0, "gpus": (), "machine_has_gpus": False, "secrets": {}}
    values["own"] = inherited()
    return attempt_environment(place, told, **(values | changes))


def test_the_attempt_is_named_and_its_files_are(place: AttemptPlace) -> None:
    found = environment(place, plan())
    assert found["TRAINAUTO_RUN_ID"] == "run"
    assert found["TRAINAUTO_STEP"] == "train"
    assert found["TRAINAUTO_ATTEMPT"] == "t0ken"
    assert found["TRAINAUTO_ATTEMPT_NUMBER"] == "2"
    assert found["TRAINAUTO_RECORDS"] == str(place.directory / "records.jsonl")
    assert found["TRAINAUTO_STOP"] == str(place.directory / "stop")
    assert place.sandbox == place.directory / "sandbox"


def test_credentials_of_the_daemon_are_not_passed_on(
    place: AttemptPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "gehe1m")
    monkeypatch.setenv("TRAINAUTO_HOME", "/home/me/.local/share/trainauto")
    monkeypatch.setenv("LD_PRELOAD", "/tmp/evil.so")
    monkeypatch.setenv("PYTHONSTARTUP", "/tmp/start.py")
    found = environment(place, plan())
    assert not {"AWS_SECRET_ACCESS_KEY", "TRAINAUTO_HOME", "LD_PRELOAD", "PYTHONSTARTUP"} & set(
        found
    )
    assert "gehe1m" not in found.values()


def test_who_and_where_one_is_is_passed_on(
    place: AttemptPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("LC_NUMERIC", "de_DE.UTF-8")
    found = environment(place, plan())
    assert (found["HOME"], found["LC_NUMERIC"]) == ("/home/me", "de_DE.UTF-8")


def test_the_interpreter_of_the_pipeline_comes_first(
    place: AttemptPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin::/opt/python/bin:/bin")
    assert environment(place, plan())["PATH"] == "/opt/python/bin:/usr/bin:/bin"
    monkeypatch.delenv("PATH")
    found = environment(place, plan())["PATH"]
    assert found == "/opt/python/bin:/usr/local/bin:/usr/bin:/bin"


@pytest.mark.parametrize(("cpus", "threads"), [(0.5, "1"), (1.0, "1"), (2.0, "2"), (3.9, "3")])
def test_numeric_libraries_get_as_many_threads_as_cpus(
    place: AttemptPlace, cpus: float, threads: str
) -> None:
    found = environment(place, plan(), cpus=cpus)
    assert {found[name] for name in THREADS} == {threads}


class TestGpus:
    def test_a_step_sees_those_it_leased(self, place: AttemptPlace) -> None:
        found = environment(place, plan(), gpus=(2, 5), machine_has_gpus=True)
        assert found["CUDA_VISIBLE_DEVICES"] == "2,5"

    def test_a_step_that_leased_none_sees_none(self, place: AttemptPlace) -> None:
        assert environment(place, plan(), machine_has_gpus=True)["CUDA_VISIBLE_DEVICES"] == ""

    def test_nothing_is_said_on_a_machine_without_any(self, place: AttemptPlace) -> None:
        assert "CUDA_VISIBLE_DEVICES" not in environment(place, plan())


class TestDeclared:
    def test_variables_override_the_rest(self, place: AttemptPlace) -> None:
        found = environment(place, plan(env={"OMP_NUM_THREADS": "7", "MODE": "fast"}), cpus=2.0)
        assert (found["OMP_NUM_THREADS"], found["MODE"]) == ("7", "fast")

    def test_no_variable_hides_who_the_attempt_is(self, place: AttemptPlace) -> None:
        told = plan(env={"TRAINAUTO_ATTEMPT": "stolen", "TRAINAUTO_RECORDS": "/tmp/x"})
        found = environment(place, told, secrets={"TRAINAUTO_RUN_ID": "stolen"})
        assert found["TRAINAUTO_ATTEMPT"] == "t0ken"
        assert found["TRAINAUTO_RUN_ID"] == "run"
        assert found["TRAINAUTO_RECORDS"] == str(place.records)

    def test_the_sdk_comes_before_a_declared_python_path(self, place: AttemptPlace) -> None:
        found = environment(place, plan(env={"PYTHONPATH": "lib:more"}))
        assert found["PYTHONPATH"].split(os.pathsep) == [str(sdk_directory()), "lib", "more"]

    def test_secrets_are_given_by_name(self, place: AttemptPlace) -> None:
        assert environment(place, plan(), secrets={"TOKEN": "abc"})["TOKEN"] == "abc"

    @pytest.mark.parametrize(("seed", "hashed"), [(0, "0"), (42, "42"), (2**32 + 7, "7")])
    def test_a_seed_also_fixes_the_order_of_sets(
        self, place: AttemptPlace, seed: int, hashed: str
    ) -> None:
        found = environment(place, plan(seed=seed))
        assert found["TRAINAUTO_SEED"] == str(seed)
        assert found["PYTHONHASHSEED"] == hashed

    def test_without_a_seed_none_is_set(self, place: AttemptPlace) -> None:
        assert not {"TRAINAUTO_SEED", "PYTHONHASHSEED"} & set(environment(place, plan()))

    def test_params_are_json(self, place: AttemptPlace) -> None:
        params = {"rate": 0.1, "name": "größe", "none": None}
        assert json.loads(environment(place, plan(params=params))["TRAINAUTO_PARAMS"]) == params
        assert "TRAINAUTO_PARAMS" not in environment(place, plan())


def test_a_python_finds_the_sdk_in_it(place: AttemptPlace) -> None:
    found = environment(place, plan(bin=str(Path(sys.executable).parent), seed=7))
    code = "import trainauto; print(trainauto.should_stop())"
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, env=found, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
