"""The expression language: what it answers, and that it never answers by accident."""

import math
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.specs import short
from trainautod.spec import Day, Expression, ExpressionError
from trainautod.spec.grammar import MAX_LENGTH

NAMESPACE: dict[str, object] = {
    "ds": Day(date(2013, 7, 10)),
    "seed": 42,
    "params": {"days": 7, "lambda": 0.5, "name": "long haul", "fast": True, "none": None},
    "eval": {"passed": True, "roc_auc": 0.875, "val/auc": 0.5, "folds": [1, 2, 3]},
    "train_model": {"loss": 0.25},
    "bad": {"nan": math.nan, "inf": math.inf, "object": object(), "huge": 2**70},
}


def value(text: str) -> object:
    return Expression.parse(text).evaluate(NAMESPACE)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("eval.passed == true", True),
        ("eval.passed", True),
        ("not eval.passed", False),
        ("eval.roc_auc >= 0.82 and eval.passed", True),
        ("eval.roc_auc < 0.5 or params.fast", True),
        ("0.8 < eval.roc_auc < 0.9", True),
        ("0.8 < eval.roc_auc < 0.81", False),
        ("params.days * 2 + 1", 15),
        ("params.days // 2", 3),
        ("params.days / 2", 3.5),
        ("-7 % 4", 1),
        ("+params.days", 7),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("abs(-3)", 3),
        ("min(3, 1, 2) + max([4, 5])", 6),
        ("round(2.567, 1)", 2.6),
        ("round(2.4)", 2),
        ("len(params.name)", 9),
        ("len(eval.folds)", 3),
        ("'long' in params.name", True),
        ("seed in [41, 42]", True),
        ("seed not in [41, 42]", False),
        ("2 in eval.folds", True),
        ("params.none == null", True),
        ("params.days != null", True),
        ("null == null", True),
        ("'a' < 'b'", True),
        ("'a' + \"b\"", "ab"),
        ("eval['val/auc']", 0.5),
        ("params.lambda", 0.5),
        ("train_model.loss", 0.25),
        ("True", True),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("  1\n+ 1  ", 2),
        ("'{{'", "{{"),
        ("'größer' == \"größer\"", True),
        ("'ü' == 'ü' and params.lambda == 0.5", True),
        ("null", None),
    ],
)
def test_the_language(text: str, answer: object) -> None:
    assert value(text) == answer
    assert type(value(text)) is type(answer)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ds", "2013-07-10"),
        ("ds-7", "2013-07-03"),
        ("ds + 1", "2013-07-11"),
        ("1 + ds", "2013-07-11"),
        ("ds - params.days", "2013-07-03"),
        ("ds - '2013-07-01'", ""),
        ("ds - (ds - 3)", "3"),
        ("ds >= '2013-07-01'", "True"),
        ("'2013-07-01' < ds", "True"),
        ("ds == '2013-07-10'", "True"),
        ("ds in ['2013-07-10', '2013-07-11']", "True"),
    ],
)
def test_days_in_expressions(text: str, shown: str) -> None:
    if shown:
        assert str(value(text)) == shown
    else:
        with pytest.raises(ExpressionError, match="whole days"):
            value(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("evl.passed", r"'evl\.passed' is unknown: there is .*: did you mean 'eval'\?"),
        ("eval.pased", r"'eval\.pased' is unknown: 'eval' has .*: did you mean 'passed'\?"),
        ("eval.passed.deep", r"'eval\.passed' is true"),
        ("eval.roc_auc.x.y", r"'eval\.roc_auc' is the number 0.875"),
        ("eval == 1", "'eval' is a group of names: it has folds"),
        ("bad.nan > 1", "'bad.nan' is NaN"),
        ("bad.nan == bad.nan", "'bad.nan' is NaN"),
        ("bad.inf > 1", "'bad.inf' is infinite"),
        ("bad.object", "which expressions do not know"),
        ("bad.huge", "more than 64 bits"),
        ("1e308 * 10", "infinite"),
        ("9999999999 * 9999999999", "more than 64 bits"),
        ("1 / 0", "divides by zero"),
        ("1 // 0.0", "divides by zero"),
        ("1 % 0", "divides by zero"),
        ("'a' < 1", "'<' cannot compare the text 'a' with the number 1"),
        ("'1' == 1", "cannot compare"),
        ("eval.passed == 'true'", "cannot compare true with the text 'true'"),
        ("true == 1", "cannot compare"),
        ("true < false", "cannot compare"),
        ("null < 1", "cannot compare null"),
        ("1 in [1, 'a'] and 2 in ['a']", "cannot compare"),
        ("1 + 'a'", r"'\+' wants numbers, not the text 'a'"),
        ("true + 1", "wants numbers, not true"),
        ("-'a'", "wants numbers"),
        ("not 'false'", "'not' wants true or false"),
        ("1 and true", "'and' wants true or false, not the number 1"),
        ("false or 0", "'or' wants true or false"),
        ("1 in 2", "'in' cannot look for"),
        ("abs('a')", "wants numbers"),
        ("abs(1, 2)", "wants one number"),
        ("len(1)", "wants one text or one list"),
        ("max([])", "of an empty list"),
        ("min('a', 'b')", "wants numbers"),
        ("round(1.5, 99)", "0 to 15 digits"),
        ("ds + 0.5", "whole number of days"),
        ("ds + 99999999", "leaves the calendar"),
        ("ds < 'soon'", "'soon' is not a day"),
        ("ds == 3", "cannot be compared"),
        ("[1, 2]", "is a list, not a single value"),
        ("eval.folds", "is a list"),
        ("'a' * 100000", "wants numbers"),
    ],
)
def test_what_has_no_answer_is_an_error_that_says_why(text: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said):
        value(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("eval.passed = true", "unexpected '=' at character 13: write =="),
        ("a && b", "write and"),
        ("a || b", "write or"),
        ("!a", "write not"),
        ("a is true", "'is' at character 3 is not part of the language: write =="),
        ("a == None", "write null"),
        ("1 if a else 2", "'if' at character 3 is not part"),
        ("lambda: 1", "'lambda' at character 1"),
        ("[x for x in y]", "'for' at character 4"),
        ("2 ** 9", r"a power \(\*\*\) is not part"),
        ("a; b", "unexpected ';'"),
        ("a b", "unexpected 'b' at character 3"),
        ("1or 2", "unexpected 'or 2' at character 2"),
        ("7days", "unexpected 'days'"),
        ("a ==", "ends too early"),
        ("(a", "unexpected"),
        ("a)", "unexpected"),
        ("f'{a}'", "unexpected"),
        ("'a' 'b'", "unexpected"),
        ("'a", "close the quotes"),
        ("'a\\n'", "no backslashes"),
        ("{{ a }}", "without braces"),
        ("a, b", "tuple is not part"),
        ("open('/etc/passwd')", "'open' is not a function"),
        ("rund(1)", "did you mean 'round'"),
        ("a.upper()", "is not a function of the language"),
        ("abs()", "takes plain values"),
        ("max(*a)", "."),
        ("a[0]", "only quoted text can stand in brackets"),
        ("a[b]", "only quoted text"),
        ("'a'.upper", "only a name can be followed by a dot"),
        ("(1).real", "only a name"),
        ("a[1:2]", "unexpected ':'"),
        ("é > 1", "unexpected 'é' at character 1"),
        ("a ~ b", "unexpected '~'"),
        ("(" * 400 + "1" + ")" * 400, "unexpected|nested too deeply"),
        ("-" * 900 + "1", "nested too deeply"),
        ("not " * 200 + "true", "nested too deeply"),
        ("1+" * 400 + "1", "nested too deeply"),
        ("9" * 900, "."),
        ("1" * (MAX_LENGTH + 1), "longer than"),
    ],
    ids=short,
)
def test_what_is_not_the_language_is_refused_when_it_is_read(text: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said):
        value(text)


