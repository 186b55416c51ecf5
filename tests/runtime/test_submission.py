"""From a request to a run."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tzlocal import get_localzone

from trainautod.engine import Needs, RetryRule
from trainautod.planning.graph import Graph
from trainautod.runtime.errors import RequestInvalid, UnknownStep
from trainautod.runtime.submission import (
    RunRequest,
    Source,
    commands_of,
    forced_steps,
    graph_of,
    nodes_of,
    scheduled_time,
    typed_params,
    zone_of,
)
from trainautod.spec import Pipeline, load

TEXT = """
name: nightly
schedule: {cron: '15 2 * * *', timezone: America/New_York}
params: {days: 7, rate: 0.1, model: gbm, verbose: false}
steps:
  - id: report
    needs: [evaluate]
    run: report
  - id: fetch
    run: fetch --since {{ds}}
    retry: {limit: 3, interval: 10s, backoff: 2, max_interval: 5m, exit_codes: [75]}
  - id: train
    needs: [fetch]
    run: train
    resources: {cpus: 2, gpus: 1, memory: 4GiB}
  - id: evaluate
    needs: [train]
    run: evaluate
  - id: export
    needs: [fetch]
    foreach: {format: [csv, parquet]}
    run: export {{format}}
"""


def pipeline(text: str = TEXT) -> Pipeline:
    found = load(text, "nightly.yaml")
    assert isinstance(found, Pipeline)
    return found


NIGHTLY = pipeline()
PLAIN = pipeline("name: plain\nsteps:\n  - id: a\n    run: 'true'\n")
NOW_MS = 1_373_439_600_500  # 2013-07-10T07:00:00.5Z


class TestParams:
    def test_are_the_defaults_when_nothing_is_given(self) -> None:
        assert typed_params(NIGHTLY, {}) == {
            "days": 7,
            "rate": 0.1,
            "model": "gbm",
            "verbose": False,
        }

    @pytest.mark.parametrize(
        ("name", "given", "value"),
        [
            ("days", "14", 14),
            ("days", 14, 14),
            ("days", "-3", -3),
            ("days", "1e3", 1000),
            ("days", 14.0, 14),
            ("days", "9007199254740993", 9007199254740993),
            ("days", str(10**30), 10**30),
            ("rate", "0.5", 0.5),
            ("rate", 1, 1.0),
            ("rate", "1e-3", 0.001),
            ("model", "mlp", "mlp"),
            ("model", 7, "7"),
            ("model", "", ""),
            ("verbose", "true", True),
            ("verbose", "No", False),
            ("verbose", 1, True),
            ("verbose", True, True),
        ],
    )
    def test_get_the_type_of_their_default(self, name: str, given: Any, value: Any) -> None:
        found = typed_params(NIGHTLY, {name: given})[name]
        assert found == value
        assert type(found) is type(value)

    @pytest.mark.parametrize(
        ("name", "given"),
        [
            ("days", "seven"),
            ("days", "7.5"),
            ("days", 7.5),
            ("days", ""),
            ("days", "nan"),
            ("days", "inf"),
            ("days", True),
            ("days", None),
            ("rate", "fast"),
            ("rate", "nan"),
            ("rate", float("inf")),
            ("rate", "1e999"),
            ("rate", True),
            ("rate", None),
            ("verbose", "maybe"),
            ("verbose", 2),
            ("verbose", None),
        ],
    )
    def test_of_another_type_are_refused(self, name: str, given: Any) -> None:
        with pytest.raises(RequestInvalid) as caught:
            typed_params(NIGHTLY, {name: given})
        kind = {"days": "int", "rate": "float", "verbose": "bool"}[name]
        assert str(caught.value) == f"param {name}: {given!r} is not {kind}, as its default is"

    def test_that_are_not_declared_are_refused_with_a_suggestion(self) -> None:
        with pytest.raises(RequestInvalid, match="did you mean 'days'") as e:
            typed_params(NIGHTLY, {"day": 1})
        assert "(declared: days, rate, model, verbose)" in str(e.value)
        with pytest.raises(RequestInvalid, match=r"unknown param 'x' \(declared: none\)"):
            typed_params(PLAIN, {"x": 1})

    @given(st.integers())
    def test_no_digit_of_a_whole_number_is_lost(self, number: int) -> None:
        assert typed_params(NIGHTLY, {"days": str(number)})["days"] == number

    @given(st.floats(allow_nan=False, allow_infinity=False))
    def test_a_number_comes_back_as_it_was(self, number: float) -> None:
        assert typed_params(NIGHTLY, {"rate": repr(number)})["rate"] == number

    def test_of_the_pipeline_are_left_as_they_are(self) -> None:
        typed_params(NIGHTLY, {"days": 1})
        assert NIGHTLY.params["days"] == 7


class TestScheduledTime:
    def test_of_a_date_is_when_the_schedule_fires_on_it(self) -> None:
        found = scheduled_time(NIGHTLY, RunRequest(ds="2013-07-10"), NOW_MS)
        assert found.isoformat() == "2013-07-10T02:15:00-04:00"

    def test_of_a_date_is_midnight_without_a_schedule(self) -> None:
        found = scheduled_time(PLAIN, RunRequest(ds="2013-07-10"), NOW_MS)
        assert (found.hour, found.minute, found.tzinfo) == (0, 0, get_localzone())

    def test_is_now_in_the_zone_of_the_pipeline(self) -> None:
        found = scheduled_time(NIGHTLY, RunRequest(), NOW_MS)
        assert found.isoformat() == "2013-07-10T03:00:00-04:00"

    def test_of_a_slot_is_the_slot(self) -> None:
        slot = datetime(2013, 7, 10, 2, 15, tzinfo=ZoneInfo("America/New_York"))
        assert scheduled_time(NIGHTLY, RunRequest(scheduled_time=slot), NOW_MS) is slot

    @pytest.mark.parametrize(
        "ds", ["2013-02-30", "10.07.2013", "yesterday", "", "2013-07-10T02:00"]
    )
    def test_needs_a_date(self, ds: str) -> None:
        with pytest.raises(RequestInvalid, match="is not a date such as 2013-07-10"):
            scheduled_time(NIGHTLY, RunRequest(ds=ds), NOW_MS)

    def test_of_a_date_keeps_the_date_in_every_zone(self) -> None:
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Sao_Paulo"):
            text = TEXT.replace("America/New_York", zone)
            found = scheduled_time(pipeline(text), RunRequest(ds="2013-10-20"), NOW_MS)
            assert found.date().isoformat() == "2013-10-20"
            assert found.tzinfo == ZoneInfo(zone)


def test_the_zone_is_that_of_the_first_schedule_that_names_one() -> None:
    schedules = (
        "[0 1 * * *, {cron: 0 2 * * *, timezone: Asia/Tokyo}, {cron: 0 3 * * *, timezone: UTC}]"
    )
    text = TEXT.replace("{cron: '15 2 * * *', timezone: America/New_York}", schedules)
    assert zone_of(pipeline(text)) == ZoneInfo("Asia/Tokyo")
    assert zone_of(PLAIN) == get_localzone()


class TestForced:
    @pytest.mark.parametrize(
        ("request_", "steps"),
        [
            (RunRequest(), []),
            (RunRequest(force=("train",)), ["train"]),
            (RunRequest(force=("report", "fetch", "fetch")), ["fetch", "report"]),
            (RunRequest(from_step="train"), ["train", "evaluate", "report"]),
            (RunRequest(from_step="report"), ["report"]),
            (RunRequest(from_step="evaluate", force=("export",)), ["export", "evaluate", "report"]),
        ],
    )
    def test_steps_are_not_reused(self, request_: RunRequest, steps: list[str]) -> None:
        assert sorted(forced_steps(NIGHTLY, request_)) == sorted(steps)

    def test_all_are(self) -> None:
        assert sorted(forced_steps(NIGHTLY, RunRequest(force_all=True))) == sorted(
            step.id for step in NIGHTLY.steps
        )

    def test_stand_in_topological_order(self) -> None:
        order = forced_steps(NIGHTLY, RunRequest(from_step="fetch"))
        assert order.index("fetch") < order.index("train") < order.index("evaluate")

    @pytest.mark.parametrize(
        "request_",
        [
            RunRequest(from_step="trian"),
            RunRequest(force=("trian",)),
            RunRequest(force=("trian",), force_all=True),
        ],
    )
    def test_that_do_not_exist_are_refused_with_a_suggestion(self, request_: RunRequest) -> None:
        with pytest.raises(UnknownStep, match="nightly has no step 'trian'; did you mean 'train'"):
            forced_steps(NIGHTLY, request_)


class TestNodes:
    def test_stand_in_topological_order(self) -> None:
        nodes = nodes_of(NIGHTLY)
        seen: set[str] = set()
        for node in nodes:
            assert set(node.needs) <= seen
            seen.add(node.id)
        assert len(nodes) == 5

    def test_carry_what_the_engine_needs_to_know(self) -> None:
        nodes = {node.id: node for node in nodes_of(NIGHTLY)}
        assert nodes["fetch"].retry == RetryRule(3, 10.0, 2.0, 300.0, (75,))
        assert nodes["train"].slots == Needs(2.0, 1, 4 << 30)
        assert nodes["export"].foreach
        assert not nodes["train"].foreach
        assert nodes["train"].retry == RetryRule(0, *_defaults(nodes["train"].retry))

    def test_are_those_of_the_graph(self) -> None:
        assert isinstance(graph_of(NIGHTLY), Graph)
        assert tuple(node.id for node in nodes_of(NIGHTLY)) == tuple(graph_of(NIGHTLY).order)


def _defaults(rule: RetryRule) -> tuple[float, float, float]:
    return rule.interval_s, rule.backoff, rule.max_interval_s


def test_a_text_is_named_by_its_content() -> None:
    one, same = Source("/a.yaml", TEXT, NIGHTLY), Source("/b.yaml", TEXT, NIGHTLY)
    other = Source("/a.yaml", TEXT + "\n", NIGHTLY)
    assert one.digest == same.digest != other.digest


def test_commands_are_as_they_are_written() -> None:
    assert commands_of(NIGHTLY.steps)[1] == "fetch --since {{ds}}"


def test_a_request_is_made_by_hand_unless_it_says_otherwise() -> None:
    assert RunRequest().trigger == {"kind": "manual"}
    slot = datetime.now(UTC) - timedelta(days=1)
    assert RunRequest(scheduled_time=slot).ds is None
