"""Put the newest days of ``incoming/`` together as ``data/raw.parquet``, one file there per day.

While nothing has arrived, the flights of 2013 up to the day of the run stand in (see fetch.py).
"""

import argparse
import datetime as dt
from pathlib import Path

import pandas as pd
from fetch import (
    announce,
    days_between,
    mapped,
    packaged_flights,
    read_flights,
    select,
)
from flights import log, read_parquet, write_parquet
from schemas import FLIGHT, RAW, check


def arrived(folder: Path, days: int) -> pd.DataFrame | None:
    """Return the flights of the newest ``days`` files, by name; None when there is none."""
    files = sorted(folder.glob("*.parquet"))[-days:]
    if not files:
        return None
    log(f"the newest {len(files)} days that have arrived: {files[0].stem} to {files[-1].stem}")
    together = pd.concat([read_parquet(file) for file in files], ignore_index=True)
    return together.sort_values(list(FLIGHT), kind="stable", ignore_index=True)


def packaged(until: dt.date, days: int) -> pd.DataFrame:
    """Return the flights of the ``days`` days up to ``until``."""
    window = days_between(until - dt.timedelta(days=days - 1), until)
    sources = mapped(window)
    announce(window, sources)
    return select(read_flights(packaged_flights()), window, sources)


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description="Put the newest days of flights together.")
    parser.add_argument("--incoming", type=Path, default=Path("incoming"))
    parser.add_argument("--days", type=int, required=True)
    parser.add_argument("--until", type=dt.date.fromisoformat, required=True)
    parser.add_argument("--output", type=Path, default=Path("data/raw.parquet"))
    given = parser.parse_args()
    if given.days < 1:
        parser.error("--days must be at least 1")
    raw = arrived(given.incoming, given.days)
    if raw is None:
        log(f"nothing in {given.incoming}/ yet")
        raw = packaged(given.until, given.days)
    check(raw, RAW, "the flights that were put together")
    write_parquet(raw, given.output)
    log(f"{len(raw)} flights")


if __name__ == "__main__":
    main()
