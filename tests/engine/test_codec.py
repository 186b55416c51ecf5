"""Every event comes back from JSON as it was."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainautod.engine import (
    AttemptFinished,
    CancelRequested,
    Event,
    Execute,
    Expand,
    Needs,
    Refuse,
    RetryDue,
    RetryRule,
    Reuse,
    RunRetried,
    RunSubmitted,
    Skip,
    SlotsGranted,
    SlotsRefused,
    StepNode,
    StepResolved,
)
from trainautod.engine.codec import event_from_json, event_to_json

texts = st.text(max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
plans = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
items = st.dictionaries(texts, scalars, max_size=3)
verdicts = st.one_of(
    st.builds(Execute, st.none() | texts, texts, st.dictionaries(texts, plans, max_size=3)),
    st.builds(Reuse, texts, texts, texts, texts, st.integers(1)),
    st.builds(Skip, texts),
    st.builds(Refuse, texts),
    st.builds(Expand, st.lists(st.tuples(texts, items), max_size=3).map(tuple)),
)
nodes = st.builds(
    StepNode,
    texts,
    st.lists(texts, max_size=3).map(tuple),
    st.builds(RetryRule, exit_codes=st.lists(st.integers(0, 255), max_size=3).map(tuple)),
    st.builds(Needs, st.floats(0, 64), st.integers(0, 8), st.integers(0, 1 << 40)),
    st.booleans(),
    st.none() | texts,
    st.none() | items,
)
events = st.one_of(
    st.builds(RunSubmitted, texts, st.lists(nodes, max_size=3).map(tuple), st.integers(1)),
    st.builds(StepResolved, texts, verdicts),
    st.builds(SlotsGranted, texts, st.lists(st.integers(0, 7), max_size=3).map(tuple)),
    st.builds(SlotsRefused, texts, texts),
    st.builds(
        AttemptFinished,
        texts,
        st.integers(1),
        st.sampled_from(["succeeded", "failed", "stopped", "lost"]),
        st.none() | st.integers(0, 255),
        st.none() | texts,
        st.integers(0),
    ),
    st.builds(RetryDue, texts),
    st.builds(CancelRequested, texts),
    st.builds(RunRetried, texts),
)


@given(events)
def test_an_event_survives_json(event: Event) -> None:
    stored = json.loads(json.dumps(event_to_json(event)))
    assert event_from_json(event.kind, stored) == event


def test_every_event_has_a_kind_of_its_own() -> None:
    kinds = [kind.kind for kind in get_args(Event)]
    assert len(set(kinds)) == len(kinds) == 8


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError, match="daemon_started"):
        event_from_json("daemon_started", {})
