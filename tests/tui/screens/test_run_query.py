import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.screens.run_query import RUNS


def test_facets_are_for_the_daemon_and_words_for_the_page() -> None:
    query = RUNS.parse("nightly status:failed,cancelled !manual since:2013-07-01 11:02")
    assert query.facets == (("status", "failed,cancelled"), ("since", "2013-07-01"))
    assert query.words == "nightly !manual 11:02"
    assert query["status"] == "failed,cancelled"
    assert query["until"] is None
    assert query.text == "status:failed,cancelled since:2013-07-01 nightly !manual 11:02"
    assert not query.problems


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("stattus:failed", "unknown facet 'stattus': did you mean status?"),
        ("colour:red", "facet: pipeline status trigger since until"),
        ("status:fale", "unknown status 'fale': did you mean failed?"),
        ("status:failed,fa", "failed?"),
        ("status:s", "succeeded or skipped?"),
        ("trigger:hand", "trigger: manual cron data drift policy backfill"),
        ("since:july", "july is no date such as 2013-07-10, nor an ISO 8601 time"),
        ("until:2013-07-41", "2013-07-41 is no date"),
    ],
)
def test_what_is_not_understood_is_told(text: str, problem: str) -> None:
    assert RUNS.parse(text).problems[0].startswith(problem)


@pytest.mark.parametrize("text", ["", "status:", "since: ", "pipeline:any-name", "trigger:cron,"])
def test_what_is_begun_is_no_mistake(text: str) -> None:
    assert not RUNS.parse(text).problems


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("", ""),
        ("st", "status:"),
        ("fail st", "fail status:"),
        ("status:f", "status:failed"),
        ("status:failed,can", "status:failed,cancelled"),
        ("status:s", "status:s"),
        ("trigger:b", "trigger:backfill"),
        ("pipeline:fli", "pipeline:flights-"),
        ("pipeline:flights-n", "pipeline:flights-nightly"),
        ("since:2013", "since:2013"),
        ("status:x", "status:x"),
    ],
)
def test_tab_completes_as_far_as_it_is_certain(typed: str, text: str) -> None:
    assert RUNS.completed(typed, ["flights-nightly", "flights-weekly", "hello"]) == text


@given(st.text("stau:, -f!", max_size=14))
def test_a_query_reads_its_own_text(text: str) -> None:
    query = RUNS.parse(text)
    if not query.problems:
        assert RUNS.parse(query.text) == query
    assert all(name in RUNS.names for name, _ in query.facets)


@pytest.mark.parametrize(
    ("typed", "words"),
    [("s", ""), ("fail st", "fail"), ("sta ", "sta"), ("train", "train"), ("status:failed x", "x")],
)
def test_a_page_is_not_narrowed_by_half_a_facet(typed: str, words: str) -> None:
    assert RUNS.narrowing(typed) == words
