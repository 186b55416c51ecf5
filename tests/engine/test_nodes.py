"""Retry rules, and nodes as JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainautod.engine import Needs, RetryRule, StepNode


@pytest.mark.parametrize(
    ("rule", "delays"),
    [
        (RetryRule(limit=4, interval_s=10, backoff=2, max_interval_s=300), [10, 20, 40, 80]),
        (RetryRule(limit=4, interval_s=10, backoff=2, max_interval_s=30), [10, 20, 30, 30]),
        (RetryRule(limit=4, interval_s=1.5, backoff=1), [1.5, 1.5, 1.5, 1.5]),
        (RetryRule(limit=4, interval_s=0, backoff=10), [0, 0, 0, 0]),
        (RetryRule(limit=4, interval_s=60, max_interval_s=5), [5, 5, 5, 5]),
    ],
)
def test_waits_grow_up_to_their_limit(rule: RetryRule, delays: list[float]) -> None:
    assert [rule.delay_s(tries) for tries in range(1, 5)] == delays


@given(st.floats(0, 1e6), st.floats(1, 100), st.floats(0, 1e6), st.integers(1, 5000))
def test_a_wait_is_finite_and_never_longer_than_its_limit(
    interval_s: float, backoff: float, max_interval_s: float, tries: int
) -> None:
    rule = RetryRule(9, interval_s, backoff, max_interval_s)
    assert min(interval_s, max_interval_s) <= rule.delay_s(tries) <= max_interval_s
    assert rule.delay_s(tries) <= rule.delay_s(tries + 1)


def test_no_wait_stays_no_wait_however_often_it_failed() -> None:
    assert RetryRule(interval_s=0, backoff=3).delay_s(4000) == 0


@pytest.mark.parametrize(("tries", "allowed"), [(1, True), (2, True), (3, False)])
def test_a_limit_of_two_allows_two_extra_tries(tries: int, allowed: bool) -> None:
    assert RetryRule(limit=2).allows(tries, 1) is allowed


def test_without_a_limit_nothing_is_tried_again() -> None:
    assert not RetryRule().allows(1, 1)


def test_a_node_survives_json() -> None:
    group = StepNode(
        "train",
        ("fetch", "features"),
        RetryRule(3, 10.0, 2.0, 300.0, (75, 111)),
        Needs(2.5, 1, 4 << 30),
        foreach=True,
    )
    instance = group.instance("train[feature=dep_delay]", {"feature": "dep_delay"})
    for node in (group, instance, StepNode("plain")):
        assert StepNode.from_json(json.loads(json.dumps(node.to_json()))) == node
