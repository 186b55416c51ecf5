"""Turn raw flights into one row per completed flight: what is known as it leaves, and the label.

Nothing that happens after departure is used: no arrival time, no time in the air, and of other
flights only those that had left before. The label ``late`` is an arrival 15 minutes or more
behind schedule, as the US Department of Transportation counts a delay.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from flights import FEATURES, LABEL, log, read_parquet, write_parquet
from numpy.typing import NDArray
from schemas import FEATURE_TABLE, RAW, check

LATE_MINUTES = 15
PAST_MINUTES = 180
DAY_MINUTES = 24 * 60
COLUMNS = ("day", "flight", *FEATURES, LABEL)
ORDER = ["day", "sched_minute", "origin", "carrier", "flight", "dest"]


def minutes(clock: "pd.Series[int]") -> "pd.Series[int]":
    """Turn local times such as 1435 into minutes since midnight."""
    return clock // 100 * 60 + clock % 100


def earlier_mean(
    moment: NDArray[np.float64], value: NDArray[np.float64], span: float
) -> NDArray[np.float64]:
    """Return, for each flight, the mean of ``value`` over the flights that left shortly before.

    Args:
        moment: When each flight left, in minutes; NaN if it did not.
        value: What is averaged, for each flight.
        span: How far back to look, in minutes; flights of the very same minute do not count.

    Returns:
        One mean per flight, NaN where no flight left in that span.
    """
    order = np.argsort(moment, kind="stable")
    left = moment[order]
    left = left[~np.isnan(left)]
    total = np.concatenate(([0.0], np.cumsum(value[order][: len(left)])))
    end = np.searchsorted(left, moment, side="left")
    start = np.searchsorted(left, moment - span, side="left")
    count = end - start
    mean = np.full(len(moment), np.nan)
    np.divide(total[end] - total[start], count, out=mean, where=count > 0)
    return mean


def past_delay(raw: pd.DataFrame, by: str) -> "pd.Series[float]":
    """Return the mean departure delay of the last three hours, per ``origin`` or ``carrier``."""
    days = pd.to_datetime(raw["day"])
    midnight = (days - days.min()).dt.days * DAY_MINUTES
    left = (midnight + minutes(raw["sched_dep_time"]) + raw["dep_delay"]).to_numpy(np.float64)
    delay = raw["dep_delay"].to_numpy(np.float64)
    mean = np.full(len(raw), np.nan)
    for rows in raw.groupby(by, sort=True).indices.values():
        mean[rows] = earlier_mean(left[rows], delay[rows], PAST_MINUTES)
    return pd.Series(mean.round(6), index=raw.index)


def build(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the feature table of ``raw``: sorted, one row per completed flight.

    ``sched_minute`` is the scheduled departure in minutes since local midnight, ``sched_elapsed``
    the minutes from there to the scheduled arrival by the clocks on the wall, ``day_of_week``
    counts from Monday = 0, ``origin_load`` the departures scheduled there in the same hour.
    """
    frame = raw[["day", "flight", "dep_delay", "distance", "carrier", "origin", "dest"]].copy()
    frame["sched_minute"] = minutes(raw["sched_dep_time"])
    arrival = minutes(raw["sched_arr_time"])
    frame["sched_elapsed"] = (arrival - frame["sched_minute"]) % DAY_MINUTES
    frame["day_of_week"] = pd.to_datetime(raw["source_day"]).dt.day_of_week.astype("int64")
    hour = raw["sched_dep_time"] // 100
    frame["origin_load"] = raw.groupby(["day", "origin", hour])["flight"].transform("size")
    frame["origin_delay_3h"] = past_delay(raw, "origin")
    frame["carrier_delay_3h"] = past_delay(raw, "carrier")
    frame[LABEL] = raw["arr_delay"] >= LATE_MINUTES
    completed = frame.loc[raw["status"] == "completed", list(COLUMNS)]
    return completed.sort_values(ORDER, kind="stable", ignore_index=True)


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description="Build the feature table from raw flights.")
    parser.add_argument("raw", type=Path, help="what fetch.py wrote")
    parser.add_argument("output", type=Path)
    given = parser.parse_args()
    raw = read_parquet(given.raw)
    check(raw, RAW, str(given.raw))
    features = build(raw)
    check(features, FEATURE_TABLE, "features")
    write_parquet(features, given.output)
    late = features[LABEL].mean()
    log(f"{len(features)} completed flights, {late:.1%} at least {LATE_MINUTES} minutes late")


if __name__ == "__main__":
    main()
