"""Cache keys and what changed between two."""

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.planning.errors import KeyInputsUnreadable, KeyValueInvalid
from trainautod.planning.key import KeyInputs, cache_key, changes

DIGESTS = ("3f2a1b2c" + "0" * 56, "91bc77aa" + "0" * 56)
names = st.text(max_size=8)
tables = st.dictionaries(names, st.text(max_size=12), max_size=4)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
)
key_inputs = st.builds(
    KeyInputs,
    command=st.text(max_size=60),
    shell=st.sampled_from(["/bin/sh", "bash"]),
    code=tables,
    inputs=tables,
    upstream=tables,
    outputs=st.lists(names, max_size=4).map(tuple),
    env=tables,
    params=st.dictionaries(names, scalars, max_size=4),
    seed=st.none() | st.integers(),
    environment=tables,
)
MAPPINGS = ("code", "inputs", "upstream", "env", "params", "environment")


def typed(value: object) -> object:
    """Equal only for equal values of equal types; Python itself holds 1, 1.0 and True equal."""
    if isinstance(value, Mapping):
        return {name: typed(item) for name, item in value.items()}
    return (type(value).__name__, repr(value))


def same(left: KeyInputs, right: KeyInputs) -> bool:
    return all(
        typed(getattr(left, item.name)) == typed(getattr(right, item.name))
        for item in dataclasses.fields(KeyInputs)
    )


def with_tables(inputs: KeyInputs, tables: dict[str, Any]) -> KeyInputs:
    return dataclasses.replace(inputs, **tables)


def base(**fields: Any) -> KeyInputs:
    return KeyInputs(
        **{
            "command": "python train.py --seed 42",
            "code": {"train.py": DIGESTS[0]},
            "inputs": {"data/raw.parquet": DIGESTS[0]},
            "environment": {"python": "CPython 3.11.7", "package numpy": "2.4.5"},
            "params": {"rate": 0.1},
            "seed": 42,
            **fields,
        }
    )


@settings(deadline=None)
@given(key_inputs, key_inputs)
def test_keys_are_equal_exactly_when_inputs_are(left: KeyInputs, right: KeyInputs) -> None:
    assert (cache_key(left) == cache_key(right)) == same(left, right)
    assert (changes(left, right) == ()) == same(left, right)


@settings(deadline=None)
@given(key_inputs)
def test_nothing_changed_against_itself_or_in_another_order(inputs: KeyInputs) -> None:
    reordered: dict[str, Any] = {
        name: dict(reversed(list(getattr(inputs, name).items()))) for name in MAPPINGS
    }
    reordered["outputs"] = tuple(reversed(inputs.outputs)) * 2
    turned = with_tables(inputs, reordered)
    assert cache_key(turned) == cache_key(inputs)
    assert changes(turned, inputs) == ()


@settings(deadline=None)
@given(key_inputs, st.sampled_from(MAPPINGS), names, st.text(max_size=12))
def test_a_single_change_changes_the_key_and_is_named(
    inputs: KeyInputs, table: str, name: str, value: str
) -> None:
    before = getattr(inputs, table)
    after = with_tables(inputs, {table: {**before, name: value}})
    if name in before and typed(before[name]) == typed(value):
        return
    assert cache_key(after) != cache_key(inputs)
    (line,) = changes(inputs, after)
    assert line.endswith(" added") if name not in before else " changed: " in line
    (back,) = changes(after, inputs)
    assert back.endswith(" removed") if name not in before else " changed: " in back


@settings(deadline=None)
@given(key_inputs, key_inputs)
def test_every_reason_is_one_printable_line_of_a_terminal(
    left: KeyInputs, right: KeyInputs
) -> None:
    for line in changes(left, right):
        assert line.isprintable()
        assert len(line) <= 80


@settings(deadline=None)
@given(key_inputs)
def test_json_gives_the_same_inputs_back(inputs: KeyInputs) -> None:
    text = inputs.to_json()
    assert text.isascii()
    assert json.loads(text)["format"] == 1
    assert same(KeyInputs.from_json(text), inputs)


