"""The comparison as it is run: two files in, the drift file out, or the reason why not."""

import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trainautod.drift.__main__ import main
from trainautod.drift.compare import MEASURES, Method, compare
from trainautod.drift.document import write
from trainautod.drift.errors import DriftError, NothingToJudge
from trainautod.drift.tables import read


def rows(path: Path, size: int, *, seed: int, shift: float = 0.0, extra: str = "") -> Path:
    rng = np.random.default_rng(seed)
    values, kinds = rng.normal(shift, 1, size), rng.choice(["a", "b"], size)
    heading = "value,kind" + (f",{extra}" if extra else "")
    lines = [
        f"{value:.4f},{kind}" + (",1" if extra else "")
        for value, kind in zip(values, kinds, strict=True)
    ]
    path.write_text("\n".join([heading, *lines]) + "\n")
    return path


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    return rows(tmp_path / "reference.csv", 2000, seed=1)


def computed(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert main([str(word) for word in words]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert out == ""
    return code, err


def test_the_report_has_what_the_monitor_and_people_need(
    reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    current = rows(tmp_path / "current.csv", 800, seed=2, shift=1, extra="new")
    output = tmp_path / "report.json"
    report = computed(capsys, reference, current, f"--output={output}")
    assert json.loads(output.read_text()) == report
    assert report["drift_score"] == report["features"]["value"]["score"] > 0.2
    assert (report["measure"], report["judged"], report["min_rows"]) == ("psi", 2, 200)
    assert (report["reference"], report["current"]) == (str(reference), str(current))
    assert report["skipped"] == {"new": "not in the reference"}
    assert set(report["bins"]) == {"value", "kind"}
    assert set(report["features"]["value"]) == {
        "score", "verdict", "psi", "ks", "js", "wasserstein", "chi2", "expected_psi",
        "ks_p_value", "chi2_p_value", "p_value", "p_adjusted", "n_reference", "n_current",
        "missing_reference", "missing_current", "missing_score", "missing_p_adjusted", "notes",
    }  # fmt: skip
    assert report["features"]["value"]["verdict"] == "drift"
    assert report["features"]["value"]["n_current"] == 800
    assert report["features"]["kind"]["verdict"] == "none"


def test_a_table_does_not_drift_from_itself(
    reference: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for measure in ("psi", "ks", "js", "wasserstein"):
        assert computed(capsys, reference, reference, "--measure", measure)["drift_score"] == 0


def test_its_numbers_are_those_of_scipy(
    reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    current = rows(tmp_path / "current.csv", 800, seed=2, shift=0.1)
    before, after = pd.read_csv(reference), pd.read_csv(current)
    features = computed(capsys, reference, current)["features"]
    number, text = features["value"], features["kind"]

    moved = stats.wasserstein_distance(before["value"], after["value"]) / before["value"].std(
        ddof=0
    )
    assert number["wasserstein"] == pytest.approx(moved, abs=1e-6)
    test = stats.ks_2samp(before["value"], after["value"])
    assert number["ks"] == pytest.approx(test.statistic, abs=1e-6)
    assert number["ks_p_value"] == pytest.approx(test.pvalue, rel=0.05)
    smaller = min(number["ks_p_value"], number["chi2_p_value"])
    assert number["p_value"] == pytest.approx(min(1, 2 * smaller), rel=1e-3)
    counts = [table["kind"].value_counts()[["a", "b"]] for table in (before, after)]
    test = stats.chi2_contingency(counts, correction=False)
    assert (text["chi2"], text["chi2_p_value"]) == pytest.approx(test[:2], abs=1e-5)
    assert (text["ks_p_value"], text["p_value"]) == (None, text["chi2_p_value"])
    adjusted = stats.false_discovery_control([number["p_value"], text["p_value"]])
    assert (number["p_adjusted"], text["p_adjusted"]) == pytest.approx(adjusted, rel=1e-5)


CELLS = st.none() | st.booleans() | st.text(max_size=3) | st.integers() | st.floats()
COLUMN = st.one_of(
    *[st.lists(cells, min_size=1, max_size=8) for cells in (CELLS, st.integers(), st.floats())]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(COLUMN, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_rows_in_another_order_are_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[Any]], shuffled: random.Random
) -> None:
    """Whatever is in the columns: nothing drifts, by any measure, and nothing fails."""
    table = [{f"c{n}": cells[row % len(cells)] for n, cells in enumerate(drawn)}
             for row in range(60)]  # fmt: skip
    folder = tmp_path_factory.mktemp("rows")
    for name in ("one", "other"):
        text = "".join(json.dumps(row) + "\n" for row in table)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
        shuffled.shuffle(table)
    one, other = (read(folder / f"{name}.jsonl").columns for name in ("one", "other"))
    for measure in MEASURES:
        try:
            found = compare(one, other, Method(measure, min_rows=50))
        except NothingToJudge:
            continue
        assert found.drift_score == 0
        assert {feature.verdict for feature in found.features.values()} <= {"none", "too_few_rows"}


def test_an_earlier_reports_bins_are_counted_in_again(
    reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    current = rows(tmp_path / "current.csv", 800, seed=2)
    kept = tmp_path / "first.json"
    first = computed(capsys, reference, current, "--output", kept)
    other = rows(tmp_path / "other.csv", 2000, seed=9, shift=2)
    again = computed(capsys, other, current, "--bins", kept)
    assert again["bins"] == first["bins"]
    assert computed(capsys, other, current)["bins"] != first["bins"]


def test_too_few_rows_leave_what_was_there(
    reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "report.json"
    output.write_text("the last good one")
    few = rows(tmp_path / "few.csv", 40, seed=3)
    code, told = refused(capsys, reference, few, "--output", output)
    assert code == 1
    assert "needs 200 values" in told
    assert "lower --min-rows" in told
    assert output.read_text() == "the last good one"
    assert computed(capsys, reference, few, "--min-rows=30")["judged"] == 2


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"bins": {}}', '{"bins": {"value": {"edges": []}}}']
)
def test_bins_that_are_none_are_told(
    reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    bins = tmp_path / "bins.json"
    bins.write_text(content)
    code, told = refused(capsys, reference, reference, "--bins", bins)
    assert code == 2
    assert "bins" in told


def test_exit_codes_tell_what_is_wrong(
    reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(capsys, reference, tmp_path / "none.csv")[0] == 4
    assert refused(capsys, reference, reference, "--columns=value,price")[0] == 2
    unwritable = reference / "report.json"
    code, told = refused(capsys, reference, reference, "--output", unwritable)
    assert code == 2
    assert told.splitlines()[0].startswith(f"{unwritable} cannot be written: ")


def test_the_folder_of_the_report_is_made(
    reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "monitoring" / "flights" / "july.json"
    assert computed(capsys, reference, reference, "--output", output)["drift_score"] == 0
    assert [each.name for each in output.parent.iterdir()] == ["july.json"]


def test_a_report_is_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    write({"drift_score": 1.0}, path)

    def full_disk(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(DriftError, match="No space left"):
        write({"drift_score": 2.0}, path)
    assert json.loads(path.read_text()) == {"drift_score": 1.0}
    assert list(tmp_path.iterdir()) == [path]
