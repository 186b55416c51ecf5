import pytest

from trainauto_tui.live.event_window import Facets
from trainauto_tui.screens.event_query import EVENTS, wanted


def test_facets_and_words_are_told_apart() -> None:
    query = EVENTS.parse("kind:run_submitted,slot_fired exited run:3f2a !boom pipeline:nightly")
    assert wanted(query) == Facets(("run_submitted", "slot_fired"), "nightly", "3f2a")
    assert query.words == "exited !boom"
    assert wanted(query.having("run", "3f2a9c")).run_id == "3f2a9c"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kidn:x", "unknown facet 'kidn': did you mean kind?"),
        ("colour:red", "facet: kind pipeline run"),
    ],
)
def test_an_unknown_facet_is_told(text: str, problem: str) -> None:
    assert EVENTS.parse(text).problems == (problem,)


def test_a_kind_of_a_later_daemon_is_no_mistake() -> None:
    assert not EVENTS.parse("kind:moon_phase").problems


def test_a_time_of_day_and_a_facet_without_value_are_no_facets() -> None:
    query = EVENTS.parse("06:11 kind:")
    assert (wanted(query), query.words) == (Facets(), "06:11")


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("k", "kind:"),
        ("boom pi", "boom pipeline:"),
        ("kind:att", "kind:attempt_finished"),
        ("kind:retry_due,pipeline_a", "kind:retry_due,pipeline_added"),
        ("kind:run", "kind:run_"),
        ("zebra", "zebra"),
        ("run:3f", "run:3f"),
        ("pipeline:fli", "pipeline:flights-"),
    ],
)
def test_tab_completes_what_is_certain(typed: str, result: str) -> None:
    assert EVENTS.completed(typed, ["flights-nightly", "flights-weekly"]) == result


def test_a_query_tells_itself() -> None:
    query = EVENTS.parse("boom run:3f2a kind:slot_fired,retry_due")
    assert query.text == "kind:slot_fired,retry_due run:3f2a boom"
    assert EVENTS.parse(query.text) == query


def test_what_may_become_a_facet_narrows_nothing_yet() -> None:
    assert EVENTS.narrowing("boom pipe") == "boom"
    assert EVENTS.narrowing("boom pipes") == "boom pipes"
    assert EVENTS.narrowing("kind:slot") == ""
