"""Reports of drift are read strictly: whole, or not at all."""

import json
import random
from pathlib import Path

import pytest

from tests.drift.damage import VALID, Damaged, at_random
from tests.drift.fuzzing import try_all
from tests.drift.oracle import oracle
from tests.drift.parquet_files import damaged_parquet
from trainautod.drift.errors import ReportRefused
from trainautod.drift.reports import MOST_FEATURES, Report, parse_json
from trainautod.drift.rows import csv_cells, csv_header, csv_whole


def report(**fields: object) -> bytes:
    return json.dumps({"drift_score": 0.27, **fields}).encode()


def reason(data: bytes) -> str:
    with pytest.raises(ReportRefused) as refused:
        parse_json(data)
    return refused.value.message


def row(header: bytes, line: bytes) -> Report:
    return csv_header(header).report(csv_cells(line))


def test_a_report_has_a_score_features_and_other_scalars() -> None:
    found = parse_json(report(features={"a": 0.3, "b": 1}, model="m", n=5, ok=False, at=None))

    assert (found.score, found.features) == (0.27, {"a": 0.3, "b": 1.0})
    assert found.values == {"model": "m", "n": 5, "ok": False, "at": None}


@pytest.mark.parametrize(
    "features",
    [
        {"a": 0.3, "b": 0.1},
        {"a": {"score": 0.3, "verdict": "drift"}, "b": {"score": 0.1}},
        [{"feature": "a", "score": 0.3}, {"name": "b", "score": 0.1}],
    ],
)
def test_features_may_be_written_in_three_ways(features: object) -> None:
    assert parse_json(report(features=features)).features == {"a": 0.3, "b": 0.1}


def test_features_without_a_score_are_left_out() -> None:
    features = {"a": None, "b": {"score": None, "verdict": "too_few_rows"}, "c": 0.1}

    assert parse_json(report(features=features)).features == {"c": 0.1}


def test_features_may_be_missing() -> None:
    assert parse_json(b'{"drift_score": 0}') == Report(0.0)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"{}", "drift_score is missing"),
        (b'{"drift_score": NaN}', "NaN is no number of JSON"),
        (b'{"drift_score": Infinity}', "Infinity is no number of JSON"),
        (b'{"drift_score": 1e999}', "the number 1e999 is too large"),
        (b'{"drift_score": 1' + b"0" * 400 + b"}", "too large"),
        (b'{"drift_score": -0.1}', "drift_score is -0.1; a score is 0 or more"),
        (b'{"drift_score": "0.3"}', "drift_score is text ('0.3'), not a number"),
        (b'{"drift_score": true}', "drift_score is true, not a number"),
        (b'{"drift_score": null}', "drift_score is null, not a number"),
        (b'{"drift_score": 0.1, "drift_score": 0.2}', "'drift_score' comes twice"),
        (b'{"drift_score": 0.1, "features": {"a": 1, "a": 2}}', "'a' comes twice"),
        (b'{"drift_score": 0.1, "features": {"a": "x"}}', "feature 'a' is text ('x')"),
        (b'{"drift_score": 0.1, "features": {"a": {}}}', "feature 'a' has no score"),
        (b'{"drift_score": 0.1, "features": {"": 1}}', "the name of feature 1 is empty text"),
        (b'{"drift_score": 0.1, "features": 3}', "features is a number"),
        (b'{"drift_score": 0.1, "features": [1]}', "entry 1 of features is a number"),
        (b'{"drift_score": 0.1, "features": [{"score": 1}]}', "needs 'feature' and 'score'"),
        (b'{"drift_score": 0.1, "note": "\\ud800"}', "half of a character"),
        (b"[0.1]", "it is a list, not an object"),
        (b'{"drift_score": 0.2', "it ends too early, at line 1, column 20"),
        (b'{"drift_score": 0.2} x', "it is no JSON: Extra data, at line 1"),
        (b'{"drift_score": 0.2, "x": \xff}', "it is not UTF-8 text: byte 0xff at position 26"),
        ('{"drift_score": 0.2}'.encode("utf-16"), "it is not UTF-8 text: byte 0xff"),
        (b"[" * 200_000, "nested more than 64 deep"),
        (b'{"a":' * 100_000, "nested more than 64 deep"),
    ],
)
def test_what_is_damaged_is_refused_with_a_reason(data: bytes, told: str) -> None:
    assert told in reason(data)


def test_brackets_in_texts_are_no_depth() -> None:
    assert parse_json(report(note="[" * 100)).values["note"] == "[" * 100


def test_a_report_has_a_largest_number_of_features() -> None:
    features = {f"f{n}": 0.1 for n in range(MOST_FEATURES + 1)}

    assert f"more than {MOST_FEATURES} features" in reason(report(features=features))


