"""One sequence of everything that happened."""

import re
import sqlite3
from pathlib import Path

import pytest

import trainautod
from trainautod.lineage import events
from trainautod.lineage.errors import UnknownWord
from trainautod.lineage.events import EventFilter
from trainautod.lineage.queries import sql, statements
from trainautod.lineage.times import iso_from_ms, optional_iso

Connection = sqlite3.Connection
SOURCES = Path(trainautod.__file__).parent


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
    of_one = [event["seq"] for event in events.after(connection, 4, EventFilter("run1"))]
    assert of_one == list(range(6, 26, 2))
    assert events.after(connection, 99) == []
    assert events.last(connection) == 25


FILTERS = [
    EventFilter(),
    EventFilter(run_id="run1"),
    EventFilter(pipeline="nightly"),
    EventFilter(kinds=("retry_due",)),
    EventFilter(kinds=("retry_due", "run_retried", "retry_due")),
    EventFilter(pipeline="nightly", kinds=("retry_due", "slot_fired")),
    EventFilter(run_id="run1", pipeline="nightly", kinds=("retry_due",)),
    EventFilter(pipeline="never"),
]


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_filters_find_what_a_search_of_all_events_finds(
    connection: Connection, wanted: EventFilter
) -> None:
    kinds = ("retry_due", "run_retried", "slot_fired", "daemon_started")
    told = [
        events.append(
            connection,
            kind=kinds[number % 7 % 4],
            at_ms=number,
            run_id=f"run{number % 3}" if number % 7 else None,
            pipeline=("nightly", "weekly", None)[number % 3],
        )
        for number in range(200)
    ]
    expected = [document for document in told if wanted.admits(document)]
    assert events.after(connection, 0, wanted) == expected
    assert events.before(connection, 1000, wanted) == expected
    middle = [document for document in expected if 50 < document["seq"] < 150]
    assert events.before(connection, 150, wanted, after=50) == middle
    assert events.before(connection, 150, wanted, after=50, limit=7) == middle[-7:]
    assert (
        events.after(connection, 50, wanted, limit=7)
        == [document for document in expected if document["seq"] > 50][:7]
    )


PAGES = (
    "events_after",
    "events_before",
    "events_of_run_after",
    "events_of_run_before",
    "events_numbered",
)


@pytest.mark.parametrize(
    "name", [*PAGES, *sorted(n for n in statements() if n.startswith("numbers_"))]
)
def test_a_filter_walks_an_index(connection: Connection, name: str) -> None:
    parameters = ("after", "before", "limit", "run_id", "pipeline", "kind", "kinds", "numbers")
    query = dict.fromkeys(parameters, 1)
    plan = connection.execute("EXPLAIN QUERY PLAN " + sql(name), query).fetchall()
    told = [row["detail"] for row in plan]
    assert "SEARCH events" in told[0]
    assert not any("SCAN events" in line or "TEMP B-TREE" in line for line in told)


def test_kinds_that_no_event_has_are_refused_with_the_known_ones() -> None:
    EventFilter(kinds=events.KINDS).check()
    with pytest.raises(UnknownWord, match=r"no event 'run_submited'; known: run_submitted, .*died"):
        EventFilter(kinds=("slot_fired", "run_submited")).check()


def test_the_kinds_are_those_that_the_code_tells() -> None:
    files = [path for path in SOURCES.rglob("*.py") if path != Path(events.__file__)]
    code = "\n".join(path.read_text() for path in files)
    assert [kind for kind in events.KINDS if f'"{kind}"' not in code] == []
    patterns = (r'append\([^)]*\bkind="(\w+)"', r'ClassVar\[str\] = "(\w+)"', r'\.tell\(\s*"(\w+)"')
    told = {kind for pattern in patterns for kind in re.findall(pattern, code)}
    assert told
    assert told <= set(events.KINDS)


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
