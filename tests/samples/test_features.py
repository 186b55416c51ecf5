"""features.py: nothing from after departure, the same bytes each time, a table as promised."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from .conftest import InProcess
from .line import COMMANDS, Ended, run

pytestmark = pytest.mark.slow

KEY = ["day", "carrier", "flight", "origin", "dest", "sched_minute"]
PAST = ["origin_delay_3h", "carrier_delay_3h"]
ARRIVAL = ["arr_time", "arr_delay", "air_time"]


@pytest.fixture(scope="session")
def features(script: Callable[[str], ModuleType]) -> Any:
    return script("features")


def brute_mean(moment: list[float], value: list[float], span: float) -> list[float]:
    """Say the same as ``earlier_mean``, flight by flight."""
    means = []
    for now in moment:
        past = [v for m, v in zip(moment, value, strict=True) if now - span <= m < now]
        means.append(sum(past) / len(past) if past else float("nan"))
    return means


@pytest.mark.parametrize("seed", range(5))
def test_the_past_is_the_span_before_departure_and_no_more(features: Any, seed: int) -> None:
    generator = np.random.default_rng(seed)
    moment = generator.integers(0, 400, size=200).astype(float)  # with many equal minutes
    value = generator.integers(-20, 300, size=200).astype(float)
    moment[::7] = value[::7] = np.nan  # cancelled
    mean = features.earlier_mean(moment, value, 60)
    np.testing.assert_allclose(mean, brute_mean(moment.tolist(), value.tolist(), 60))


def test_the_first_flight_has_no_past(features: Any) -> None:
    mean = features.earlier_mean(np.array([5.0, 5.0, 6.0]), np.array([1.0, 3.0, 100.0]), 60)
    np.testing.assert_array_equal(mean, [np.nan, np.nan, 2.0])


def test_nobody_leaving_is_no_past(features: Any) -> None:
    nobody = np.array([np.nan, np.nan])
    assert np.isnan(features.earlier_mean(nobody, nobody, 60)).all()


def test_clock_times_become_minutes(features: Any) -> None:
    clock = pd.Series([0, 5, 59, 100, 1435, 2359, 2400])
    assert features.minutes(clock).tolist() == [0, 5, 59, 60, 875, 1439, 1440]


def test_arrival_columns_do_not_reach_the_features(features: Any, raw: pd.DataFrame) -> None:
    shuffled = raw.copy()
    completed = raw.index[raw["status"] == "completed"]
    order = np.random.default_rng(0).permutation(completed)
    shuffled.loc[completed, ARRIVAL] = raw.loc[order, ARRIVAL].to_numpy()
    before, after = features.build(raw), features.build(shuffled)
    assert (before["late"] != after["late"]).any()
    pd.testing.assert_frame_equal(before.drop(columns="late"), after.drop(columns="late"))


def test_later_departures_do_not_reach_earlier_flights(features: Any, raw: pd.DataFrame) -> None:
    """Everything that leaves from 15:00 of the second day on is changed."""
    days = pd.to_datetime(raw["day"])
    minute = (days - days.min()).dt.days * 1440 + features.minutes(raw["sched_dep_time"])
    left = minute + raw["dep_delay"]
    cut = 1440 + 15 * 60
    later = left >= cut
    changed = raw.copy()
    changed.loc[later, "dep_delay"] += 30
    before = features.build(raw).set_index(KEY)
    after = features.build(changed).set_index(KEY)
    early = features.build(raw[~later & left.notna()]).set_index(KEY).index
    assert len(early) > 1000
    pd.testing.assert_frame_equal(before.loc[early, PAST], after.loc[early, PAST])
    assert not before[PAST].equals(after[PAST])


def test_a_late_departure_counts_only_once_it_has_left(features: Any, raw: pd.DataFrame) -> None:
    """The delay of a flight scheduled at 8:00 that left at 13:00 was unknown at 9:00."""
    day = raw[(raw["day"] == "2013-03-02") & (raw["status"] == "completed")].copy()
    first = day.index[day["sched_dep_time"].between(700, 800)][0]
    quiet = features.build(day.assign(dep_delay=0.0))
    late = day.assign(dep_delay=0.0)
    late.loc[first, "dep_delay"] = 300.0
    noisy = features.build(late)
    moved = noisy["origin_delay_3h"].ne(quiet["origin_delay_3h"]) & noisy["origin_delay_3h"].notna()
    left = features.minutes(late.loc[[first], "sched_dep_time"]).iloc[0] + 300
    assert moved.any()
    assert noisy.loc[moved, "sched_minute"].between(left, left + 180, inclusive="right").all()


def test_the_order_of_the_rows_does_not_matter(features: Any, raw: pd.DataFrame) -> None:
    shuffled = raw.sample(frac=1, random_state=3).reset_index(drop=True)
    pd.testing.assert_frame_equal(features.build(raw), features.build(shuffled))


def test_only_completed_flights_are_rows_and_late_is_15_minutes(
    features: Any, raw: pd.DataFrame
) -> None:
    table = features.build(raw)
    completed = raw[raw["status"] == "completed"]
    assert len(table) == len(completed) < len(raw)
    assert table["late"].sum() == (completed["arr_delay"] >= 15).sum()


def test_schedule_features_are_what_the_schedule_says(features: Any, raw: pd.DataFrame) -> None:
    table = features.build(raw)
    assert set(table.loc[table["day"] == "2013-03-01", "day_of_week"]) == {4}  # a Friday
    hour = raw[(raw["day"] == "2013-03-01") & (raw["origin"] == "JFK")]
    expected = hour["sched_dep_time"].between(800, 859).sum()
    of_hour = table[
        (table["day"] == "2013-03-01")
        & (table["origin"] == "JFK")
        & table["sched_minute"].between(480, 539)
    ]
    assert set(of_hour["origin_load"]) == {expected}
    overnight = raw[raw["sched_arr_time"] < raw["sched_dep_time"]]
    assert len(overnight) > 0
    assert table["sched_elapsed"].between(0, 1439).all()


def test_the_weekday_is_that_of_the_flights_not_of_the_calendar_asked_for(
    features: Any, raw: pd.DataFrame
) -> None:
    asked = raw.assign(day=raw["day"].str.replace("2013", "2026"))  # 2026-03-01 is a Sunday
    table = features.build(asked)
    assert set(table.loc[table["day"] == "2026-03-01", "day_of_week"]) == {4}


def test_the_file_is_sorted_and_the_same_each_time(line: dict[str, Ended], tmp_path: Path) -> None:
    path = line["features"].sandbox / "data" / "features.parquet"
    table = pd.read_parquet(path)
    order = ["day", "sched_minute", "origin", "carrier", "flight", "dest"]
    pd.testing.assert_frame_equal(table, table.sort_values(order, ignore_index=True))
    fetched = [line["fetch"].sandbox]
    other = {"PYTHONHASHSEED": "99", "OMP_NUM_THREADS": "2"}
    again = run(tmp_path / "again", COMMANDS["features"], fetched, other)
    assert (again.sandbox / "data" / "features.parquet").read_bytes() == path.read_bytes()


def test_damaged_raw_data_are_refused_with_the_failing_checks(
    step: InProcess, line: dict[str, Ended], tmp_path: Path
) -> None:
    raw = pd.read_parquet(line["fetch"].sandbox / "data" / "raw.parquet")
    raw.loc[5, "distance"] = -1
    raw.loc[6, "dest"] = "??"
    (tmp_path / "sandbox" / "data").mkdir(parents=True)
    raw.to_parquet(tmp_path / "sandbox" / "data" / "raw.parquet")
    ended = step("features", "data/raw.parquet", "data/features.parquet")
    assert ended.code == 1
    lines = ended.errors.splitlines()
    assert lines[0] == "data/raw.parquet: 2 check(s) failed"
    assert f"  distance: in_range(10, 6000) in 1 of {len(raw)} rows (found -1)" in lines
    assert f"  dest: str_matches('^[A-Z]{{3}}$') in 1 of {len(raw)} rows (found ??)" in lines
    assert not (ended.sandbox / "data" / "features.parquet").exists()


def test_a_file_that_is_no_parquet_is_named(step: InProcess, tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "raw.parquet").write_text("not parquet")
    ended = step("features", "raw.parquet", "features.parquet")
    assert ended.code == 1
    assert "raw.parquet is not a readable parquet file" in ended.last_error


def test_a_file_that_is_not_there_is_named(step: InProcess) -> None:
    ended = step("features", "gone.parquet", "features.parquet")
    assert ended.code == 1
    assert "gone.parquet is not there: run the step that writes it first" in ended.errors