def test_what_other_kinds_of_runs_know_of_their_trigger_is_told_to_those_only() -> None:
    with pytest.raises(ExpressionError, match="only a run that a policy trigger starts has it"):
        Expression.parse("trigger.affected").evaluate({"trigger": {"kind": "manual"}})
    for kind in ("policy", "drift"):
        with pytest.raises(ExpressionError) as caught:
            Expression.parse("trigger.affected").evaluate({"trigger": {"kind": kind}})
        assert "only a run" not in str(caught.value)


def test_the_position_of_a_fault_is_told() -> None:
    with pytest.raises(ExpressionError) as caught:
        Expression.parse("eval.passed = true")
    assert caught.value.position == 12
    with pytest.raises(ExpressionError) as caught:
        Expression.parse(" 'ü' == foo(1)")
    assert caught.value.position == 8


def test_names_are_the_dotted_paths_that_are_read() -> None:
    text = "eval.passed and metrics['val/auc'] > params.lambda + abs(ds - '2013-01-01') and true"
    assert Expression.parse(text).names == {
        "eval.passed", "metrics.val/auc", "params.lambda", "ds"
    }  # fmt: skip
    assert Expression.parse("1 + 1").names == frozenset()


def test_what_is_decided_already_is_not_looked_up() -> None:
    assert value("eval.passed or nothing.known") is True
    assert value("false and nothing.known") is False


def test_a_condition_must_be_true_or_false() -> None:
    assert Expression.parse("eval.passed").holds(NAMESPACE) is True
    with pytest.raises(ExpressionError, match=r"is the number 0.875, not true or false"):
        Expression.parse("eval.roc_auc").holds(NAMESPACE)


def test_a_list_gives_its_items() -> None:
    assert Expression.parse("eval.folds").items(NAMESPACE) == (1, 2, 3)
    assert Expression.parse("['a', 'b']").items({}) == ("a", "b")
    with pytest.raises(ExpressionError, match="not a list"):
        Expression.parse("eval.passed").items(NAMESPACE)


def test_attributes_of_objects_are_out_of_reach() -> None:
    for text in ("ds.date", "eval.__class__", "params.name.upper", "eval.items", "eval.get"):
        with pytest.raises(ExpressionError):
            value(text)


def test_a_name_may_be_a_reserved_word_after_a_dot() -> None:
    scores = {"class": {"if": 1, "not": 2}}
    assert Expression.parse("m.class.if + m.class.not").evaluate({"m": scores}) == 3


@given(st.text(max_size=60))
def test_no_text_does_anything_but_evaluate_or_be_refused(text: str) -> None:
    with suppress(ExpressionError):
        value(text)


pieces = st.sampled_from(
    ["1", "0.5", "'a'", "true", "null", "ds", "eval.passed", "params.days", "eval.folds", "bad.nan",
     "+", "-", "*", "/", "//", "%", "==", "<", "and", "or", "not", "in", "(", ")", "[", "]", ",",
     "abs(", "len(", "round(", "max("]
)  # fmt: skip


@given(st.lists(pieces, max_size=12).map(" ".join))
def test_no_combination_of_tokens_does_anything_else(text: str) -> None:
    try:
        answer = value(text)
    except ExpressionError:
        return
    assert answer is None or isinstance(answer, bool | int | float | str | Day)


numbers = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)


@given(numbers, numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
def test_comparisons_agree_with_python(left: float, right: float, sign: str) -> None:
    expected = {
        "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right,
        "==": left == right, "!=": left != right,
    }[sign]  # fmt: skip
    assert Expression.parse(f"a {sign} b").evaluate({"a": left, "b": right}) is expected
