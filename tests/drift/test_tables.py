"""Tables: every kind of column as a file may have it."""

import json
from pathlib import Path

import pandas as pd
import pytest

from trainautod.drift.columns import Categorical, Numeric
from trainautod.drift.errors import NoSuchColumn, TableMissing, TableUnreadable
from trainautod.drift.tables import INSTANTS, Table, common, read


def csv(folder: Path, text: str, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def lines(folder: Path, *rows: object) -> Path:
    return csv(folder, "".join(json.dumps(row) + "\n" for row in rows), "rows.jsonl")


def numeric(table: Table, name: str) -> Numeric:
    column = table.columns[name]
    assert isinstance(column, Numeric)
    return column


def test_a_csv_file(tmp_path: Path) -> None:
    table = read(csv(tmp_path, "n,f,b,c,empty\n3,0.5,True,x,\n1,,False,y,\n2,inf,True,x,\n"))
    assert numeric(table, "n").values.tolist() == [1, 2, 3]
    assert (numeric(table, "f").values.tolist(), numeric(table, "f").missing) == ([0.5], 2)
    assert numeric(table, "f").notes == ("1 infinite values count as missing",)
    assert numeric(table, "b").values.tolist() == [0, 1, 1]
    assert table.columns["c"] == Categorical({"x": 2, "y": 1})
    assert (table.columns["empty"].size, table.columns["empty"].missing) == (0, 3)


def test_a_compressed_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    pd.DataFrame({"n": [1, 2]}).to_csv(path, index=False)
    assert numeric(read(path), "n").size == 2


def test_a_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pd.DataFrame(
        {
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "flag": pd.array([True, None, False], dtype="boolean"),
            "kind": pd.Categorical(["a", "b", "a"]),
            "took": pd.to_timedelta([1, 2, 3], unit="min"),
            "at": pd.to_datetime(["2013-01-01", "2013-01-02", "NaT"]),
            "nested": [[1], [2], [3]],
        }
    ).to_parquet(path)
    table = read(path)
    assert (numeric(table, "whole").values.tolist(), numeric(table, "whole").missing) == ([1, 3], 1)
    assert (numeric(table, "flag").values.tolist(), numeric(table, "flag").missing) == ([0, 1], 1)
    assert table.columns["kind"] == Categorical({"a": 2, "b": 1})
    assert numeric(table, "took").values.tolist() == [60, 120, 180]
    assert table.skipped["at"] == INSTANTS
    assert "nested" in table.skipped["nested"]


def test_json_lines(tmp_path: Path) -> None:
    rows = {"n": 1, "mixed": 1, "flag": True}, {"n": 2.5, "mixed": "a"}, {"n": None, "flag": False}
    table = read(lines(tmp_path, *rows))
    assert (numeric(table, "n").values.tolist(), numeric(table, "n").missing) == ([1, 2.5], 1)
    assert (numeric(table, "flag").values.tolist(), numeric(table, "flag").missing) == ([0, 1], 1)
    mixed = table.columns["mixed"]
    assert isinstance(mixed, Categorical)
    assert (sorted(mixed.occurrences), mixed.missing) == (["1", "a"], 1)
    assert "several types" in mixed.notes[0]


def test_instants_are_compared_when_they_are_named(tmp_path: Path) -> None:
    path = csv(tmp_path, "at,n\n1970-01-02,1\n1970-01-01T00:00:10Z,2\n")
    assert read(path).skipped == {"at": INSTANTS}
    assert numeric(read(path, ["at"]), "at").values.tolist() == [10, 86_400]
    assert "at" in read(csv(tmp_path, "at\n1970-01-02\nsoon\n")).columns


def test_identifiers_are_left_out_and_told_of(tmp_path: Path) -> None:
    path = csv(tmp_path, "id,n\n" + "".join(f"row-{n},{n}\n" for n in range(1001)))
    table = read(path)
    assert set(table.columns) == {"n"}
    assert "1,001 different texts" in table.skipped["id"]


def test_columns_are_chosen_and_left_out(tmp_path: Path) -> None:
    path = csv(tmp_path, "a,b,c\n1,2,3\n")
    assert list(read(path, ["c", "a"]).columns) == ["c", "a"]
    assert list(read(path, [], ["b"]).columns) == ["a", "c"]
    with pytest.raises(NoSuchColumn, match="no column d"):
        read(path, ["a", "d"])


def test_columns_of_one_side_only_are_told(tmp_path: Path) -> None:
    one = read(csv(tmp_path, "a,b,at\n1,2,2013-01-01\n"))
    other = read(csv(tmp_path, "a,c\n1,2\n"))
    assert common(one, other) == {
        "at": INSTANTS,
        "b": "not in the current rows",
        "c": "not in the reference",
    }


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("rows.csv", "", "cannot be read as csv"),
        ("rows.parquet", "no parquet", "cannot be read as parquet"),
        ("rows.jsonl", '{"a": 1}\n{"a"\n', "line 2 is no JSON"),
        ("rows.jsonl", "[1]\n", "line 1 is no JSON object"),
        ("rows.txt", "a\n1\n", "is of no known form"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, content: str, told: str) -> None:
    with pytest.raises(TableUnreadable, match=told):
        read(csv(tmp_path, content, name))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TableMissing, match="there is no file"):
        read(tmp_path / "rows.csv")
