from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.documents import Event
from trainauto_tui.live import event_window
from trainauto_tui.live.event_window import EventWindow, Facets, Part, Piece


def event(seq: int, kind: str = "retry_due", **more: Any) -> Event:
    one: Any = {
        "seq": seq,
        "at": "2013-07-10T06:11:00.000+00:00",
        "kind": kind,
        "run_id": None,
        "step": None,
        "attempt": None,
        "pipeline": None,
        "data": {},
        "changes": {"run": None, "steps": {}},
    }
    made: Event = one | more
    return made


def events(numbers: Iterable[int]) -> list[Event]:
    return [event(number) for number in numbers]


def piece(part: Part, numbers: Iterable[int], whole: bool = False, last: int = 1000) -> Piece:
    return Piece(Facets(), part, events(numbers), whole, last)


def numbers(window: EventWindow) -> list[int]:
    return [one["seq"] for one in window.events]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_window, "LIMIT", 6)


def test_live_events_and_the_first_page_join() -> None:
    window = EventWindow()
    assert window.arrived(events([8, 9]), keep_new=True)
    window.take(piece("end", [5, 6, 7, 8]))
    assert numbers(window) == [5, 6, 7, 8, 9]
    assert not window.at_start
    assert window.at_end


def test_an_event_that_is_known_is_not_added_again() -> None:
    window = EventWindow()
    window.take(piece("end", [5, 6, 7]))
    assert not window.arrived(events([6, 7]), keep_new=True)
    assert numbers(window) == [5, 6, 7]


def test_facets_admit_what_is_wanted() -> None:
    wanted = Facets(("run_submitted", "run_retried"), "nightly", "0bq")
    right = {"pipeline": "nightly", "run_id": "0bq"}
    assert wanted.admit(event(1, "run_retried", **right))
    assert not wanted.admit(event(1, "retry_due", **right))
    assert not wanted.admit(event(1, "run_retried", pipeline="hello", run_id="0bq"))
    assert not wanted.admit(event(1, "run_retried", pipeline="nightly", run_id=None))
    assert Facets().admit(event(1))


def test_the_oldest_go_while_the_end_is_followed() -> None:
    window = EventWindow()
    window.take(piece("end", range(1, 6), whole=True))
    assert window.at_start
    window.arrived(events([6, 7, 8]), keep_new=True)
    assert numbers(window) == [3, 4, 5, 6, 7, 8]
    assert not window.at_start


def test_what_the_reader_looks_at_stays_while_it_is_not() -> None:
    window = EventWindow()
    window.take(piece("end", range(1, 6), whole=True))
    window.arrived(events([6, 7, 8]), keep_new=False)
    assert numbers(window) == [1, 2, 3, 4, 5, 6]
    assert not window.at_end
    assert not window.arrived(events([9]), keep_new=False)
    window.take(piece("later", [7, 8, 9], whole=True))
    assert numbers(window) == [4, 5, 6, 7, 8, 9]
    assert window.at_end


def test_earlier_events_push_the_newest_out() -> None:
    window = EventWindow()
    window.take(piece("end", [7, 8, 9, 10]))
    window.take(piece("earlier", [4, 5, 6], whole=False))
    assert numbers(window) == [4, 5, 6, 7, 8, 9]
    assert not window.at_end
    window.take(piece("earlier", [1, 2, 3], whole=True))
    assert numbers(window) == [1, 2, 3, 4, 5, 6]
    assert window.at_start


def test_the_end_joins_what_overlaps_and_replaces_what_does_not() -> None:
    window = EventWindow()
    window.take(piece("end", [4, 5, 6]))
    window.take(piece("end", [6, 7, 8]))
    assert numbers(window) == [4, 5, 6, 7, 8]
    window.take(piece("end", [20, 21, 22]))
    assert numbers(window) == [20, 21, 22]
    assert not window.at_start


def test_another_store_starts_over() -> None:
    window = EventWindow()
    window.take(piece("end", [40, 41, 42]))
    window.take(piece("later", [], whole=True, last=2))
    assert numbers(window) == []
    assert not window.loaded
    window.take(piece("end", [1, 2, 3], whole=True, last=3))
    assert numbers(window) == [1, 2, 3]
    assert window.at_start


def test_what_was_asked_for_before_the_facets_changed_is_left_out() -> None:
    window = EventWindow(Facets(pipeline="nightly"))
    window.take(piece("end", [1, 2, 3]))
    assert not window.loaded
    assert numbers(window) == []


def test_an_empty_history_is_whole() -> None:
    window = EventWindow()
    window.take(piece("end", [], whole=True, last=0))
    assert (window.at_start, window.at_end, window.loaded) == (True, True, True)
    assert window.bounds == (0, 0)


@given(st.data())
def test_whatever_comes_in_which_order_there_is_never_a_gap(data: st.DataObject) -> None:
    """A reader of a growing history, against the history itself."""
    total, told = data.draw(st.integers(0, 20)), 0
    window, told = EventWindow(), total
    for _ in range(data.draw(st.integers(1, 12))):
        match data.draw(st.sampled_from(["grow", "tell", "end", "earlier", "later"])):
            case "grow":
                total += data.draw(st.integers(1, 9))
            case "tell":
                window.arrived(events(range(told + 1, total + 1)), data.draw(st.booleans()))
                told = total
            case "end":
                page = range(max(total - 4, 0) + 1, total + 1)
                window.take(piece("end", page, len(page) < 4, total))
            case "earlier" if window.events:
                first = window.bounds[0]
                page = range(max(first - 5, 0) + 1, first)
                window.take(piece("earlier", page, len(page) < 4, total))
            case "later" if window.events and not window.at_end:
                last = window.bounds[1]
                page = range(last + 1, min(last + 4, total) + 1)
                window.take(piece("later", page, len(page) < 4, total))
        known = numbers(window)
        assert known == list(range(known[0], known[-1] + 1)) if known else True
        assert len(known) <= 6
        if window.at_end and window.loaded and known and told == total:
            assert known[-1] == total
        assert not (window.at_start and known and known[0] > 1)
