import queue
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from trainauto_tui.live.fetcher import Fetcher, Request

PATIENCE_S = 10


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    fetcher = Fetcher("test")
    fetcher.start()
    yield fetcher
    fetcher.close()


def test_results_and_errors_reach_their_asker(fetcher: Fetcher) -> None:
    said: queue.Queue[object] = queue.Queue()
    fetcher.ask("a", Request(lambda: 7, said.put, said.put))
    fetcher.ask("b", Request(lambda: 1 / 0, said.put, said.put))
    assert said.get(timeout=PATIENCE_S) == 7
    assert isinstance(said.get(timeout=PATIENCE_S), ZeroDivisionError)


def test_a_newer_request_replaces_one_that_waits(fetcher: Fetcher) -> None:
    said: queue.Queue[str] = queue.Queue()
    busy, go = threading.Event(), threading.Event()

    def block() -> str:
        busy.set()
        go.wait(PATIENCE_S)
        return "first"

    fetcher.ask("run", Request(block, said.put, lambda _: None))
    assert busy.wait(PATIENCE_S)
    for key, name in (("run", "old"), ("run", "new"), ("models", "other")):
        fetcher.ask(key, Request(partial(str, name), said.put, lambda _: None))
    go.set()
    assert [said.get(timeout=PATIENCE_S) for _ in range(3)] == ["first", "new", "other"]
    assert said.empty()


def test_a_closed_fetcher_drops_what_waits() -> None:
    said: list[int] = []
    fetcher = Fetcher("test")
    fetcher.ask("a", Request(lambda: 1, said.append, lambda _: None))
    fetcher.close()
    fetcher.start()
    assert said == []
