"""The graph of needs, against plain definitions."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.planning.errors import CyclicNeeds, UnknownNeed
from trainautod.planning.graph import Graph

Needs = dict[str, list[str]]


@st.composite
def acyclic(draw: st.DrawFn) -> Needs:
    """Needs along a hidden order, named in another one."""
    count = draw(st.integers(0, 12))
    hidden = [f"s{number}" for number in range(count)]
    needs = {
        step: draw(st.lists(st.sampled_from(hidden[:place]), max_size=4)) if place else []
        for place, step in enumerate(hidden)
    }
    return {step: needs[step] for step in draw(st.permutations(hidden))}


def naive_ancestors(needs: Needs, step: str) -> set[str]:
    found: set[str] = set()
    for need in needs[step]:
        found |= {need} | naive_ancestors(needs, need)
    return found


@settings(deadline=None)
@given(acyclic())
def test_the_order_is_a_permutation_with_every_need_first(needs: Needs) -> None:
    order = Graph(needs).order
    assert sorted(order) == sorted(needs)
    place = {step: at for at, step in enumerate(order)}
    assert all(place[need] < place[step] for step in needs for need in needs[step])


@settings(deadline=None)
@given(acyclic())
def test_the_order_takes_the_first_named_of_those_free(needs: Needs) -> None:
    done: list[str] = []
    while len(done) < len(needs):
        done.append(
            next(step for step in needs if step not in done and set(needs[step]) <= set(done))
        )
    assert Graph(needs).order == tuple(done)


@settings(deadline=None)
@given(acyclic())
def test_relations_match_their_definitions(needs: Needs) -> None:
    graph = Graph(needs)
    above = {step: naive_ancestors(needs, step) for step in needs}
    assert graph.roots == tuple(step for step in needs if not needs[step])
    for step in needs:
        assert set(graph.needs(step)) == set(needs[step])
        assert graph.dependents(step) == tuple(other for other in needs if step in needs[other])
        assert graph.ancestors(step) == above[step]
        assert graph.descendants(step) == {other for other in needs if step in above[other]}


@settings(deadline=None)
@given(acyclic(), st.data())
def test_one_edge_back_makes_a_circle_that_is_named(needs: Needs, data: st.DataObject) -> None:
    steps = [step for step in needs if needs[step]]
    if not steps:
        return
    step = data.draw(st.sampled_from(steps))
    above = sorted(naive_ancestors(needs, step))
    needs[data.draw(st.sampled_from(above))].append(step)
    with pytest.raises(CyclicNeeds) as caught:
        Graph(needs)
    cycle = caught.value.cycle
    assert cycle[0] == cycle[-1]
    assert len(cycle) > 1
    assert all(after in needs[before] for before, after in pairwise(cycle))


def test_a_step_that_needs_itself_is_a_circle() -> None:
    with pytest.raises(CyclicNeeds, match=r"^a → a: Steps need one another"):
        Graph({"a": ["a"]})


def test_an_unknown_need_is_named_with_its_step() -> None:
    with pytest.raises(UnknownNeed, match=r"^b: .*\('x'\)$"):
        Graph({"a": [], "b": ["a", "x"]})


def test_a_need_named_twice_counts_once() -> None:
    graph = Graph({"a": [], "b": ["a", "a"]})
    assert graph.order == ("a", "b")
    assert graph.needs("b") == ("a",)
    assert graph.dependents("a") == ("b",)


def test_an_unknown_id_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Graph({}).ancestors("x")


@pytest.mark.parametrize("width", [1, 10, 999])
def test_a_thousand_steps_are_sorted_in_no_time(width: int) -> None:
    needs = {f"s{n}": [f"s{k}" for k in range(max(0, n - width), n)][:20] for n in range(1_000)}
    began = time.process_time()
    graph = Graph(needs)
    graph.descendants("s0")
    graph.ancestors("s999")
    assert time.process_time() - began < 2  # of processor time; about 0.01 if it is linear
    assert len(graph.order) == 1_000
