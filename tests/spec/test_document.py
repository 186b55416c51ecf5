"""YAML 1.2 as a tree: scalars, places, bounds, and text that is not YAML."""

import time

import pytest

from trainautod.spec.document import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_LINE,
    MAX_NODES,
    Mapping,
    Plain,
    Scalar,
    data,
    read,
)
from trainautod.spec.errors import Problem, SpecInvalid


def tree(text: str | bytes) -> Mapping:
    root, problems = read(text, "a.yaml")
    assert problems == []
    return root


def values(text: str | bytes) -> object:
    """The data with plain scalars as their values."""

    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return value.value if isinstance(value, Plain) else value

    return plain(data(tree(text)))


def refused(text: str | bytes) -> Problem:
    with pytest.raises(SpecInvalid) as caught:
        read(text, "a.yaml")
    (problem,) = caught.value.problems
    return problem


def reported(text: str) -> list[Problem]:
    return read(text, "a.yaml")[1]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("Off", "Off"), ("y", "y"),
        ("true", True), ("False", False),
        ("null", None), ("~", None), ("", None),
        ("12", 12), ("-3", -3), ("012", 12), ("0o17", 15), ("0xff", 255), ("1_000", "1_000"),
        ("0b11", "0b11"), ("12:30", "12:30"), ("2013-07-10", "2013-07-10"),
        ("3.10", 3.1), ("1e3", 1000.0), (".5", 0.5), ("-.inf", float("-inf")), ("1.", 1.0),
        ("'12'", "12"), ('"true"', "true"), ("!!str 12", "12"), ("9" * 60, "9" * 60),
        ("1.2.3", "1.2.3"), ("-", None),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(scalar: str, value: object) -> None:
    if scalar == "-":
        assert values("a: -x") == {"a": "-x"}
    else:
        assert values(f"a: {scalar}") == {"a": value}


def test_not_a_number_is_read_as_such() -> None:
    (value,) = [entry.value for entry in tree("a: .nan").entries]
    assert isinstance(value, Scalar)
    assert isinstance(value.value, float)
    assert value.value != value.value


def test_a_number_keeps_the_text_it_was_written_as() -> None:
    assert data(tree("python: 3.10")) == {"python": Plain("3.10", 3.1)}


def test_every_node_knows_its_line_and_column() -> None:
    root = tree("# c\na: 1\nb:\n  - x\n  - y: 2\n")
    (a, b) = root.entries
    assert (a.line, a.column, a.value.line, a.value.column) == (2, 1, 2, 4)
    items = b.value.items  # type: ignore[union-attr]
    assert [(item.line, item.column) for item in items] == [(4, 5), (5, 5)]


def test_a_byte_order_mark_and_windows_lines_are_fine() -> None:
    assert values(b"\xef\xbb\xbfa: 1\r\nb: x\r\n") == {"a": 1, "b": "x"}


def test_anchors_aliases_and_merges_expand() -> None:
    text = "base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nlist: [*b, *b]\nboth: {<<: [*b, {z: 4}]}"
    assert values(text) == {
        "base": {"x": 1, "y": 2},
        "use": {"y": 3, "x": 1},
        "list": [{"x": 1, "y": 2}] * 2,
        "both": {"x": 1, "y": 2, "z": 4},
    }


def test_a_quoted_merge_sign_is_an_ordinary_key() -> None:
    assert values("'<<': 1") == {"<<": 1}


@pytest.mark.parametrize(
    ("written", "cron"),
    [
        ("schedule: * * * * *", "* * * * *"),
        ("schedule: */5 2 * * mon-fri  # often", "*/5 2 * * mon-fri"),
        ("schedule:\n  - {cron: * 2 * * *, timezone: UTC}", "* 2 * * *"),
        ("schedule:\n  - */15 * * * *", "*/15 * * * *"),
    ],
)
def test_cron_text_without_quotes_is_named_with_them(written: str, cron: str) -> None:
    problem = refused(f"# nightly\n{written}\nsteps: []\n")
    assert problem.line == 2 + written.count("\n")
    assert problem.message == "YAML does not read a value that begins with * as text"
    assert problem.hint == f"quote it: '{cron}'"


