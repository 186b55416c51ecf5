"""Reading what a step wrote: by range, from the end, while it runs, and of reused results."""

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from tests.support.gates import Gate
from tests.support.plain_http import ask
from tests.support.waiting import wait_until
from trainautod.home import socket_path

LINES = b"".join(b"%d\n" % number for number in range(1, 2001))


@pytest.fixture
def counted(daemon: LiveDaemon, write: Write) -> str:
    """A finished run whose step ``a`` wrote the numbers 1 to 2000, one per line."""
    return daemon.succeed(write("steps: [{id: a, run: seq 2000}]"))


def test_the_whole_log_comes_with_its_measures(daemon: LiveDaemon, counted: str) -> None:
    found = daemon.client.log(counted, "a")

    assert found.data == LINES
    assert (found.start, found.end, found.size, found.dropped) == (0, len(LINES), len(LINES), 0)
    assert found.complete
    assert found.attempt == 1


def test_the_measures_are_headers_of_plain_bytes(daemon: LiveDaemon, counted: str) -> None:
    answer = ask(socket_path(daemon.home), "GET", f"/runs/{counted}/steps/a/log?offset=10&limit=20")

    assert answer.body == LINES[10:30]
    assert answer.headers["content-type"] == "application/octet-stream"
    told = {name: value for name, value in answer.headers.items() if name.startswith("x-log-")}
    assert told == {
        "x-log-start": "10",
        "x-log-end": "30",
        "x-log-size": str(len(LINES)),
        "x-log-dropped": "0",
        "x-log-complete": "true",
        "x-log-attempt": "1",
    }


def test_ranges_join_to_the_whole(daemon: LiveDaemon, counted: str) -> None:
    parts, offset = [], 0
    while True:
        part = daemon.client.log(counted, "a", offset, 777)
        if not part.data:
            break
        parts.append(part.data)
        offset = part.end

    assert b"".join(parts) == LINES
    assert {len(part) for part in parts[:-1]} == {777}


@pytest.mark.parametrize(
    ("offset", "limit", "expected"),
    [
        (-10, 100, LINES[-10:]),
        (-10, 4, LINES[-10:-6]),
        (-(10**12), 8, LINES[:8]),
        (0, 0, b""),
        (len(LINES) - 3, 100, LINES[-3:]),
        (len(LINES), 100, b""),
        (10**12, 100, b""),
        (10**30, 100, b""),
        (-(10**30), 5, LINES[:5]),
    ],
)
def test_any_range_is_answered(
    daemon: LiveDaemon, counted: str, offset: int, limit: int, expected: bytes
) -> None:
    found = daemon.client.log(counted, "a", offset, limit)

    assert found.data == expected
    assert found.end - found.start == len(expected)
    assert found.size == len(LINES)


def test_the_log_of_the_latest_run_is_found_by_that_name(daemon: LiveDaemon, counted: str) -> None:
    assert daemon.client.log("latest", "a", 0, 4).data == LINES[:4]
    assert daemon.client.log(counted[:-1], "a", 0, 4).data == LINES[:4]


def test_standard_output_and_error_come_in_the_order_written(
    daemon: LiveDaemon, write: Write
) -> None:
    run = daemon.run(write("steps: [{id: a, run: 'echo 1; echo 2 >&2; echo 3'}]"))

    assert daemon.client.log(run["run_id"], "a").data == b"1\n2\n3\n"


def test_bytes_come_as_the_step_wrote_them(daemon: LiveDaemon, write: Write) -> None:
    run = daemon.run(write(r"""steps: [{id: a, run: "printf '\\377\\000\\033[31m\\r\\n\\303'"}]"""))

    assert daemon.client.log(run["run_id"], "a").data == b"\xff\x00\x1b[31m\r\n\xc3"


def test_a_reused_step_serves_the_log_of_its_source(daemon: LiveDaemon, write: Write) -> None:
    pipeline = write("steps: [{id: a, run: 'echo from the source'}]")
    source = daemon.run(pipeline)["run_id"]
    again = daemon.run(pipeline)

    found = daemon.client.log(again["run_id"], "a")

    assert again["steps"][0]["cached"]
    assert again["steps"][0]["source_run_id"] == source
    assert (found.data, found.complete, found.attempt) == (b"from the source\n", True, 1)


