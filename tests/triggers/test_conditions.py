"""The ``if`` of a policy: what it is about, and how it is told."""

from math import inf, nan
from typing import Any

import pytest

from trainautod.spec.errors import ExpressionError
from trainautod.triggers.conditions import Condition


@pytest.mark.parametrize(
    ("condition", "carries", "said"),
    [
        ("drift_score > 0.1", {"drift_score": 0.2731234567}, "drift_score 0.273123 > 0.1"),
        ("drift_score>0.1", {"drift_score": 1}, "drift_score 1 >0.1"),
        ("a.b > 1", {"a": {"b": 2.0}}, "a.b 2 > 1"),
        ("a > 1 and b > 1", {"a": 2, "b": 3}, "a > 1 and b > 1 (a = 2, b = 3)"),
        ("a > 1 or b > 1", {"a": 2}, "a > 1 or b > 1 (a = 2)"),
        ("1 < a", {"a": 2}, "1 < a (a = 2)"),
        ("status == 'bad'", {"status": "bad"}, "status 'bad' == 'bad'"),
        ("bad", {"bad": True}, "bad (bad = true)"),
        ("len(affected) > 0", {"affected": ["x"]}, "len(affected) > 0"),
        ("true", {}, "true"),
    ],
)
def test_it_is_told_with_its_values(condition: str, carries: Any, said: str) -> None:
    assert Condition.of(condition).holds(carries)
    assert Condition.of(condition).told(carries) == said


@pytest.mark.parametrize("value", [0.5, 3, True, "text"])
def test_its_value_is_that_of_its_first_name(value: Any) -> None:
    condition = Condition.of("a.b == c and a.b == a.b")
    assert condition.names == ("a.b", "c")
    assert condition.first == "a.b"
    assert condition.value({"a": {"b": value}, "c": 1}) == value


@pytest.mark.parametrize("value", [nan, inf, None, [1], {"c": 1}])
def test_what_can_be_compared_with_nothing_is_no_value(value: Any) -> None:
    assert Condition.of("a > 1").value({"a": value}) is None


def test_without_names_or_what_they_name_there_is_no_value() -> None:
    assert (Condition.of("1 > 0").first, Condition.of("1 > 0").value({"a": 1})) == ("", None)
    assert Condition.of("a.b > 1").value({"a": 1}) is None
    with pytest.raises(ExpressionError, match=r"'a\.b' is unknown"):
        Condition.of("a.b > 1").holds({"a": 1})


def test_long_text_is_cut_and_of_one_line() -> None:
    told = Condition.of("error != ''").told({"error": "first\nsecond " + "x" * 100})
    assert told.startswith("error 'first second xxx")
    assert told.endswith("x…' != ''")


def test_a_policy_remembers_the_beginning_of_a_long_text() -> None:
    condition = Condition.of("error > 1")
    assert condition.value({"error": "x" * 60_000}) == "x" * 60
    with pytest.raises(ExpressionError, match=r"the text 'x{60}…' with the number 1"):
        condition.holds({"error": "x" * 60_000})
