"""One sequence of everything that happened."""

import sqlite3

import pytest

from trainautod.lineage import events
from trainautod.lineage.times import iso_from_ms, optional_iso

Connection = sqlite3.Connection


def test_an_event_reads_as_it_was_told(connection: Connection) -> None:
    told = events.append(
        connection,
        kind="attempt_finished",
        at_ms=1_373_439_600_123,
        run_id="run",
        step="train[feature=dep_delay]",
        attempt=2,
        pipeline="nightly",
        data={"outcome": "failed", "message": "… „boom“ \x00"},
        changes={"run": "failed", "steps": {"train": "failed"}},
    )
    assert events.after(connection, 0) == [told]
    assert told["at"] == "2013-07-10T07:00:00.123+00:00"
    assert told["seq"] == 1


def test_an_event_of_the_daemon_names_no_run(connection: Connection) -> None:
    told = events.append(connection, kind="daemon_started", at_ms=1, data={"pid": 7})
    assert (told["run_id"], told["step"], told["attempt"], told["pipeline"]) == (None,) * 4
    assert told["changes"] == {"run": None, "steps": {}}
    assert events.after(connection, 0) == [told]


def test_a_reader_goes_on_where_it_stopped(connection: Connection) -> None:
    for number in range(25):
        run_id = f"run{number % 2}"
        events.append(connection, kind="retry_due", at_ms=number, run_id=run_id)
    seen: list[int] = []
    while page := events.after(connection, seen[-1] if seen else 0, limit=10):
        seen += [event["seq"] for event in page]
    assert seen == list(range(1, 26))
    of_one = [event["seq"] for event in events.after(connection, 4, run_id="run1")]
    assert of_one == list(range(6, 26, 2))
    assert events.after(connection, 99) == []
    assert events.last(connection) == 25


def test_before_the_first_event_the_last_is_0(connection: Connection) -> None:
    assert events.last(connection) == 0


def test_a_number_is_never_given_twice(connection: Connection) -> None:
    connection.execute("BEGIN")
    events.append(connection, kind="lost", at_ms=1)
    connection.execute("ROLLBACK")
    assert events.append(connection, kind="kept", at_ms=1)["seq"] == 1


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000+00:00"),
        (1_373_439_600_001, "2013-07-10T07:00:00.001+00:00"),
        (1_373_439_600_999, "2013-07-10T07:00:00.999+00:00"),
    ],
)
def test_times_have_milliseconds_and_an_offset(ms: int, text: str) -> None:
    assert iso_from_ms(ms) == text
    assert optional_iso(ms) == text


def test_a_time_that_has_not_come_is_null() -> None:
    assert optional_iso(None) is None
