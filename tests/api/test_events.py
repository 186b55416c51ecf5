"""Following what happens: pages and streams from any number, without a gap or a repetition."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from tests.support.waiting import wait_until
from trainauto_tui.errors import LinkLost, TrainautoError
from trainautod.home import socket_path

TWO_STEPS = """
steps:
  - {id: a, run: 'echo a > a.txt'}
  - {id: b, run: 'cat a.txt', needs: [a]}
"""
OF_A_RUN = [
    "run_submitted",
    "step_resolved",
    "slots_granted",
    "attempt_finished",
    "step_resolved",
    "slots_granted",
    "attempt_finished",
]


class Follower:
    """A listener on a thread of its own; comes back after each loss of the link."""

    def __init__(self, live: LiveDaemon, after: int = 0, run_id: str | None = None) -> None:
        self.seen: list[dict[str, Any]] = []
        self.losses = 0
        self._live = live
        self._after = after
        self._run_id = run_id
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> "Follower":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()

    @property
    def numbers(self) -> list[int]:
        """The sequence numbers, in the order in which they came."""
        return [event["seq"] for event in list(self.seen)]

    def until(self, seq: int) -> list[dict[str, Any]]:
        """Wait for an event with at least that number; return all that came."""
        wait_until(lambda: self.seen and self.seen[-1]["seq"] >= seq, f"event {seq}")
        return list(self.seen)

    def _follow(self) -> None:
        while not self._ending.is_set():
            with suppress(TrainautoError):
                for event in self._live.client.events(self._after, self._run_id):
                    told: Any = event
                    self.seen.append(told)
                    self._after = told["seq"]
                    if self._ending.is_set():
                        return
            self.losses += 1
            time.sleep(0.02)


def test_a_page_holds_events_in_order_with_what_they_changed(
    daemon: LiveDaemon, write: Write
) -> None:
    run_id = daemon.run(write(TWO_STEPS))["run_id"]

    page: Any = daemon.client.event_page(0, run_id=run_id)
    found = page["events"]

    assert [event["kind"] for event in found] == OF_A_RUN
    assert {event["run_id"] for event in found} == {run_id}
    assert found[0]["changes"]["run"] == "queued"
    assert found[-1]["changes"] == {"run": "succeeded", "steps": {"b": "succeeded"}}
    assert found[-1]["attempt"] == 1
    numbers = [event["seq"] for event in found]
    assert numbers == sorted(set(numbers))
    assert page["last"] >= numbers[-1]


def test_pages_join_without_gap_or_repetition(daemon: LiveDaemon, write: Write) -> None:
    daemon.run(write(TWO_STEPS))
    last = daemon.client.status()["last_event"]
    numbers = [max(0, last - 40)]
    while numbers[-1] < last:
        page = daemon.client.event_page(numbers[-1], limit=7)
        numbers += [event["seq"] for event in page["events"]]

    assert numbers == list(range(numbers[0], numbers[-1] + 1))


def test_a_page_beyond_the_last_event_is_empty(daemon: LiveDaemon) -> None:
    last = daemon.client.status()["last_event"]

    assert daemon.client.event_page(last + 1000)["events"] == []


def test_a_stream_tells_the_past_from_any_number_and_then_what_happens(
    daemon: LiveDaemon, write: Write
) -> None:
    pipeline = write(TWO_STEPS)
    daemon.run(pipeline)
    middle = daemon.client.status()["last_event"] - 3

    with Follower(daemon, middle) as follower:
        follower.until(middle + 3)
        daemon.run(pipeline, force_all=True)
        last = daemon.client.status()["last_event"]
        follower.until(last)

    assert follower.numbers == list(range(middle + 1, last + 1))
    pages = daemon.client.event_page(middle)["events"]
    assert [{**event} for event in pages] == follower.seen


def test_a_stream_of_one_run_tells_that_run_only(daemon: LiveDaemon, write: Write) -> None:
    pipeline = write(TWO_STEPS)
    wanted = daemon.submit(pipeline)

    with Follower(daemon, run_id=wanted) as follower:
        daemon.run(pipeline, force_all=True)
        daemon.finish(wanted)
        wait_until(lambda: len(follower.seen) >= len(OF_A_RUN), "the events of the run")

    assert [event["kind"] for event in follower.seen] == OF_A_RUN
    assert {event["run_id"] for event in follower.seen} == {wanted}


def test_a_stream_speaks_as_the_standard_says(daemon: LiveDaemon) -> None:
    with _stream(daemon, after=0) as link:
        text = _until(link, b'"kind":"daemon_started"').decode()

    head, _, body = text.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200")
    assert "content-type: text/event-stream" in head.lower()
    assert ": hello\n\n" in body
    assert "id: 1\nevent: daemon_started\ndata: {" in body


def test_many_listeners_all_hear_everything(daemon: LiveDaemon, write: Write) -> None:
    start = daemon.client.status()["last_event"]
    followers = [Follower(daemon, start) for _ in range(20)]
    for follower in followers:
        follower.__enter__()
    try:
        daemon.run(write(TWO_STEPS))
        last = daemon.client.status()["last_event"]
        for follower in followers:
            follower.until(last)
    finally:
        for follower in followers:
            follower.__exit__()

    assert {tuple(follower.numbers) for follower in followers} == {
        tuple(range(start + 1, last + 1))
    }


@pytest.mark.slow
def test_an_idle_stream_pings(daemon: LiveDaemon) -> None:
    last = daemon.client.status()["last_event"]
    began = time.monotonic()
    pulses = daemon.client.pulses(last)

    assert [next(pulses) for _ in range(2)] == [None, None]  # the greeting, then a ping
    assert 3 < time.monotonic() - began < 15


def test_a_listener_resumes_over_restarts_without_gap_or_repetition(
    fresh: LiveDaemon, write: Write
) -> None:
    pipeline = write(TWO_STEPS)
    with Follower(fresh) as follower:
        fresh.run(pipeline)
        fresh.kill()
        fresh.start()
        fresh.run(pipeline, force_all=True)
        fresh.stop()
        fresh.start()
        fresh.run(pipeline, force_all=True)
        last = fresh.client.status()["last_event"]
        seen = follower.until(last)

    assert follower.numbers == list(range(1, last + 1))
    assert follower.losses >= 2
    kinds = [event["kind"] for event in seen]
    assert kinds.count("daemon_started") == 3
    assert kinds.count("daemon_stopping") == 1
    assert kinds.count("run_submitted") == 3


def test_listeners_do_not_hold_up_a_graceful_stop_and_hear_of_it(
    fresh: LiveDaemon, write: Write
) -> None:
    pulses = fresh.client.events(0)
    next(pulses)
    began = time.monotonic()

    fresh.stop()
    took = time.monotonic() - began
    kinds: list[str] = []
    with suppress(LinkLost):
        kinds.extend(event["kind"] for event in pulses)

    assert kinds[-1] == "daemon_stopping"
    assert took < 10


def test_listeners_that_come_and_go_at_any_moment_harm_nobody(
    daemon: LiveDaemon, write: Write
) -> None:
    pipeline = write(TWO_STEPS)
    runs = [daemon.submit(pipeline, force_all=True) for _ in range(3)]
    for number in range(150):
        with _stream(daemon, after=number % 5) as link:
            if number % 3:
                link.recv(number)

    assert {daemon.finish(run_id)["status"] for run_id in runs} == {"succeeded"}
    assert daemon.client.status()["state"] == "running"


def test_a_listener_that_does_not_read_is_let_go_and_can_resume(
    daemon: LiveDaemon, write: Write
) -> None:
    """It costs the daemon a bounded backlog; the store has what it missed."""
    long = "long" * 14  # so that few events fill what the socket itself holds
    never = "\n".join(f"  - {{id: {long}{i}, when: 1 == 2, run: ':'}}" for i in range(1000))
    pipeline = write(f"steps:\n{never}")
    start = daemon.client.status()["last_event"]
    with _stream(daemon, after=start) as link:
        told = _until(link, b": hello")
        for _ in range(3):
            daemon.run(pipeline)
        last = daemon.client.status()["last_event"]
        told += _until(link, None)

    numbers = [int(line[4:]) for line in told.split(b"\n") if line.startswith(b"id: ")]
    assert numbers == list(range(start + 1, start + 1 + len(numbers)))
    assert 0 < len(numbers) < last - start
    with Follower(daemon, numbers[-1]) as follower:
        follower.until(last)
    assert follower.numbers == list(range(numbers[-1] + 1, last + 1))


@contextmanager
def _stream(live: LiveDaemon, after: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(30)
        link.connect(str(socket_path(live.home)))
        request = (
            f"GET /events?after={after} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
        )
        link.sendall(request.encode())
        yield link


def _until(link: socket.socket, mark: bytes | None) -> bytes:
    """Read until ``mark`` has come, or, without one, until the end of the stream."""
    data = b""
    while mark is None or mark not in data:
        piece = link.recv(65536)
        if not piece:
            break
        data += piece
        if data.endswith(b"0\r\n\r\n"):
            break
    return data