def test_the_log_of_a_running_step_grows(daemon: LiveDaemon, write: Write, gate: Gate) -> None:
    run_id = daemon.submit(
        write(
            f"""
            steps:
              - id: a
                run: echo first; {gate}; echo second
              - {{id: b, run: 'true', needs: [a]}}
            """
        )
    )
    wait_until(lambda: daemon.client.log(run_id, "a").data == b"first\n", "the first line")
    early = daemon.client.log(run_id, "a")
    waiting = daemon.client.log(run_id, "b")
    gate.open()
    daemon.finish(run_id)
    late = daemon.client.log(run_id, "a", early.end)

    assert not early.complete
    assert (waiting.data, waiting.complete, waiting.attempt) == (b"", False, 0)
    assert (late.data, late.complete) == (b"second\n", True)


def test_each_attempt_keeps_its_log(daemon: LiveDaemon, write: Write) -> None:
    run = daemon.run(
        write(
            """
            steps:
              - id: flaky
                run: echo try $TRAINAUTO_ATTEMPT_NUMBER; test $TRAINAUTO_ATTEMPT_NUMBER = 3
                retry: {limit: 3, interval: 10ms}
            """
        )
    )
    at, run_id = socket_path(daemon.home), run["run_id"]

    found = [daemon.client.log(run_id, "flaky", attempt=n) for n in (1, 2, 3)]
    newest = daemon.client.log(run_id, "flaky")
    unknown = ask(at, "GET", f"/runs/{run_id}/steps/flaky/log?attempt=4")

    assert [log.data for log in found] == [b"try 1\n", b"try 2\n", b"try 3\n"]
    assert [log.attempt for log in found] == [1, 2, 3]
    assert all(log.complete for log in found)
    assert (newest.data, newest.attempt) == (b"try 3\n", 3)
    assert unknown.status == 404
    assert "has no attempt 4" in unknown.error()["message"]


def test_a_step_that_was_skipped_has_an_empty_complete_log(
    daemon: LiveDaemon, write: Write
) -> None:
    run = daemon.run(write("steps: [{id: a, when: 1 == 2, run: 'true'}]"))

    found = daemon.client.log(run["run_id"], "a")

    assert (found.data, found.complete, found.attempt) == (b"", True, 0)


def test_a_step_that_could_not_be_prepared_has_an_empty_complete_log(
    daemon: LiveDaemon, write: Write
) -> None:
    run = daemon.run(write("steps: [{id: a, run: cat x, inputs: [x]}]"))

    found = daemon.client.log(run["run_id"], "a")

    assert run["status"] == "failed"
    assert (found.data, found.complete) == (b"", True)


def test_instances_of_foreach_have_logs_under_their_ids(daemon: LiveDaemon, write: Write) -> None:
    run = daemon.run(write("steps: [{id: each, foreach: {f: ['a/b', 'é %']}, run: 'echo {{f}}'}]"))

    logs = {step["id"]: daemon.client.log(run["run_id"], step["id"]).data for step in run["steps"]}

    assert logs == {"each[f=a%2Fb]": b"a/b\n", "each[f=%C3%A9%20%25]": "é %\n".encode()}


def test_the_middle_of_a_flood_is_dropped_and_the_amount_told(
    dormant: LiveDaemon, write: Write
) -> None:
    dormant.home.mkdir(mode=0o700)
    config = dormant.home / "config.toml"
    config.write_text("[log]\nhead_mib = 0.25\ntail_mib = 0.5\n")
    whole = b"".join(b"%d\n" % number for number in range(1, 400_001))

    run = dormant.start().run(write("steps: [{id: a, run: 'seq 400000'}]"))
    head = dormant.client.log(run["run_id"], "a", 0, 1000)
    tail = dormant.client.log(run["run_id"], "a", -1000)
    gap = dormant.client.log(run["run_id"], "a", 1 << 20, 1000)

    assert (head.size, head.data, tail.data) == (len(whole), whole[:1000], whole[-1000:])
    assert 1 << 19 < len(whole) - head.dropped < 1 << 20
    assert gap.start > 1 << 20
    assert gap.data == whole[gap.start : gap.start + 1000]