@settings(deadline=None)
@given(st.text(min_size=1, max_size=400), st.text(max_size=400))
def test_a_changed_command_shows_two_different_texts(old: str, new: str) -> None:
    lines = changes(base(command=old), base(command=new))
    assert bool(lines) == (old != new)
    for line in lines:
        left, right = line.removeprefix("command changed: ").rsplit(" → ", 1)
        assert left != right or "→" in old + new


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"code": {"train.py": DIGESTS[1]}}, "code train.py changed: 3f2a1b2c → 91bc77aa"),
        (
            {"inputs": {"data/raw.parquet": DIGESTS[1]}},
            "input data/raw.parquet changed: 3f2a1b2c → 91bc77aa",
        ),
        ({"inputs": {}}, "input data/raw.parquet removed"),
        ({"upstream": {"data/f.parquet": DIGESTS[0]}}, "upstream data/f.parquet added"),
        (
            {"environment": {"python": "CPython 3.11.7", "package numpy": "2.4.6"}},
            "package numpy changed: 2.4.5 → 2.4.6",
        ),
        ({"seed": None}, "seed changed: 42 → null"),
        ({"seed": 43}, "seed changed: 42 → 43"),
        ({"params": {"rate": "0.1"}}, 'param rate changed: 0.1 → "0.1"'),
        ({"params": {"rate": 0.2}}, "param rate changed: 0.1 → 0.2"),
        ({"env": {"MODE": "fast"}}, "env MODE added"),
        ({"outputs": ("model.pkl",)}, "declared output model.pkl added"),
        ({"shell": "bash"}, "shell changed: /bin/sh → bash"),
    ],
)
def test_reasons_read_like_this(fields: dict[str, Any], line: str) -> None:
    assert changes(base(), base(**fields)) == (line,)


def test_the_most_telling_reason_comes_first() -> None:
    lines = changes(
        base(),
        base(
            environment={},
            command="x",
            code={"train.py": DIGESTS[1]},
            inputs={},
            upstream={"u": DIGESTS[0]},
        ),
    )
    firsts = [line.split()[0] for line in lines]
    assert firsts == ["code", "input", "upstream", "command", "package", "python"]


def test_a_long_command_shows_where_it_parts() -> None:
    head, tail = "python train.py --data data/features.parquet " * 3, " --verbose" * 20
    (line,) = changes(
        base(command=f"{head}--rate 0.1{tail}"), base(command=f"{head}--rate 0.25{tail}")
    )
    assert len(line) <= 80
    assert "0.1 " in line
    assert "0.25" in line


def test_a_text_that_only_grew_longer_is_told_by_its_length() -> None:
    (line,) = changes(base(command="a" * 100), base(command="a" * 101))
    assert line == "command changed: 100 → 101 characters"


def test_digests_with_the_same_beginning_show_where_they_part() -> None:
    (line,) = changes(base(code={"a": "0" * 64}), base(code={"a": "0" * 40 + "f" * 24}))
    assert "f" in line.removeprefix("code a changed: ")


def test_a_newline_is_shown_as_a_sign() -> None:
    (line,) = changes(base(command="a\nb"), base(command="a\nc"))
    assert line == "command changed: a⏎b → a⏎c"


def test_a_long_path_keeps_its_end() -> None:
    path = "deep/" * 40 + "model.pkl"
    (line,) = changes(base(code={path: DIGESTS[0]}), base(code={path: DIGESTS[1]}))
    assert len(line) <= 80
    assert "model.pkl changed: 3f2a1b2c" in line


def test_the_key_does_not_move_between_releases() -> None:
    assert cache_key(KeyInputs("true")) == (
        "41607eea593b36b570b704d0888b1f7e37e0ddd95cf21047a7c86706ccb994e1"
    )


def test_one_and_one_point_zero_and_true_differ() -> None:
    keys = {cache_key(base(params={"a": value})) for value in (1, 1.0, True, "1")}
    assert len(keys) == 4


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_param_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(KeyValueInvalid, match=r"^params\.rate: .*finite"):
        base(params={"rate": value})


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": 2, "command": "x"}', '{"format": 1, "cmd": "x"}']
)
def test_inputs_of_another_version_are_told_apart(text: str) -> None:
    with pytest.raises(KeyInputsUnreadable):
        KeyInputs.from_json(text)
