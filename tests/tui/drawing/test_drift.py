import math
from datetime import UTC
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.documents import drift as documents
from trainauto_tui.documents import DriftReport, DriftSource
from trainauto_tui.drawing import drift
from trainauto_tui.drawing.curves import Curve
from trainauto_tui.drawing.spans import Span, width


def text(spans: tuple[Span, ...]) -> str:
    return "".join(span.text for span in spans)


def source(state: str, **more: Any) -> DriftSource:
    return cast("DriftSource", documents.source("/srv/monitoring/x.json", state, **more))


def report(number: int, score: float, **features: float) -> DriftReport:
    at = f"2013-07-{number:02}T05:40:00.000+00:00"
    return cast("DriftReport", documents.report(number, "/x", at, score, features))


@pytest.mark.parametrize(
    ("score", "word"),
    [(0.0, "low"), (0.099, "low"), (0.1, "warn"), (0.199, "warn"), (0.2, "alarm"), (9.0, "alarm")],
)
def test_a_score_is_low_then_a_warning_then_an_alarm(score: float, word: str) -> None:
    assert drift.level(score).word == word


def test_levels_and_states_differ_without_colour() -> None:
    looks = [drift.level(score) for score in (0.0, 0.1, 0.2)]
    assert len({look.glyph for look in looks}) == len({look.ascii for look in looks}) == 3
    states = [drift.state(source(one)) for one in ("good", "unknown", "stale", "waiting")]
    assert [one.word for one in states] == ["good", "unknown", "stale", "waiting"]
    assert len({one.glyph for one in states}) == len({one.ascii for one in states}) == 4


def test_a_state_of_a_newer_daemon_is_shown_by_its_word() -> None:
    assert drift.state(source("paused")).word == "paused"


def test_a_bar_is_cut_by_the_thresholds_that_it_passes() -> None:
    assert text(drift.bar(0.3, 20, 0.5, plain=False)) == "━━━━┊━━━┊━━━        "
    assert text(drift.bar(0.125, 20, 0.5, plain=False)) == "━━━━┊   ┊           "
    assert text(drift.bar(0.0, 20, 0.5, plain=False)) == "    ┊   ┊           "
    assert text(drift.bar(0.3, 20, 0.5, plain=True)) == "====|===|===        "
    assert drift.ruler(20, 0.5) == "    0.1 0.2"


def test_a_score_beyond_the_scale_is_a_full_bar_with_a_tip() -> None:
    assert text(drift.bar(8.1, 20, drift.scale([8.1]), plain=False)) == "━━━━┊━━━┊━━━━━━━━━━▸"
    assert text(drift.bar(8.1, 20, drift.scale([8.1]), plain=True))[-1] == ">"


@given(st.lists(st.floats(0, 1e9), max_size=8))
def test_both_thresholds_are_on_every_scale(scores: list[float]) -> None:
    assert drift.ALARM < drift.LEAST_SCALE <= drift.scale(scores) <= drift.MOST_SCALE


@given(st.floats(0, 1e9), st.integers(1, 120), st.floats(0.25, 0.5), st.booleans())
def test_a_bar_fills_its_cells_exactly(score: float, cells: int, top: float, plain: bool) -> None:
    spans = drift.bar(score, cells, top, plain)
    assert width(spans) == cells
    assert all(span.text for span in spans)
    assert not plain or text(spans).isascii()


@given(st.floats(0, 0.5), st.floats(0, 0.5), st.integers(4, 60))
def test_a_larger_score_never_has_a_shorter_bar(one: float, other: float, cells: int) -> None:
    shorter, longer = sorted((one, other))
    drawn = [
        len(text(drift.bar(score, cells, 0.5, plain=False)).replace("┊", "━").rstrip())
        for score in (shorter, longer)
    ]
    assert drawn[0] <= drawn[1]


def test_a_ruler_leaves_out_what_would_run_together() -> None:
    assert drift.ruler(6, 0.5) == " 0.1"
    assert drift.ruler(2, 0.25) == ""


