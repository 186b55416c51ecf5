"""A step that misses a file of the pipeline's folder is told what to do."""

from pathlib import Path

import pytest

from trainautod.runtime.hints import undeclared_input


@pytest.mark.parametrize(
    "line",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: 'conf/a.yaml'",
        "cat: conf/a.yaml: No such file or directory",
        "python: can't open file '{sandbox}/conf/a.yaml': [Errno 2] No such file or directory",
    ],
)
def test_a_file_beside_the_pipeline_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "a.yaml").touch()
    sandbox = tmp_path / "runs" / "sandbox"

    hint = undeclared_input(["boom", line.format(sandbox=sandbox)], tmp_path, sandbox, ())

    assert hint == ("conf/a.yaml is in the pipeline's folder, not in the sandbox: add it to inputs")


@pytest.mark.parametrize(
    "line",
    [
        "cat: other.yaml: No such file or directory",
        "cat: /etc/passwd: No such file or directory",
        "cat: ../a.yaml: No such file or directory",
        "a.yaml was read",
        "cat: placed.yaml: No such file or directory",
        "No such file or directory: .",
        pytest.param(f"not found: {'x' * 300}", id="a word too long for a name"),
        pytest.param("not found: a\0b", id="a word with a NUL"),
    ],
)
def test_nothing_is_guessed_otherwise(tmp_path: Path, line: str) -> None:
    for name in ("a.yaml", "placed.yaml"):
        (tmp_path / name).touch()

    assert undeclared_input([line], tmp_path, tmp_path / "s", {"placed.yaml"}) is None
