"""Lines of a log by what they say and by when they came."""

from typing import Any

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from tests.support.gates import Gate
from tests.support.plain_http import ask
from tests.support.waiting import wait_until
from trainautod.home import socket_path

LINES = b"".join(b"Epoch %d\n" % number for number in range(1, 2001))


@pytest.fixture
def counted(daemon: LiveDaemon, write: Write) -> str:
    """A finished run whose step ``a`` wrote 2,000 lines, ``Epoch 1`` to ``Epoch 2000``."""
    return daemon.succeed(write("steps: [{id: a, run: seq -f 'Epoch %g' 2000}]"))


def test_matching_lines_are_told_as_byte_ranges(daemon: LiveDaemon, counted: str) -> None:
    found = daemon.client.log_matches(counted, "a", "epoch 199")

    lines = [LINES[start:end].decode() for start, end in found["matches"]]
    assert lines == ["Epoch 199", *(f"Epoch {number}" for number in range(1990, 2000))]
    assert (found["scanned"], found["size"]) == (len(LINES), len(LINES))
    assert found["complete"]
    assert daemon.client.log_matches(counted, "a", "EPOCH")["matches"] == []


def test_lines_without_the_text_are_found_too(daemon: LiveDaemon, counted: str) -> None:
    found = daemon.client.log_matches(counted, "a", "1", invert=True, limit=3)

    assert [LINES[start:end] for start, end in found["matches"]] == [
        b"Epoch 2",
        b"Epoch 3",
        b"Epoch 4",
    ]


def test_a_line_is_found_by_its_number(daemon: LiveDaemon, counted: str) -> None:
    found = daemon.client.log_line(counted, "a", 1234)

    assert LINES[found["start"] :].startswith(b"Epoch 1234\n")
    assert daemon.client.log_line(counted, "a", 9999)["number"] == 2000


def test_a_search_may_end_before_a_byte(daemon: LiveDaemon, counted: str) -> None:
    found = daemon.client.log_matches(counted, "a", "epoch", after=1, before=17)

    assert [LINES[start:end] for start, end in found["matches"]] == [b"Epoch 2", b"Epoch 3"]
    assert found["scanned"] == 24


def test_a_search_goes_on_where_it_ended(daemon: LiveDaemon, counted: str) -> None:
    seen, after = [], 0
    while after < len(LINES):
        part = daemon.client.log_matches(counted, "a", "0", after=after, limit=100)
        assert len(part["matches"]) <= 100
        seen += part["matches"]
        after = part["scanned"]

    assert seen == daemon.client.log_matches(counted, "a", "0", limit=10_000)["matches"]
    assert len(seen) == sum(b"0" in line for line in LINES.splitlines())


@pytest.mark.parametrize(
    "query", ["", "?text=", "?text=a%0Ab", "?text=a&limit=10001", "?text=a&after=-1", "?text=a&x=1"]
)
def test_a_search_that_makes_no_sense_is_refused(
    daemon: LiveDaemon, counted: str, query: str
) -> None:
    at = socket_path(daemon.home)
    assert ask(at, "GET", f"/runs/{counted}/steps/a/log/matches{query}").status == 422


def test_matches_of_a_running_step_come_as_it_writes(
    daemon: LiveDaemon, write: Write, gate: Gate
) -> None:
    run_id = daemon.submit(
        write(
            f"""
            steps:
              - id: a
                run: |
                  echo first; printf half
                  {gate}
                  echo ' first'
            """
        )
    )
    wait_until(lambda: daemon.client.log(run_id, "a").data == b"first\nhalf", "half a line")
    early: Any = daemon.client.log_matches(run_id, "a", "first")
    gate.open()
    daemon.finish(run_id)
    late: Any = daemon.client.log_matches(run_id, "a", "first", after=early["scanned"])

    assert (early["matches"], early["scanned"], early["complete"]) == ([[0, 5]], 6, False)
    assert (late["matches"], late["scanned"], late["complete"]) == ([[6, 16]], 17, True)


def test_times_cover_what_was_asked_for(daemon: LiveDaemon, write: Write, gate: Gate) -> None:
    run_id = daemon.submit(
        write(
            f"""
            steps:
              - id: a
                run: echo first; {gate}; sleep 0.2; echo second
            """
        )
    )
    wait_until(lambda: daemon.client.log(run_id, "a").data == b"first\n", "the first line")
    early = daemon.client.log_times(run_id, "a", 0, 1000)
    gate.open()
    daemon.finish(run_id)
    late = daemon.client.log_times(run_id, "a", 0, 1000)

    assert [offset for offset, _ in early["times"]] == [0]
    assert [offset for offset, _ in late["times"]] == [0, 6]
    assert late["times"][1][1] - late["times"][0][1] >= 200
    assert daemon.client.log_times(run_id, "a", 6, 13)["times"] == late["times"][1:]
    assert daemon.client.log_times(run_id, "a", 0, 6)["times"] == late["times"][:1]
    assert late["started_at"] == daemon.client.step(run_id, "a")["started_at"]


def test_a_step_that_has_not_begun_has_no_times_and_no_matches(
    daemon: LiveDaemon, write: Write
) -> None:
    run_id = daemon.run(write("steps: [{id: a, when: 1 == 2, run: 'true'}]"))["run_id"]

    times = daemon.client.log_times(run_id, "a", 0, 1000)
    matches = daemon.client.log_matches(run_id, "a", "x")

    assert (times["started_at"], times["times"]) == (None, [])
    assert (matches["matches"], matches["scanned"], matches["complete"]) == ([], 0, True)