@pytest.mark.parametrize(
    ("score", "written"),
    [(0.0, "0.000"), (0.2714, "0.271"), (12.345, "12.3"), (123456.0, "1e+05")],
)
def test_a_score_takes_six_cells_at_most(score: float, written: str) -> None:
    assert drift.written(score) == written
    assert len(written) <= 6


def test_features_are_ranked_by_score_then_by_name() -> None:
    ranked = drift.ranked(report(1, 0.2, b=0.1, a=0.1, c=0.3))
    assert ranked == [("c", 0.3), ("a", 0.1), ("b", 0.1)]


def test_the_file_to_look_at_first_is_the_one_that_drifted_most() -> None:
    known = cast("list[DriftSource]", documents.sources())
    assert drift.worst(known) == documents.FLIGHTS
    assert drift.worst(known[::-1]) == documents.FLIGHTS
    assert drift.worst(known[3:]) is drift.worst([]) is None


def test_a_history_goes_from_the_oldest_report_with_a_gap_where_a_feature_was_missing() -> None:
    reports = [report(3, 0.3, a=0.5), report(2, 0.2), report(1, 0.1, a=0.4)]
    overall, feature = drift.history(reports, drift.OVERALL), drift.history(reports, "a")
    assert [score for _, score in overall.points] == [0.1, 0.2, 0.3]
    assert [place for place, _ in overall.points] == [0, 1, 2]
    assert drift.moments(reports, UTC) == ["07-01 05:40", "07-02 05:40", "07-03 05:40"]
    first, gap, last = (score for _, score in feature.points)
    assert (first, last) == (0.4, 0.5)
    assert math.isnan(gap)


def test_a_history_that_did_not_change_equals_the_one_before() -> None:
    reports = [report(3, 0.3, a=0.5), report(2, 0.2)]
    assert drift.history(reports, "a") == drift.history(list(reports), "a")


def test_an_unknown_report_says_why_and_what_stays() -> None:
    known = source("unknown", reason="line 9: NaN", last_good=report(1, 0.083))
    told = drift.trouble(known, "4h ago")
    assert text(told) == "unknown: line 9: NaN; last good stays: 0.083, 4h ago"


def test_a_file_that_never_was_good_says_so() -> None:
    assert text(drift.trouble(source("waiting"), "")) == "waiting: no report has come yet"
    assert drift.trouble(source("good", last_good=report(1, 0.1)), "now") == ()


def test_since_when_a_score_is_high_is_counted_back_from_the_last_report() -> None:
    def told(*scores: float, everything: bool = True) -> str:
        curve = Curve("drift_score", [(float(at), score) for at, score in enumerate(scores)])
        ticks = [f"07-{at + 1:02}" for at in range(len(scores))]
        return "".join(span.text for span in drift.since(curve, ticks, everything, plain=False))

    assert told() == told(math.nan) == told(0.3, 0.05) == ""
    assert told(0.3, 0.05, 0.12, 0.15) == "△ since 07-03"
    assert told(0.05, 0.12, 0.21, math.nan, 0.3) == "▲ since 07-03"
    assert told(0.3, 0.3) == "▲ since 07-01"
    assert told(0.3, 0.3, everything=False) == "▲ before 07-01"
    assert told(0.1, 0.3, everything=False) == "▲ since 07-02"


def test_a_history_reaches_to_twice_the_largest_threshold() -> None:
    assert drift.ceiling(drift.levels(())) == drift.ceiling(drift.levels((0.5,))) == 1.0
    assert drift.ceiling(drift.levels((0.5, 3.0))) == 6.0


def test_policies_have_levels_of_their_own_beside_the_customary_ones() -> None:
    assert drift.levels(()) == drift.levels((0.1, 0.2)) == drift.LEVELS
    assert [one.value for one in drift.levels((0.3, 0.1, 0.3))] == [0.1, 0.2, 0.3]