def test_a_key_that_is_there_twice_is_reported_with_both_lines() -> None:
    (problem,) = reported("a: 1\nb: 2\na: 3\n")
    assert problem.line == 3
    assert problem.message == "the key 'a' is here twice, first on line 1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: {{x}}", "YAML takes {{ … }} for a mapping"),
        ("a: [{{ x }}, 2]", "YAML takes {{ … }} for a mapping"),
        ("a: {{x}: 1, y: 2}", "a key must be a word"),
        ("? [a]\n: 1", "a key must be a word"),
        ("a: !!python/object:x y", "the tag 'tag:yaml.org,2002:python/object:x' is not supported"),
        ("a: !custom y", "the tag '!custom' is not supported"),
        ('a: "\\0"', "NUL byte"),
        ('a: "\\ud800"', "half a character"),
        ("a:\n  <<: 3", "'<<' merges mappings only"),
    ],
)
def test_what_does_not_stop_the_reading_is_reported(text: str, said: str) -> None:
    assert said in reported(text)[0].message


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the file is empty"),
        ("# only a comment\n", 1, "the file is empty"),
        ("null", 1, "the file is empty"),
        ("- a\n- b\n", 1, "the file holds a list"),
        ("\njust words\n", 2, "the file holds text"),
        ("a: 1\n---\nb: 2\n", 2, "a second one"),
        ("%YAML 1.1\n---\na: 1\n", 2, "YAML 1.2"),
        ("a: 1\n\tb: 2\n", 2, "tabs"),
        ("a:\n\t- b\n", 2, "tabs"),
        ("a: 'x\nb: y\n", 1, "not closed"),
        ("a: [1, 2\n", 2, "not valid YAML"),
        ("a: b: c\n", 1, "quote a value that has ': '"),
        ("a:\n  - x\n b: y\n", 3, "check the indentation"),
        ("a: @x\n", 1, "begins with @"),
        ("a: *x\n", 1, "has no anchor"),
        ("a: &x [*x]\n", 1, "stands inside of itself"),
        ("*x", 1, "an alias cannot be the whole document|no anchor"),
        ("a: \x01\n", 1, "U+0001 is not allowed"),
        (b"a: 1\nb: \xff\n", 2, "not UTF-8"),
        ("a: 1\x00", 1, "U+0000 is not allowed"),
        ("a: \ud800", 1, "not valid|not allowed|not UTF-8"),
    ],
)
def test_what_is_not_one_mapping_is_refused_at_its_line(
    text: str | bytes, line: int, said: str
) -> None:
    problem = refused(text)
    assert problem.line == line
    assert any(each in f"{problem.message}: {problem.hint}" for each in said.split("|"))


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "aliases expanded"),
        ("a: &a {x: 1}\n" + "".join(
            f"b{i}: &b{i} {{<<: [{', '.join([f'*b{i - 1}' if i else '*a'] * 9)}], l: *a}}\n"
            for i in range(9)
        ), None),
        ("a: " + "[" * 100_000, "longer than|nested deeper"),
        ("\n".join("  " * i + "a:" for i in range(60)), f"deeper than {MAX_DEPTH} levels"),
        ("a: [" + "x," * 10_000 + "]", None),
        ("- 1\n" * (MAX_NODES + 10), f"more than {MAX_NODES:,} values"),
        ("a: " + "x" * (MAX_LINE + 1), "longer than"),
        ("#" * MAX_BYTES + "\n", "larger than 1 MiB"),
        ("a: |\n" + "  x\n" * (MAX_BYTES // 4), "larger than 1 MiB"),
    ],
    ids=["aliases", "merges", "brackets", "blocks", "long list", "many", "line", "comment", "text"],
)  # fmt: skip
def test_bombs_are_refused_soon(text: str, said: str | None) -> None:
    started = time.process_time()
    if said is None:
        tree(text)
    else:
        assert any(each in refused(text).message for each in said.split("|"))
    assert time.process_time() - started < 10  # seconds; the slowest takes about 3 here


def test_the_alias_bomb_is_a_few_hundred_bytes() -> None:
    assert len(BOMB) < 500


def test_the_unquoted_action_of_a_policy_is_read_like_the_quoted_one() -> None:
    quoted = values("on: x\nthen: 'run pipeline: again'  # now\n")
    assert values("on: x\nthen: run pipeline: again  # now\n") == quoted
    assert values("on: x\r\nthen: run pipeline: again\r\n") == quoted


@pytest.mark.parametrize(
    "text", ["then: run pipeline: a b\n", "a:\n  then: run pipeline: x\n", "when: run pipeline: x"]
)
def test_no_other_broken_line_is_mended(text: str) -> None:
    assert "mapping values" in refused(text).message


def test_an_action_inside_of_a_text_is_left_alone() -> None:
    text = "a: |\n  then: run pipeline: x\n"
    assert values(text) == {"a": "then: run pipeline: x\n"}
