"""Tables: every kind of column as a file may have it."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trainautod.drift.columns import Categorical, Numeric
from trainautod.drift.errors import NoSuchColumn, TableMissing, TableUnreadable
from trainautod.drift.tables import INSTANTS, NAMELESS, Table, common, known, read


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


def test_an_index_is_a_column_when_it_has_a_name(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    frame = pd.DataFrame({"n": [1, 2, 3]}, index=pd.Index(["a", "b", "a"], name="kind"))
    frame.to_parquet(path)
    assert read(path).columns["kind"] == Categorical({"a": 2, "b": 1})
    frame.set_index(pd.Index([7, 9, 8])).to_parquet(path)
    assert read(path).skipped == {"__index_level_0__": NAMELESS}
    table = read(csv(tmp_path, ",n\n0,5\n1,6\n"))
    assert (list(table.columns), table.skipped) == (["n"], {"Unnamed: 0": NAMELESS})


def test_times_of_day_are_categories(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"at": pa.array([0, 60, 60], pa.time32("s"))}), path)
    assert read(path).columns["at"] == Categorical({"00:01:00": 2, "00:00:00": 1})


def test_a_whole_number_beyond_the_largest_float_is_infinite(tmp_path: Path) -> None:
    column = numeric(read(lines(tmp_path, {"n": 10**400}, {"n": 10**30}, {"n": None})), "n")
    assert (column.values.tolist(), column.missing) == ([1e30], 2)
    assert column.notes == ("1 infinite values count as missing",)


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


def test_what_is_to_be_left_out_is_a_column_of_either_table(tmp_path: Path) -> None:
    names = ["late", "b"]
    one = read(csv(tmp_path, "a,late\n1,2\n"), [], names)
    other = read(csv(tmp_path, "a,b\n1,2\n"), [], names)
    known(names, one, other)
    assert (*one.columns, *other.columns) == ("a", "a")
    with pytest.raises(NoSuchColumn, match="neither table has a column lat"):
        known(["lat"], one, other)


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
        ("rows.jsonl", '{"a": ' + "[" * 100_000, "line 1 is no JSON"),
        ("rows.csv", "a,b\n1,2,3\n4,5,6\n", "more fields than its heading"),
        ("rows.csv", "a,b,a\n1,2,3\n", "column a comes twice"),
        ("rows.txt", "a\n1\n", "is of no known form"),
        ("rows.jsonl.gz", "", "is of no known form"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, content: str, told: str) -> None:
    with pytest.raises(TableUnreadable, match=told):
        read(csv(tmp_path, content, name))


def test_a_column_that_comes_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["n", "n"]), path)
    with pytest.raises(TableUnreadable, match="column n comes twice") as raised:
        read(path)
    assert "give CSV, parquet or JSON lines" in raised.value.hint


def test_a_mark_of_the_byte_order_is_no_part_of_the_first_row(tmp_path: Path) -> None:
    assert list(read(csv(tmp_path, '\ufeff{"a": 1}\n', "rows.jsonl")).columns) == ["a"]
    assert list(read(csv(tmp_path, "\ufeffa\n1\n")).columns) == ["a"]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TableMissing, match="there is no file"):
        read(tmp_path / "rows.csv")
