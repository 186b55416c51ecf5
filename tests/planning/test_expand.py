"""Instances of foreach steps."""

import math
from itertools import product
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.planning.errors import ForeachDuplicate, ForeachInvalid, ForeachTooLarge
from trainautod.planning.expand import MAX_ID, Instance, instances

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = texts | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()


def test_one_list_gives_one_instance_per_value_in_order() -> None:
    assert instances("train", {"feature": ["dep_delay", "distance"]}) == (
        Instance("train[feature=dep_delay]", {"feature": "dep_delay"}),
        Instance("train[feature=distance]", {"feature": "distance"}),
    )


def test_several_names_give_their_product_the_last_fastest() -> None:
    made = instances("t", {"a": [1, 2], "b": ["x", "y"]})
    assert [instance.id for instance in made] == [
        "t[a=1,b=x]",
        "t[a=1,b=y]",
        "t[a=2,b=x]",
        "t[a=2,b=y]",
    ]
    assert made[1].item == {"a": 1, "b": "y"}


def test_without_foreach_the_step_is_its_only_instance() -> None:
    assert instances("train", {}) == (Instance("train", {}),)


def test_an_empty_list_makes_no_instance() -> None:
    assert instances("t", {"a": [1], "b": []}) == ()


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("a/b c", "a%2Fb%20c"),
        ("[x]", "%5Bx%5D"),
        ("a,b=c", "a%2Cb%3Dc"),
        ("100%", "100%25"),
        ("~", "%7E"),
        ("é", "%C3%A9"),
        ("", ""),
        ("..", ".."),
        (True, "true"),
        (-0.5, "-0.5"),
        (1e-05, "1e-05"),
        (3, "3"),
    ],
)
def test_a_value_shows_in_the_id_with_odd_characters_escaped(value: object, label: str) -> None:
    (instance,) = instances("t", {"n": [value]})
    assert instance.id == f"t[n={label}]"
    assert instance.item == {"n": value}


@pytest.mark.parametrize("values", [["a", "a"], [1, "1"], [True, "true"], [0.5, "0.5"]])
def test_values_that_look_alike_are_refused(values: list[object]) -> None:
    with pytest.raises(ForeachDuplicate, match=r"^t: .*\(n: "):
        instances("t", {"n": values})


@pytest.mark.parametrize("value", [None, [1], {"a": 1}, math.nan, math.inf, b"x", "\ud800"])
def test_a_value_that_is_no_plain_scalar_is_refused(value: object) -> None:
    with pytest.raises(ForeachInvalid, match=r"^t: .*\(n: "):
        instances("t", {"n": [value]})


def test_the_limit_is_told_with_the_count() -> None:
    assert len(instances("t", {"a": range(100), "b": range(100)})) == 10_000
    with pytest.raises(ForeachTooLarge, match=r"^t: .*\(10,100; at most 10,000\)"):
        instances("t", {"a": range(101), "b": range(100)})


def test_a_huge_product_is_refused_before_it_is_made() -> None:
    with pytest.raises(ForeachTooLarge):
        instances("t", {f"n{number}": range(1_000) for number in range(20)})


def test_long_values_give_bounded_ids_that_stay_apart() -> None:
    values = ["x" * 500 + str(number) for number in range(50)]
    made = instances("t", {"n": values})
    assert len({instance.id for instance in made}) == 50
    assert all(len(instance.id) <= MAX_ID for instance in made)
    assert all(instance.id.endswith("]") and "~" in instance.id for instance in made)
    assert [instance.item["n"] for instance in made] == values


@settings(deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,5}", fullmatch=True), st.lists(scalars, max_size=4), max_size=3
    )
)
def test_ids_are_unique_and_readable_back(items: dict[str, list[object]]) -> None:
    try:
        made = instances("step", items)
    except ForeachDuplicate:
        return
    assert len(made) == math.prod(len(values) for values in items.values())
    assert len({instance.id for instance in made}) == len(made)
    chosen = product(*items.values())
    for instance, values in zip(made, chosen, strict=True):
        assert tuple(instance.item.values()) == values
        assert not set(instance.id) & set("/ \n\0")
        if items and "~" not in instance.id:
            inner = instance.id.removeprefix("step[").removesuffix("]")
            pairs = dict(pair.split("=") for pair in inner.split(","))
            for name, value in instance.item.items():
                shown = str(value).lower() if isinstance(value, bool) else str(value)
                assert unquote(pairs[name]) == shown
