"""``drift compute`` as it is typed: a table for a person, a document, or what to do instead."""

import json
import random
from pathlib import Path

import pytest

from tests.cli.conftest import Trainauto
from tests.cli.test_import_hygiene import HEAVY, imported_by
from trainauto_tui.cli import main


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path]:
    """A reference, and rows of which one column has moved, one is gone and one is new."""
    draw = random.Random(7)
    made = []
    for name, shift, third in (("reference", 0, "gone"), ("current", 2, "new")):
        rows = [f"{draw.gauss(shift, 1):.3f},{draw.gauss(0, 1):.3f},1" for _ in range(400)]
        made.append(tmp_path / f"{name}.csv")
        made[-1].write_text("\n".join([f"moved,still,{third}", *rows]) + "\n")
    return made[0], made[1]


def test_without_a_file_the_report_is_printed(
    trainauto: Trainauto, tables: tuple[Path, Path]
) -> None:
    outcome = trainauto("drift", "compute", *map(str, tables))
    assert outcome.code == 0
    assert outcome.document["features"]["moved"]["verdict"] == "drift"
    assert outcome.document["skipped"]["gone"] == "not in the current rows"
    assert "not compared: new: not in the reference" in outcome.err


def test_with_a_file_the_features_are_listed_the_largest_first(
    trainauto: Trainauto, tables: tuple[Path, Path], tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    outcome = trainauto("drift", "compute", *map(str, tables), "-o", str(report))
    assert outcome.code == 0
    assert outcome.lines[0].split() == [
        "feature",
        "score",
        "verdict",
        "rows",
        "missing",
        "p",
        "notes",
    ]
    assert [line.split()[0] for line in outcome.lines[1:3]] == ["moved", "still"]
    score = json.loads(report.read_text())["drift_score"]
    assert outcome.lines[3] == f"drift_score {score:.4f}, the largest of 2 by psi"
    assert outcome.lines[4] == f"wrote {report}"


def test_what_is_wrong_is_told_with_what_to_do(
    trainauto: Trainauto, tables: tuple[Path, Path]
) -> None:
    reference, current = map(str, tables)
    few = trainauto("drift", "compute", reference, current, "--min-rows", "1000")
    assert (few.code, few.out) == (1, "")
    assert few.err.startswith("trainauto: no feature can be judged: a verdict needs 1000 values")
    assert "lower --min-rows" in few.err
    missing = trainauto("drift", "compute", reference, "none.csv")
    assert (missing.code, missing.err) == (
        4,
        "trainauto: there is no file none.csv\ncheck the path\n",
    )
    assert trainauto("drift", "compute", reference, current, "--min-rows", "1").code == 2
    assert trainauto("drift", "compute", reference, current, "--measure", "chi").code == 2


def test_another_machines_tables_are_compared_there(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", "ssh://me@box", "drift", "compute", "a.csv", "b.csv"]) == 2
    assert "works on this machine alone" in capfd.readouterr().err


def test_the_command_line_itself_imports_nothing_heavy(
    tables: tuple[Path, Path], tmp_path: Path
) -> None:
    words = (
        "drift",
        "compute",
        *map(str, tables),
        "--columns",
        "still",
        "-o",
        f"{tmp_path}/r.json",
    )
    modules = imported_by(tmp_path / "home", *words)
    assert not {name for name in modules if name.partition(".")[0] in HEAVY}
