"""Loading: the three kinds of document, every problem at once, and nothing but SpecInvalid."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.spec.specs import FULL, POLICY, SWEEP, WEEKLY, pipeline, problems, short, told
from trainautod.spec import Pipeline, Policy, Problem, SpecInvalid, SweepPolicy, load

INERT = (
    "is part of the format, but this version does not act on it: "
    "remove it, so that nobody relies on it"
)
DURATION = "write it as 500ms, 10s, 30m, 1h30m or 2d; a plain number is seconds"
TWICE = "the step id 'c' is used twice, first on line 12 at steps[3].id: rename one of the two"


@pytest.mark.parametrize(
    ("text", "kind"),
    [(WEEKLY, Pipeline), (FULL, Pipeline), (POLICY, Policy), (SWEEP, SweepPolicy)],
    ids=short,
)
def test_the_three_kinds_are_told_apart(text: str, kind: type) -> None:
    assert type(load(text, "a.yaml")) is kind
    assert load(text.encode(), "a.yaml") == load(text, "a.yaml")


def test_a_document_is_named_after_its_file_unless_it_has_a_name() -> None:
    assert pipeline(WEEKLY, "pipelines/weekly.yaml").name == "weekly"
    assert pipeline(WEEKLY, "my taxi job.yaml").name == "my-taxi-job"
    assert pipeline(WEEKLY, "<stdin>").name == "stdin"
    assert pipeline(WEEKLY, "").name == "unnamed"
    assert pipeline(FULL, "weekly.yaml").name == "everything"


def test_a_loaded_pipeline_cannot_be_changed() -> None:
    loaded = pipeline(WEEKLY)
    with pytest.raises(ValidationError, match="frozen"):
        loaded.name = "other"  # type: ignore[misc]


def test_every_problem_of_a_file_is_told_at_once_in_its_order() -> None:
    assert told(
        "parms: {days: 7}\n"
        "params: {days: 7}\n"
        "gate: {metric: auc}\n"
        "steps:\n"
        "  - id: a\n"
        "    run: echo {{params.dys}}\n"
        "    need: [b]\n"
        "  - id: b\n"
        "    rn: x\n"
        "    needs: [c, zz]\n"
        "    timeout: 30x\n"
        "  - id: c\n"
        "    run: x\n"
        "    needs: b\n"
        "    when: m.good = true\n"
        "  - id: c\n"
        "    run: x\n"
        "    retry: {limit: 1, limt: 2}\n"
    ) == [
        "a.yaml:1: unknown key 'parms': did you mean 'params'?",
        f"a.yaml:3: 'gate' {INERT}",
        "a.yaml:6: the param 'dys' is not declared at steps[0].run: did you mean 'days'?",
        "a.yaml:7: unknown key 'need' at steps[0]: did you mean 'needs'?",
        "a.yaml:9: unknown key 'rn' at steps[1]: did you mean 'run'?",
        "a.yaml:10: steps need one another in a circle: b → c → b at steps[1].needs: drop one need",
        "a.yaml:10: there is no step 'zz' at steps[1].needs[1]",
        f"a.yaml:11: '30x' is not a duration at steps[1].timeout: {DURATION}",
        "a.yaml:15: unexpected '=' at character 8 at steps[2].when: write == to compare",
        f"a.yaml:16: {TWICE}",
        "a.yaml:18: unknown key 'limt' at steps[3].retry: did you mean 'limit'?",
    ]


def test_an_unknown_key_like_no_other_lists_those_that_exist() -> None:
    (problem,) = problems("zzz: 1\nsteps: [{id: a, run: x}]\n")
    assert problem.hint.startswith("known here: defaults, description, env,")


@pytest.mark.parametrize("key", ["gate", "rollout", "sweep"])
def test_keys_without_effect_yet_are_refused_at_their_line(key: str) -> None:
    (problem,) = problems(f"steps: [{{id: a, run: x}}]\n{key}: {{anything: [1, 2]}}\n")
    assert (problem.line, problem.column) == (2, 1)
    assert f"'{key}' is part of the format, but this version does not act on it" in str(problem)


@pytest.mark.parametrize(
    "setting", ["catchup: some", "catchup_window: x", "overlap: sometimes", "jitter: -1s"]
)
def test_and_their_values_are_checked_all_the_same(setting: str) -> None:
    (problem,) = problems(f"schedule: {{cron: '@daily', {setting}}}\nsteps: [{{id: a, run: x}}]")
    assert "does not act on it" not in problem.message


def test_an_alias_and_its_key_cannot_both_be_there() -> None:
    assert told(
        "steps:\n  - {id: a, run: x, command: y}\n  - {id: b, run: x, needs: a, depends: a}"
    ) == [
        "a.yaml:2: 'command' and 'run' are the same key at steps[0]: keep one of the two",
        "a.yaml:3: 'depends' and 'needs' are the same key at steps[1]: keep one of the two",
    ]  # fmt: skip


def test_a_problem_under_an_alias_names_the_alias() -> None:
    (problem,) = problems("steps:\n  - {id: a, run: x, depends: b}\n")
    assert problem.key == "steps[0].depends"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps: []", "a.yaml:1: there are no steps at steps"),
        ("steps:", "a.yaml:1: there are no steps at steps"),
        ("steps: {a: {run: x}}", "expected a list, found a mapping at steps"),
        ("steps: x", "expected a list, found the text 'x' at steps"),
        ("steps: [x]", "expected keys with values, found the text 'x' at steps[0]"),
        ("steps: [[a]]", "expected keys with values, found a list at steps[0]"),
        ("steps: [{id: a}]", "missing key 'run' at steps[0]"),
        ("steps: [{run: x}]", "missing key 'id' at steps[0]"),
        ("name: x", "missing key 'steps'"),
        ("stpes: [{id: a, run: x}]", "unknown key 'stpes': did you mean 'steps'?"),
        ("{}", "missing key 'steps'"),
        ("x: 1", "unknown key 'x'"),
    ],
)
def test_steps_must_be_a_list_of_steps(text: str, said: str) -> None:
    assert any(said in line for line in told(text))


def test_a_misspelt_key_is_not_called_missing_too() -> None:
    assert len(problems("stpes: [{id: a, run: x}]")) == 1
    assert len(problems("steps: [{id: a, rnu: x}]")) == 1


def test_a_key_that_is_there_twice_does_not_hide_the_rest() -> None:
    lines = told("name: a\nname: b\nsteps:\n  - {id: a, run: x, nedes: y}\n")
    assert len(lines) == 2
    assert "a.yaml:2: the key 'name' is here twice, first on line 1" in lines[0]


@pytest.mark.parametrize(
    ("lines", "line", "column"),
    [
        ("    run: |\n      one\n      two {{ds\n", 5, 1),
        ("    run: one {{ds!}}\n", 3, 18),
        ("    run: 'one {{ds!}}'\n", 3, 19),
        ("    run: >\n      one\n      two {{ds!}}\n", 3, 10),
        ("    run: x\n    when: ds !\n", 4, 14),
    ],
)
def test_a_problem_inside_of_a_text_is_told_where_it_is(lines: str, line: int, column: int) -> None:
    (problem,) = problems(f"steps:\n  - id: a\n{lines}")
    assert (problem.line, problem.column) == (line, column)


def test_problems_from_a_shared_anchor_point_at_where_it_is_written() -> None:
    text = "steps:\n  - &s {id: a, run: x, timeout: 1x}\n  - {<<: *s, id: b}\n"
    assert [(each.line, each.key) for each in problems(text)] == [
        (2, "steps[0].timeout"),
        (2, "steps[1].timeout"),
    ]


def test_a_thousand_steps_load_in_seconds_and_a_long_circle_is_named() -> None:
    chain = [f"  - {{id: s{i}, run: x, needs: [s{i - 1}]}}\n" for i in range(1, 1000)]
    whole = "steps:\n  - {id: s0, run: x}\n" + "".join(chain)
    assert len(pipeline(whole).steps) == 1000
    (problem,) = problems(whole.replace("id: s0, run: x", "id: s0, run: x, needs: [s999]"))
    assert problem.message.count("→") == 1000


TEXTS = [WEEKLY, FULL, POLICY, SWEEP]


def _survives(text: str | bytes) -> None:
    """Loading does nothing but give a document or name problems with a line."""
    found: tuple[Problem, ...] | None = None
    try:
        load(text, "a.yaml")
    except SpecInvalid as error:
        found = error.problems
    if found is not None:
        assert found
        for problem in found:
            assert problem.line >= 1
            assert problem.column >= 1
            assert problem.message
            assert len(str(problem)) < 2000


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_or_bytes_load_or_are_refused(text: str | bytes) -> None:
    _survives(text)


yaml_like = st.text("abns:-{}[]&*!|>'\"%@`#?,<~0.1 \n\t\\", max_size=80)


@settings(deadline=None, max_examples=200)
@given(yaml_like, yaml_like)
def test_any_yaml_like_text_loads_or_is_refused(head: str, tail: str) -> None:
    _survives(head)
    _survives(f"steps:\n  - id: a\n    run: x\n    {head}: {tail}\n")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("ab{}.- ", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=3), inner),
    max_leaves=6,
)
keys = st.sampled_from(
    ["id", "run", "needs", "inputs", "outputs", "when", "foreach", "retry", "timeout", "stop",
     "resources", "cache", "shell", "env", "depends", "command"]
)  # fmt: skip
top_keys = st.sampled_from(
    ["name", "description", "schedule", "params", "seed", "env", "defaults", "max_parallel",
     "shell", "steps", "on", "if", "then", "with", "for", "objective", "pruning", "max_time"]
)  # fmt: skip


def _flow(value: object) -> str:
    """A value as flow YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    named = {"None": "null", "True": "true", "False": "false", "nan": ".nan", "inf": ".inf"}
    return named.get(str(value), str(value))


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(top_keys, values, max_size=5), st.dictionaries(keys, values, max_size=5))
def test_any_value_under_any_key_loads_or_is_refused(
    top: dict[str, object], step: dict[str, object]
) -> None:
    _survives(_flow(top))
    _survives(_flow({**top, "steps": [{"id": "a", "run": "x", **step}, step]}))


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(TEXTS), st.integers(0, 2**32))
def test_a_damaged_file_loads_or_is_refused(text: str, seed: int) -> None:
    chance = random.Random(seed)
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 4)):
        lines = [line for line in lines if line] or ["\n"]
        at = chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                del lines[at]
            case 1:
                lines.insert(chance.randrange(len(lines)), lines[at])
            case 2:
                lines[at] = lines[at][: chance.randrange(len(lines[at]))]
            case 3:
                lines[at] = " " * chance.randrange(4) + lines[at]
            case _:
                where = chance.randrange(len(lines[at]))
                lines[at] = lines[at][:where] + chance.choice("{}[]:'\"&*!\t") + lines[at][where:]
    _survives("".join(lines))
