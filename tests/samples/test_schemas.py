"""schemas.py: what a table must look like, and how a failing check is told."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

TIMES = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]


@pytest.fixture(scope="session")
def schemas(script: Callable[[str], ModuleType]) -> Any:
    return script("schemas")


def told(schemas: Any, table: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines that ``check`` ends with."""
    with pytest.raises(SystemExit) as ending:
        schemas.check(table, schemas.RAW, "raw flights")
    assert capsys.readouterr().err.startswith("raw flights: ")
    return [line.strip() for line in str(ending.value).splitlines()]


def test_a_good_table_passes_in_silence(
    schemas: Any, raw: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    schemas.check(raw, schemas.RAW, "raw flights")
    assert capsys.readouterr() == ("", "")


def test_a_missing_and_an_unknown_column_are_named(
    schemas: Any, raw: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = told(schemas, raw.rename(columns={"distance": "miles"}), capsys)
    assert "table: a column is missing (found distance)" in lines
    assert "table: a column is not expected (found miles)" in lines


def test_a_column_of_another_type_is_named(
    schemas: Any, raw: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = told(schemas, raw.assign(flight=raw["flight"].astype(str)), capsys)
    assert any(line.startswith("flight: dtype('int64') (found str") for line in lines), lines


def test_few_examples_stand_for_many_rows(
    schemas: Any, raw: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    raw["distance"] = range(-len(raw), 0)
    first = -len(raw)
    (line,) = told(schemas, raw, capsys)
    assert line == (
        f"distance: in_range(10, 6000) in {len(raw)} of {len(raw)} rows "
        f"(found {first}, {first + 1}, {first + 2})"
    )


@pytest.mark.parametrize("column", ["dep_delay", "arr_delay", "arr_time", "air_time"])
def test_a_completed_flight_has_all_its_times(
    schemas: Any,
    raw: pd.DataFrame,
    capsys: pytest.CaptureFixture[str],
    column: str,
) -> None:
    raw.loc[raw.index[raw["status"] == "completed"][0], column] = None
    assert told(schemas, raw, capsys) == [
        f"table: nulls only where the flight's status explains them in 1 of {len(raw)} rows"
    ]


@pytest.mark.parametrize("column", TIMES)
def test_a_cancelled_flight_has_none(
    schemas: Any, raw: pd.DataFrame, capsys: pytest.CaptureFixture[str], column: str
) -> None:
    raw.loc[raw.index[raw["status"] == "cancelled"][0], column] = 30.0
    (line,) = told(schemas, raw, capsys)
    assert line.startswith("table: nulls only where the flight's status explains them in 1 of")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("day", "2013-3-1"),
        ("source_day", "yesterday"),
        ("status", "late"),
        ("sched_dep_time", 2401),
        ("sched_arr_time", 1260),
        ("dep_time", 2460.0),
        ("dep_delay", -500.0),
        ("arr_delay", 1e9),
        ("air_time", 0.0),
        ("carrier", "united"),
        ("flight", 0),
        ("origin", "ZRH"),
        ("dest", "Z"),
        ("distance", 25_000),
    ],
)
def test_a_value_out_of_range_is_named(
    schemas: Any,
    raw: pd.DataFrame,
    capsys: pytest.CaptureFixture[str],
    column: str,
    value: object,
) -> None:
    row = raw.index[raw["status"] == "completed"][0]
    raw[column] = raw[column].where(raw.index != row, value)
    lines = told(schemas, raw, capsys)
    assert any(line.startswith(f"{column}: ") and str(value) in line for line in lines), lines
