"""Tables from files, as columns that can be compared.

Needs pandas, whose memory the daemon itself is spared.
"""

import json
import math
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import infer_dtype, is_bool_dtype, is_numeric_dtype
from pandas.errors import ParserWarning

from trainautod.drift.bins import MOST_CATEGORIES
from trainautod.drift.columns import Categorical, Column, numeric
from trainautod.drift.errors import NoSuchColumn, TableMissing, TableUnreadable

SUFFIXES = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".json": "lines",
}
NAMELESS = "no name, and most often row numbers: name it in --columns to compare it"
INSTANTS = "instants, which move by themselves: name it in --columns to compare it"
PACKED = (".gz", ".bz2", ".xz", ".zip")  # of CSV alone
_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean")
_TIMES = ("datetime", "datetime64", "date")
_WITHOUT_A_NAME = re.compile(r"__index_level_\d+__|Unnamed: \d+")  # as pandas calls them
_LOOKS_LIKE_A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a file.

    Attributes:
        columns: Those that can be compared, in the file's order.
        skipped: Those that cannot, and why.
        excluded: Those that were to be left out.
    """

    columns: dict[str, Column]
    skipped: dict[str, str]
    excluded: frozenset[str]


def read(path: Path, wanted: Sequence[str] = (), excluded: Sequence[str] = ()) -> Table:
    """Read a table.

    Args:
        path: A CSV, parquet or JSON lines file; a CSV may be compressed.
        wanted: The columns to compare; all when empty.
        excluded: Columns to leave out.

    Raises:
        TableMissing: There is no such file.
        TableUnreadable: It is not what its name says.
        NoSuchColumn: A wanted column is not there.
    """
    frame = _frame(path)
    absent = [name for name in wanted if name not in frame.columns]
    if absent:
        there = ", ".join(map(str, frame.columns[:20]))
        raise NoSuchColumn(f"{path} has no column {', '.join(absent)}", f"it has {there}")
    left_out = frozenset(excluded).intersection(frame.columns)
    columns: dict[str, Column] = {}
    skipped: dict[str, str] = {}
    for name in wanted or list(frame.columns):
        if name in left_out:
            continue
        made = _column(frame[name], named=name in wanted)
        if isinstance(made, str):
            skipped[name] = made
        else:
            columns[name] = made
    return Table(columns, skipped, left_out)


def common(reference: Table, current: Table) -> dict[str, str]:
    """The columns of either table that are not compared, and why."""
    skipped = {**current.skipped, **reference.skipped}
    sides = (reference, "the current rows"), (current, "the reference")
    names = [{*table.columns, *table.skipped} for table, _ in sides]
    for (table, other), there in zip(sides, reversed(names), strict=True):
        skipped |= {name: f"not in {other}" for name in table.columns if name not in there}
    return skipped


def known(excluded: Sequence[str], *tables: Table) -> None:
    """Be sure that each column to leave out is in one of the tables.

    Raises:
        NoSuchColumn: One is in none, so that another than was meant would be compared.
    """
    absent = [name for name in excluded if not any(name in each.excluded for each in tables)]
    if absent:
        raise NoSuchColumn(
            f"neither table has a column {', '.join(absent)} that could be left out",
            "correct --exclude",
        )


def _frame(path: Path) -> pd.DataFrame:
    form = _form(path)
    if not path.is_file():
        raise TableMissing(f"there is no file {path}")
    if form is None:
        raise TableUnreadable(
            f"{path} is of no known form",
            f"it must end in {', '.join(SUFFIXES)}; a CSV may be compressed",
        )
    try:
        frame = {"csv": _csv, "parquet": _parquet, "lines": _lines}[form](path)
    except (ValueError, OSError, EOFError, MemoryError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise TableUnreadable(f"{path} cannot be read as {form}: {reason}") from error
    return frame


def _form(path: Path) -> str | None:
    *_, before, last = ("", "", *(suffix.lower() for suffix in path.suffixes))
    return SUFFIXES.get(last) if last not in PACKED else "csv" if before == ".csv" else None


def _csv(path: Path) -> pd.DataFrame:
    heading = pd.read_csv(path, header=None, nrows=1, dtype=str, encoding_errors="replace")
    _be_unique(heading.iloc[0].dropna().tolist())
    with warnings.catch_warnings():
        warnings.simplefilter("error", ParserWarning)
        try:
            frame: pd.DataFrame = pd.read_csv(
                path, low_memory=False, encoding_errors="replace", index_col=False
            )
        except ParserWarning as error:  # by itself, pandas would move every column by one
            raise ValueError("its rows have more fields than its heading") from error
    return frame


def _parquet(path: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        _be_unique(names)
        table = file.read()
    # What pandas wrote as an index is a column like any other: leaving it out would be silent.
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    return frame


def _be_unique(names: list[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"column {twice[0]} comes twice")


def _lines(path: Path) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                rows.append(_row(line, number))
    return pd.DataFrame(rows)


def _row(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"line {number} is no JSON: {error}") from error
    if not isinstance(row, dict):
        raise ValueError(f"line {number} is no JSON object: one row per line")  # noqa: TRY004
    return row


def _column(series: "pd.Series[Any]", named: bool) -> Column | str:
    """A column as it is compared, or why it is not; some only when they are asked for."""
    if _WITHOUT_A_NAME.fullmatch(str(series.name)) and not named:
        return NAMELESS
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype)
    kind = "floating" if _plain(series) else infer_dtype(series, skipna=True)
    if kind in _NUMBERS:
        return numeric(_floats(series))
    if kind == "empty":
        return Categorical({}, len(series))
    if kind.startswith("timedelta"):
        return numeric(series.dt.total_seconds().to_numpy(dtype=np.float64))
    if kind in _TIMES or (kind == "string" and _are_days(series)):
        return _instants(series) if named else INSTANTS
    return _texts(series, mixed=kind.startswith("mixed"))


def _floats(series: "pd.Series[Any]") -> NDArray[np.float64]:
    try:
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    except OverflowError:  # whole numbers of JSON beyond the largest float
        return np.array([_float(value) for value in series], dtype=np.float64)


def _float(value: Any) -> float:
    try:
        return math.nan if value is None else float(value)
    except OverflowError:
        return math.inf


def _plain(series: "pd.Series[Any]") -> bool:
    return is_bool_dtype(series.dtype) or (
        is_numeric_dtype(series.dtype) and not np.iscomplexobj(series)
    )


def _are_days(series: "pd.Series[Any]") -> bool:
    """Whether all texts are dates, told by the first of them before all are parsed."""
    present = series.dropna()
    if not all(_LOOKS_LIKE_A_DAY.fullmatch(text) for text in present.head(20)):
        return False
    return bool(_parsed(present).notna().all())


def _instants(series: "pd.Series[Any]") -> Column:
    parsed = _parsed(series)
    seconds = (parsed - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
    return numeric(seconds.to_numpy(dtype=np.float64))


def _parsed(series: "pd.Series[Any]") -> "pd.Series[Any]":
    parsed: pd.Series[Any] = pd.to_datetime(series, errors="coerce", utc=True, format="ISO8601")
    return parsed


def _texts(series: "pd.Series[Any]", mixed: bool) -> Column | str:
    present = series.dropna()
    if mixed and any(isinstance(value, list | dict | tuple | np.ndarray) for value in present):
        return "nested values, which have no order and no categories"
    occurrences = present.astype(str).value_counts()
    if len(occurrences) > MOST_CATEGORIES:
        return f"{len(occurrences):,} different texts: identifiers or prose, not categories"
    notes = ("values of several types are compared as text",) if mixed else ()
    counts = {str(text): int(count) for text, count in occurrences.items()}
    return Categorical(counts, len(series) - len(present), notes)
