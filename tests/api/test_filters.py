"""Lists that are filtered: what the words, dates and times in a query mean."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from tests.support.plain_http import ask, post
from trainauto_tui.errors import Invalid, NotFound
from trainautod.api.filters import since_ms, until_ms
from trainautod.home import socket_path
from trainautod.runtime.errors import FilterInvalid
from trainautod.runtime.ids import RunIds, first_id


class TestTimes:
    @pytest.fixture(autouse=True)
    def new_york(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
        monkeypatch.undo()
        time.tzset()

    @pytest.mark.parametrize(
        ("told", "moment"),
        [
            ("2013-07-10", "2013-07-10T04:00:00+00:00"),
            ("2013-07-10T02:00", "2013-07-10T06:00:00+00:00"),
            ("2013-07-10T02:00:00.250-04:00", "2013-07-10T06:00:00.250+00:00"),
            ("2013-07-10T06:00:00Z", "2013-07-10T06:00:00+00:00"),
            (" 2013-07-10 02:00 ", "2013-07-10T06:00:00+00:00"),
        ],
    )
    def test_what_names_no_offset_is_meant_in_the_zone_of_the_machine(
        self, told: str, moment: str
    ) -> None:
        assert since_ms(told) == round(datetime.fromisoformat(moment).timestamp() * 1000)

    def test_the_end_of_a_date_is_its_last_millisecond(self) -> None:
        assert until_ms("2013-07-10") == since_ms("2013-07-11") - 1
        assert until_ms("2013-11-03") - since_ms("2013-11-03") == 25 * 3_600_000 - 1
        assert until_ms("2013-07-10T02:00:00.250") == since_ms("2013-07-10T02:00:00.250")

    @pytest.mark.parametrize(
        "told", ["", "yesterday", "2013-13-01", "10.7.2013", "2013-07-10T25:00", "1e999", "\x00"]
    )
    def test_anything_else_is_refused(self, told: str) -> None:
        for read in (since_ms, until_ms):
            with pytest.raises(FilterInvalid, match="neither a date"):
                read(told)

    @pytest.mark.parametrize("told", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59+00:00"])
    def test_the_first_and_the_last_day_of_the_calendar_are_read_or_refused(
        self, told: str
    ) -> None:
        for read in (since_ms, until_ms):
            try:
                assert len(first_id(read(told))) == 9
            except FilterInvalid:
                continue


def test_an_id_sorts_by_the_time_at_which_it_was_made() -> None:
    made = RunIds().make(1_373_439_600_000)
    assert first_id(1_373_439_600_000) <= made < first_id(1_373_439_600_001)
    assert first_id(-5) == "0" * 9
    assert first_id(10**18) == "z" * 9


ONE = "steps: [{id: a, run: 'echo x > o'}]"


def test_runs_are_found_by_status_trigger_and_time(daemon: LiveDaemon, write: Write) -> None:
    began = datetime.now(UTC)
    good = daemon.run(write(f"name: filtered\n{ONE}"), trigger={"kind": "ci"})["run_id"]
    bad = daemon.run(write("name: filtered\nsteps: [{id: a, run: 'exit 3'}]"))["run_id"]

    def found(**query: Any) -> list[str]:
        page = daemon.client.runs("filtered", **query)
        return [run["run_id"] for run in page["runs"]]

    hour = timedelta(hours=1)
    assert found() == [bad, good]
    assert found(status="failed") == [bad]
    assert found(status="failed,succeeded") == [bad, good]
    assert found(trigger="ci") == [good]
    assert found(trigger="ci, manual", status="failed") == [bad]
    assert found(since=began.isoformat(), until=(began + hour).isoformat()) == [bad, good]
    assert found(since=(began + hour).isoformat()) == []
    assert found(until=(began - hour).isoformat()) == []
    assert found(since=began.astimezone().date().isoformat()) == [bad, good]
    assert found(until=began.astimezone().date().isoformat(), before=bad) == [good]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"status": "failed,faild"}, "'faild'; known: queued, running, succeeded"),
        ({"trigger": "corn"}, "'corn'; known: manual, cron"),
        ({"since": "soon"}, "'soon' is neither a date"),
        ({"until": "2013-02-30"}, "'2013-02-30' is neither a date"),
    ],
)
def test_a_filter_that_can_match_nothing_is_refused(
    daemon: LiveDaemon, query: dict[str, Any], told: str
) -> None:
    with pytest.raises(Invalid, match=told):
        daemon.client.runs(**query)


def test_what_is_not_known_is_a_bad_request(daemon: LiveDaemon) -> None:
    for target in ("/runs?status=x", "/runs?trigger=x", "/runs?since=x", "/events?kind=x"):
        answer = ask(socket_path(daemon.home), "GET", target)
        assert (answer.status, answer.error()["code"]) == (400, "invalid")


def test_a_pipeline_that_never_was_is_not_found(daemon: LiveDaemon, write: Write) -> None:
    with pytest.raises(NotFound, match="no pipeline 'nosuch'"):
        daemon.client.runs("nosuch")
    pipeline = write(f"name: registered_only\n{ONE}")
    daemon.client.add_pipeline(str(pipeline))
    assert daemon.client.runs("registered_only")["runs"] == []
    daemon.client.remove_pipeline("registered_only")


def test_a_trigger_of_any_depth_harms_nobody(daemon: LiveDaemon, write: Write) -> None:
    deep = b'{"kind": "ci", "of": ' + b"[" * 900 + b"]" * 900 + b"}"
    body = b'{"path": "%s", "trigger": %s}' % (bytes(write(ONE)), deep)
    answer = post(socket_path(daemon.home), "/runs", body)

    if answer.status == 201:
        daemon.finish(answer.json()["run_id"])
    assert daemon.client.runs(trigger="ci")["runs"]
    assert daemon.client.status()["state"] == "running"


def test_events_are_found_by_pipeline_and_kind_from_both_ends(
    daemon: LiveDaemon, write: Write
) -> None:
    run_id = daemon.run(write(f"name: told\n{ONE}"))["run_id"]
    client = daemon.client
    every = client.event_page(limit=5000)["events"]
    of_it = [event for event in every if event["pipeline"] == "told"]

    assert client.event_page(pipeline="told")["events"] == of_it
    assert client.event_page(run_id=run_id)["events"] == of_it
    ended = [event for event in every if event["kind"] in ("attempt_finished", "run_submitted")]
    kinds = "attempt_finished, run_submitted"
    assert client.event_page(kind=kinds, limit=5000)["events"] == ended
    newest = client.status()["last_event"]
    page = client.event_page(before=newest + 1, limit=3)
    assert page["events"] == every[-3:]
    assert page["last"] == newest
    assert client.event_page(before=of_it[1]["seq"], pipeline="told")["events"] == of_it[:1]


def test_a_stream_tells_only_what_is_wanted(daemon: LiveDaemon, write: Write) -> None:
    first = daemon.run(write(f"name: streamed\n{ONE}"))["run_id"]
    daemon.run(write(f"name: other\n{ONE}"))
    second = daemon.run(write(f"name: streamed\n{ONE}"), force_all=True)["run_id"]

    pulses = daemon.client.pulses(0, pipeline="streamed", kind="attempt_finished")
    told = [event for event in (next(pulses) for _ in range(3)) if event is not None]
    third = daemon.run(write(f"name: streamed\n{ONE}"), force_all=True)["run_id"]
    live = next(event for event in pulses if event is not None)

    assert [event["run_id"] for event in (*told, live)] == [first, second, third]
    assert {event["kind"] for event in (*told, live)} == {"attempt_finished"}


def test_a_stream_has_no_end(daemon: LiveDaemon) -> None:
    accept = {"Accept": "text/event-stream"}
    answer = ask(socket_path(daemon.home), "GET", "/events?before=9", headers=accept)

    assert answer.status == 400
