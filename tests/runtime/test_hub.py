"""Live events reach everyone who listens, in order, and a slow listener stops nobody."""

import asyncio
from typing import Any

import pytest

from trainautod.runtime import hub as hub_module
from trainautod.runtime.hub import EventHub


def event(seq: int) -> dict[str, Any]:
    return {"seq": seq}


def drain(queue: "asyncio.Queue[dict[str, Any] | None]") -> list[Any]:
    found = []
    while not queue.empty():
        found.append(queue.get_nowait())
    return found


def test_every_listener_gets_every_event_in_order() -> None:
    hub = EventHub()
    with hub.listen() as one, hub.listen() as two:
        for seq in range(5):
            hub.publish(event(seq))
        assert drain(one) == drain(two) == [event(seq) for seq in range(5)]


def test_events_before_and_after_listening_are_not_heard() -> None:
    hub = EventHub()
    hub.publish(event(1))
    with hub.listen() as queue:
        hub.publish(event(2))
    hub.publish(event(3))
    assert drain(queue) == [event(2)]


def test_a_listener_that_lags_is_told_to_resume_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub_module, "BACKLOG", 3)
    hub = EventHub()
    with hub.listen() as slow, hub.listen() as quick:
        heard: list[Any] = []
        for seq in range(10):
            hub.publish(event(seq))
            heard += drain(quick)
        assert heard == [event(seq) for seq in range(10)]
        assert drain(slow) == [event(0), event(1), event(2), None]


def test_closing_ends_every_stream() -> None:
    async def story() -> list[Any]:
        hub = EventHub()

        async def listen() -> list[Any]:
            with hub.listen() as queue:
                heard = []
                while (found := await queue.get()) is not None:
                    heard.append(found)
                return heard

        listeners = [asyncio.create_task(listen()) for _ in range(3)]
        await asyncio.sleep(0)
        hub.publish(event(1))
        hub.close()
        return [await listener for listener in listeners]

    assert asyncio.run(story()) == [[event(1)]] * 3


def test_who_comes_after_the_end_is_told_at_once() -> None:
    hub = EventHub()
    hub.close()
    with hub.listen() as queue:
        assert drain(queue) == [None]
