import pytest

from trainauto_tui.live.event_window import Facets
from trainauto_tui.screens.event_query import EventQuery, completed, narrowing


def test_facets_and_words_are_told_apart() -> None:
    query = EventQuery.parse("kind:run_submitted,slot_fired exited run:3f2a !boom pipeline:nightly")
    assert query == EventQuery(
        Facets(("run_submitted", "slot_fired"), "nightly", "3f2a"), "exited !boom"
    )


def test_an_unknown_facet_is_told() -> None:
    assert "known are kind, pipeline, run" in EventQuery.parse("kidn:x").problem


def test_a_time_of_day_and_a_facet_without_value_are_no_facets() -> None:
    assert EventQuery.parse("06:11 kind:") == EventQuery(Facets(), "06:11")


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
    ],
)
def test_tab_completes_what_is_certain(typed: str, result: str) -> None:
    assert completed(typed) == result


def test_a_query_tells_itself() -> None:
    query = EventQuery.parse("boom run:3f2a kind:slot_fired,retry_due")
    assert query.text == "kind:slot_fired,retry_due run:3f2a boom"
    assert EventQuery.parse(query.text) == query


def test_what_may_become_a_facet_narrows_nothing_yet() -> None:
    assert narrowing("boom pipe") == "boom"
    assert narrowing("boom pipes") == "boom pipes"
    assert narrowing("kind:slot") == ""
