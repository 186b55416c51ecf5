import queue
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from tests.tui.stage import LIVE, NOW, Hands, Stage
from trainauto_tui.live.feed import Arrived, Feed, Lost, News, Opened, Starting

PATIENCE_S = 10
N = TypeVar("N", bound=News)
Told = queue.Queue[News]


@pytest.fixture
def told() -> Told:
    return queue.Queue()


@pytest.fixture
def feed(stage: Stage, hands: Hands, told: Told) -> Iterator[Feed]:
    feed = Feed(stage.client(), hands.clock(), told.put)
    yield feed
    feed.close()


def wait_for(told: Told, kind: type[N]) -> N:
    """Return the next news of ``kind``."""
    while True:
        news = told.get(timeout=PATIENCE_S)
        if isinstance(news, kind):
            return news


def take(feed: Feed, told: Told, count: int) -> list[int]:
    """Return the numbers of the next ``count`` events."""
    numbers: list[int] = []
    while len(numbers) < count:
        wait_for(told, Arrived)
        numbers += [event["seq"] for event in feed.take()]
    return numbers


def listened(stage: Stage, condition: Callable[[], bool]) -> None:
    """Wait until the double has a listener, or none."""
    import time

    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_events_from_now_on_arrive_in_order(stage: Stage, feed: Feed, told: Told) -> None:
    stage.sequence = 40
    feed.open()
    wait_for(told, Opened)
    listened(stage, lambda: stage.listeners == 1)
    for _ in range(3):
        stage.tell("run_submitted", LIVE)
    assert take(feed, told, 3) == [41, 42, 43]
    assert "GET /events?after=40" in stage.requests


def test_a_cut_link_is_told_and_resumed_where_it_ended(
    stage: Stage, feed: Feed, told: Told
) -> None:
    feed.open()
    listened(stage, lambda: stage.listeners == 1)
    stage.tell("run_submitted", LIVE)
    assert take(feed, told, 1) == [8]
    stage.close()
    lost = wait_for(told, Lost)
    assert lost.retry_at == NOW + 1
    assert lost.reason
    stage.sequence = 12  # what happened meanwhile
    stage.open()
    feed.retry_now()
    wait_for(told, Opened)
    listened(stage, lambda: "GET /events?after=8" in stage.requests)


def test_another_store_is_followed_from_its_own_end(stage: Stage, feed: Feed, told: Told) -> None:
    stage.sequence = 900
    feed.open()
    listened(stage, lambda: stage.listeners == 1)
    stage.close()
    wait_for(told, Lost)
    stage.sequence = 3
    stage.open()
    feed.retry_now()
    listened(stage, lambda: "GET /events?after=3" in stage.requests)


def test_a_ping_is_a_sign_of_life(stage: Stage, feed: Feed, hands: Hands) -> None:
    feed.open()
    listened(stage, lambda: stage.listeners == 1)
    hands.at = NOW + 60
    stage.ping()
    listened(stage, lambda: feed.heard_at == NOW + 60)


def test_waits_grow_while_nobody_answers(stage: Stage, feed: Feed, told: Told) -> None:
    stage.close()
    stage.socket.unlink(missing_ok=True)
    feed.open()
    waits = []
    for _ in range(3):
        waits.append(wait_for(told, Lost).retry_at - NOW)
        feed.retry_now()
    assert waits == [1, 2, 4]


def test_a_daemon_is_started_once_only(stage: Stage, hands: Hands, told: Told) -> None:
    stage.close()
    stage.socket.unlink(missing_ok=True)
    starts: list[int] = []

    def start() -> None:
        starts.append(1)
        stage.open()

    feed = Feed(stage.client(), hands.clock(), told.put, start)
    feed.open()
    assert told.get(timeout=PATIENCE_S) == Starting()
    wait_for(told, Opened)
    listened(stage, lambda: stage.listeners == 1)
    stage.close()
    wait_for(told, Lost)
    feed.retry_now()
    wait_for(told, Lost)
    feed.close()
    assert starts == [1]


def test_a_daemon_that_does_not_start_says_why(stage: Stage, hands: Hands, told: Told) -> None:
    stage.close()
    stage.socket.unlink(missing_ok=True)

    def start() -> None:
        raise RuntimeError("the disk is full")

    feed = Feed(stage.client(), hands.clock(), told.put, start)
    feed.open()
    assert wait_for(told, Lost).reason == "the disk is full"
    feed.close()
