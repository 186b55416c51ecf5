"""Files that a pipeline names and nobody has."""

from collections.abc import Sequence

import pytest

from tests.spec.specs import pipeline
from trainautod.planning.missing import missing_files


def said(text: str, *files: str) -> list[str]:
    return list(missing_files(pipeline(text), lambda path: path in files))


def one(command: str, *files: str) -> list[str]:
    return said(f"params: {{x: a}}\nsteps: [{{id: a, run: '{command}'}}]", *files)


@pytest.mark.parametrize(
    "command",
    ["python train.py", "python3.11 train.py --x", "SEED=0 python ./train.py", "./train.py"],
)
def test_a_script_that_is_not_there_is_told(command: str) -> None:
    assert one(command) == ["step a: there is no file train.py"]
    assert one(command, "train.py") == []


@pytest.mark.parametrize(
    "command",
    [
        "true",
        "train.py",
        "python",
        "python -m train",
        "python -c pass",
        "cd sub && python train.py",
        "echo pass > train.py; python train.py",
        "python {{params.x}}.py",
        "cat train.py",
    ],
)
def test_what_cannot_be_told_is_left_alone(command: str) -> None:
    assert one(command) == []


def test_a_lock_file_that_is_not_there_stops_every_step() -> None:
    text = "env: {lock: requirements.lock}\nsteps: [{id: a, run: x}]"
    told = "env.lock: there is no file requirements.lock, so that no step can run"
    assert said(text) == [told]
    assert said(text, "requirements.lock") == []


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ("", ["step b: there is no file gen/x.py, unless a step that it needs writes it"]),
        (", outputs: gen/x.py", []),
        (", outputs: gen", []),
    ],
)
def test_a_script_may_come_from_a_step_that_is_needed(
    outputs: str, expected: Sequence[str]
) -> None:
    text = f"steps:\n  - {{id: a, run: x{outputs}}}\n"
    assert said(f"{text}  - {{id: b, run: python gen/x.py, needs: a}}\n") == expected