def test_affected_are_the_features_above_the_warning_level_most_affected_first() -> None:
    assert Report(1, {"b": 0.2, "a": 0.2, "c": 0.1, "d": 3.0}).affected == ["d", "a", "b"]


def test_where_no_feature_is_above_it_those_with_the_highest_score_are() -> None:
    assert Report(1, {"b": 0.05, "a": 0.05, "c": 0.01}).affected == ["a", "b"]
    assert Report(1).affected == []


def test_a_row_of_a_wide_table_is_a_report() -> None:
    found = row(b'day,drift_score,"a, b",c,note', b'2013-07-01,0.3, 5e-1 ,,"so ""so"""')

    assert (found.score, found.features) == (0.3, {"a, b": 0.5})
    assert found.values == {"day": "2013-07-01", "c": None, "note": 'so "so"'}


def test_row_numbers_as_pandas_writes_them_are_no_feature() -> None:
    assert row(b",drift_score,a", b"7,0.3,0.1").features == {"a": 0.1}


@pytest.mark.parametrize(
    ("header", "line", "told"),
    [
        (b"a,b", b"1,2", "there is no column drift_score"),
        (b"drift_score,a,a", b"1,2,3", "column 'a' comes twice"),
        (b"drift_score,a", b"0.3", "it has 1 cells, and the header has 2"),
        (b"drift_score,a", b"0.3,0.1,0.2", "it has 3 cells, and the header has 2"),
        (b"drift_score,a", b",0.1", "drift_score is null"),
        (b"drift_score,a", b"NaN,0.1", "NaN"),
        (b"drift_score,a", b"0.3,-inf", "-inf"),
        (b"drift_score,a", b"0.3,1e999", "too large"),
        (b"drift_score,a", b"0.3,-0.5", "feature 'a' is -0.5"),
        (b"drift_score,a", b"1_0,0.1", "drift_score is text ('1_0')"),
        (b"drift_score,a", "٣,0.1".encode(), "drift_score is text"),
        (b"drift_score,a", b"0.3,\x00", "control character, 0x00"),
        (b"drift_score,a", b'0.3,"0.1', "no line of CSV"),
        (b"drift_score,a", b"0.3,\xff", "not UTF-8"),
    ],
)
def test_a_row_that_is_damaged_is_refused(header: bytes, line: bytes, told: str) -> None:
    with pytest.raises(ReportRefused, match=r".*") as refused:
        row(header, line)
    assert told in refused.value.message


def long(*lines: bytes) -> Report:
    header = csv_header(b"feature,score,p")
    return csv_whole(header, enumerate(lines, 2))


def test_a_long_table_is_one_report() -> None:
    found = long(b"a,0.3,0.01", b"drift_score,0.27,", b"007,,0.5", b"8,0.1,")

    assert (found.score, found.features) == (0.27, {"a": 0.3, "8": 0.1})


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([b"a,0.3,"], "there is no row drift_score"),
        ([b"drift_score,0.1,", b"drift_score,0.2,"], "the row drift_score comes twice"),
        ([b"drift_score,0.1,", b"a,0.1,", b"a,0.2,"], "feature 'a' comes twice"),
        ([b"drift_score,0.1,", b"a,high,"], "feature 'a' is text ('high')"),
        ([b"drift_score,0.1,", b"a,0.1"], "line 3: it has 2 cells"),
        ([b"drift_score,,"], "drift_score is null"),
    ],
)
def test_a_long_table_that_is_damaged_is_refused(lines: list[bytes], told: str) -> None:
    with pytest.raises(ReportRefused) as refused:
        long(*lines)
    assert told in refused.value.message


@pytest.mark.parametrize(("suffix", "data"), VALID)
def test_the_oracle_reads_what_is_valid(suffix: str, data: bytes) -> None:
    assert oracle(suffix, data)


def test_damaged_files_give_what_the_oracle_reads_and_else_a_reason(tmp_path: Path) -> None:
    """``python -m benchmarks.drift_files`` does the same with 100,000."""
    chance = random.Random(20130701)
    tally = try_all((at_random(chance) for _ in range(1000)), tmp_path)

    assert tally.wrong == []
    assert tally.believed > 100
    assert tally.refused > 300


@pytest.mark.parametrize(("suffix", "data"), VALID)
def test_a_file_that_is_cut_off_gives_what_is_whole_in_it(
    suffix: str, data: bytes, tmp_path: Path
) -> None:
    cuts = (Damaged(suffix, data[:at], f"cut at {at}") for at in range(len(data)))

    assert try_all(cuts, tmp_path).wrong == []


def test_damaged_parquet_files_give_what_the_library_reads_and_else_a_reason(
    tmp_path: Path,
) -> None:
    tally = try_all(damaged_parquet(seed=20130701, count=6), tmp_path)

    assert tally.wrong == []
    assert tally.refused > 0
