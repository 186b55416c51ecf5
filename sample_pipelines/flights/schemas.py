"""What the tables must look like before the next step may read them."""

import sys
from collections.abc import Iterator

import pandas as pd
import pandera.errors
import pandera.pandas as pa

ORIGINS = ("EWR", "JFK", "LGA")
STATUSES = ("cancelled", "completed", "diverted")
MAX_CANCELLED = 0.5  # of a window; the worst one of 2013, after the storm of 8 February, has 0.14
FLIGHT = ("day", "sched_dep_time", "origin", "carrier", "flight", "dest")
EXAMPLES = 3
RULES = {  # pandera's names, for a person
    "column_in_dataframe": "a column is missing",
    "column_in_schema": "a column is not expected",
    "multiple_fields_uniqueness": "every flight only once",
    "not_nullable": "no nulls",
}

DAY = pa.Column(str, pa.Check.str_matches(r"^\d{4}-\d{2}-\d{2}$"))
CARRIER = pa.Column(str, pa.Check.str_matches(r"^[0-9A-Z]{2}$"))
ORIGIN = pa.Column(str, pa.Check.isin(ORIGINS))
DEST = pa.Column(str, pa.Check.str_matches(r"^[A-Z]{3}$"))
DISTANCE = pa.Column(int, pa.Check.in_range(10, 6000))  # miles
MINUTES_LATE = pa.Check.in_range(-180, 2880)  # 2013: from 86 early to 1301 late


def clock(nullable: bool = False) -> pa.Column:
    """Return a column of local times of day, such as 1435 for 14:35."""
    checks = [
        pa.Check.in_range(0, 2400),
        pa.Check(lambda times: times % 100 < 60, error="minutes of the hour below 60"),
    ]
    return pa.Column(float if nullable else int, checks, nullable=nullable)


def _few_cancelled(frame: pd.DataFrame) -> bool:
    return float((frame["status"] == "cancelled").mean()) <= MAX_CANCELLED


def _nulls_match_status(frame: pd.DataFrame) -> "pd.Series[bool]":
    """A completed flight has all its times; a cancelled one none; a diverted one no result."""
    left = frame["dep_time"].notna() & frame["dep_delay"].notna()
    arrived = frame["arr_delay"].notna() & frame["arr_time"].notna() & frame["air_time"].notna()
    completed = left & arrived
    diverted = left & frame["arr_delay"].isna() & frame["air_time"].isna()
    timed = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]
    cancelled = frame[timed].isna().all(axis="columns")
    holds = {"completed": completed, "diverted": diverted, "cancelled": cancelled}
    agrees = pd.Series(False, index=frame.index)
    for status, rows in holds.items():
        agrees |= (frame["status"] == status) & rows
    return agrees


RAW = pa.DataFrameSchema(
    {
        "day": DAY,
        "source_day": DAY,
        "status": pa.Column(str, pa.Check.isin(STATUSES)),
        "sched_dep_time": clock(),
        "dep_time": clock(nullable=True),
        "dep_delay": pa.Column(float, MINUTES_LATE, nullable=True),
        "sched_arr_time": clock(),
        "arr_time": clock(nullable=True),
        "arr_delay": pa.Column(float, MINUTES_LATE, nullable=True),
        "air_time": pa.Column(float, pa.Check.in_range(5, 1200), nullable=True),
        "carrier": CARRIER,
        "flight": pa.Column(int, pa.Check.in_range(1, 9999)),
        "origin": ORIGIN,
        "dest": DEST,
        "distance": DISTANCE,
    },
    checks=[
        pa.Check(_nulls_match_status, error="nulls only where the flight's status explains them"),
        pa.Check(_few_cancelled, error=f"at most {MAX_CANCELLED:.0%} of the flights cancelled"),
    ],
    unique=list(FLIGHT),
    strict=True,
)
"""One row per scheduled flight. Times of day are local, delays and ``air_time`` in minutes."""

FEATURE_TABLE = pa.DataFrameSchema(
    {
        "day": DAY,
        "flight": pa.Column(int),
        "dep_delay": pa.Column(float, MINUTES_LATE),
        "sched_minute": pa.Column(int, pa.Check.in_range(0, 1440)),
        "sched_elapsed": pa.Column(int, pa.Check.in_range(0, 1439)),
        "day_of_week": pa.Column(int, pa.Check.in_range(0, 6)),
        "distance": DISTANCE,
        "origin_load": pa.Column(int, pa.Check.ge(1)),
        "origin_delay_3h": pa.Column(float, MINUTES_LATE, nullable=True),
        "carrier_delay_3h": pa.Column(float, MINUTES_LATE, nullable=True),
        "carrier": CARRIER,
        "origin": ORIGIN,
        "dest": DEST,
        "late": pa.Column(bool),
    },
    strict=True,
    ordered=True,
)
"""One row per completed flight; what the columns mean is said in ``features.py``."""


def check(frame: pd.DataFrame, schema: pa.DataFrameSchema, what: str) -> None:
    """Exit with the list of all failing checks, if any fails.

    Args:
        frame: The table.
        schema: ``RAW`` or ``FEATURE_TABLE``.
        what: What a person calls the table.
    """
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        lines = list(failures(error.failure_cases, len(frame)))
        print(f"{what}: {len(lines)} check(s) failed", file=sys.stderr)
        sys.exit("\n".join(f"  {line}" for line in lines))


def failures(cases: pd.DataFrame, rows: int) -> Iterator[str]:
    """Yield one line per failing check: column, rule, how many rows, a few of the values.

    Args:
        cases: pandera's table of failure cases.
        rows: How many rows the checked table has.
    """
    cases = cases.assign(column=cases["column"].where(cases["schema_context"] == "Column", "table"))
    for (column, rule), group in cases.groupby(["column", "check"], sort=True):
        places = group["index"].dropna().nunique()
        line = f"{column}: {RULES.get(str(rule), rule)}"
        if places:
            line += f" in {places} of {rows} rows"
        if rule != "not_nullable" and (column != "table" or not places):
            line += f" (found {', '.join(map(str, group['failure_case'].unique()[:EXAMPLES]))})"
        yield line
