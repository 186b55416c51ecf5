"""Templates: values in text, as they are or quoted for the shell."""

import subprocess
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.spec import Day, ExpressionError, Template

NAMESPACE: dict[str, object] = {
    "ds": Day(date(2013, 7, 10)),
    "params": {"days": 7, "rate": 0.1, "tiny": 1e-05, "fast": True, "name": "a b", "none": None},
    "trigger": {"file": "x'; touch owned #.parquet"},
}


def render(text: str, quote: bool = True) -> str:
    return Template.parse(text).render(NAMESPACE, quote=quote)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("python fetch.py --since {{ds-7}} --until {{ds}}",
         "python fetch.py --since 2013-07-03 --until 2013-07-10"),
        ("{{ ds-params.days }}", "2013-07-03"),
        ("--rate={{params.rate}} {{ params.tiny }}", "--rate=0.1 1e-05"),
        ("{{params.fast}} {{not params.fast}}", "true false"),
        ("{{params.name}}", "'a b'"),
        ("'{{params.name}}' \"{{params.name}}\"", "'a b' \"a b\""),
        ("{{ '{{' }}", "'{{'"),
        ("{{ '}}' }}x", "'}}'x"),
        ("no places, {a} and }} are text", "no places, {a} and }} are text"),
        ("", ""),
        ("{{ 1 + 1 }}>out", "'2'>out"),
        ("{{\nparams.days\n}}", "7"),
        ("rm {{trigger.file}}", "rm 'x'\"'\"'; touch owned #.parquet'"),
    ],
)  # fmt: skip
def test_rendering(text: str, rendered: str) -> None:
    assert render(text) == rendered


def test_without_quoting_values_are_put_in_as_they_are() -> None:
    assert render("models/{{params.name}}-{{ds}}.pkl", quote=False) == "models/a b-2013-07-10.pkl"
    assert render("{{ '{{' }}ds{{ '}}' }}", quote=False) == "{{ds}}"


def test_names_of_all_places_are_known() -> None:
    template = Template.parse("{{ds-params.days}} '{{eval.passed}}' {{ 1 }}")
    assert template.names == {"ds", "params.days", "eval.passed"}


@pytest.mark.parametrize(
    ("text", "said", "position"),
    [
        ("run {{ds", "the '{{' at character 5 is not closed", 4),
        ("run {{ds}", "not closed", 4),
        ("run {{ 'a }}", "not closed", 4),
        ("run {{}}", "empty", 6),
        ("run {{ ds - }}", "ends too early", None),
        ("run {{ds}} {{ ds ! }}", "in the template '{{ ds ! }}'", 17),
        ('run {{"a": 1}}', "unexpected ':'", 9),
        ("{{{ds}}}", "unexpected '{'", 2),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(
    text: str, said: str, position: int | None
) -> None:
    with pytest.raises(ExpressionError) as caught:
        Template.parse(text)
    assert said in str(caught.value)
    if position is not None:
        assert caught.value.position == position


def test_braces_that_are_no_template_are_explained() -> None:
    with pytest.raises(ExpressionError) as caught:
        Template.parse('echo {{"a": 1}}')
    assert "literal braces are written {{ '{{' }}" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{params.none}}", "is null"),
        ("{{params.dys}}", "did you mean 'days'"),
        ("{{nul}}", "NUL byte"),
        ("{{half}}", "not valid Unicode"),
        ("cat <<EOF\n{{params.name}}\nEOF", "cannot be quoted safely here"),
    ],
)
def test_a_value_that_cannot_be_put_in_is_an_error(text: str, said: str) -> None:
    namespace = {**NAMESPACE, "nul": "a\0b", "half": "\ud800"}
    with pytest.raises(ExpressionError, match=said):
        Template.parse(text).render(namespace)


def test_plain_values_go_into_here_documents() -> None:
    assert render("cat <<EOF\n{{ds}}\nEOF") == "cat <<EOF\n2013-07-10\nEOF"


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=80)


@settings(deadline=None, max_examples=40)
@given(words | st.text("$()`'\"\\ \n;&|<>*?~#{}!", max_size=30))
def test_any_text_goes_through_a_real_shell_unchanged(word: str) -> None:
    template = Template.parse("printf %s {{v}}; printf '\\0'; printf %s --x=\"{{v}}\"'{{v}}'")
    done = subprocess.run(
        ["/bin/sh", "-ec", template.render({"v": word})],
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert done.stdout.decode() == f"{word}\0--x={word}{word}"


@given(words)
def test_text_goes_through_a_place_without_quoting_unchanged(word: str) -> None:
    assert Template.parse("a{{v}}b").render({"v": word}, quote=False) == f"a{word}b"


@given(st.text("{}'\" ds-7.\n!", max_size=40))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    try:
        template = Template.parse(text)
    except ExpressionError:
        return
    assert "".join(part if isinstance(part, str) else "" for part in template.parts) in text or (
        len(template.parts) > 1
    )


LISTED: dict[str, object] = {
    "trigger": {"files": ["a b", "c'd", ";rm", 7]},
    "none": [],
    "nested": [["x"]],
    "v": 1,
}


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("cat {{trigger.files}}", "cat 'a b' 'c'\"'\"'d' ';rm' 7"),
        ("for f in {{trigger.files}}; do x; done",
         "for f in 'a b' 'c'\"'\"'d' ';rm' 7; do x; done"),
        ("$(ls {{ trigger.files }})", "$(ls 'a b' 'c'\"'\"'d' ';rm' 7)"),
        ("x {{none}} y", "x  y"),
        ("{{ [1, 2] }}", "1 2"),
    ],
)  # fmt: skip
def test_a_list_is_a_word_for_each_member(text: str, rendered: str) -> None:
    assert Template.parse(text).render(LISTED) == rendered


@pytest.mark.parametrize(
    "text",
    [
        "--x={{trigger.files}}",
        "x={{trigger.files}}",
        "{{trigger.files}}.csv",
        "{{v}}{{trigger.files}}",
        "'{{trigger.files}}'",
        '"a {{trigger.files}} b"',
        "`ls {{trigger.files}}`",
        "ls > {{trigger.files}}",
        "ls {{trigger.files}}>x",
        "cat <<EOF\n{{trigger.files}}\nEOF",
        "# {{trigger.files}}",
        "ls {{nested}}",
    ],
)
def test_a_list_that_is_no_word_of_its_own_is_an_error(text: str) -> None:
    with pytest.raises(ExpressionError, match="as a word of its own"):
        Template.parse(text).render(LISTED)


def test_a_list_that_is_all_of_a_text_is_a_text_for_each_member() -> None:
    assert Template.parse("{{trigger.files}}").each(LISTED) == ("a b", "c'd", ";rm", "7")
    assert Template.parse("{{none}}").each(LISTED) == ()
    assert Template.parse("a{{v}}b").each(LISTED) == ("a1b",)
    for text in ("data/{{trigger.files}}", "{{nested}}"):
        with pytest.raises(ExpressionError, match="is all of an input"):
            Template.parse(text).each(LISTED)


@settings(deadline=None, max_examples=30)
@given(st.lists(words | st.text("$()`'\"\\ \n;&|<>*?~#{}!", max_size=30), min_size=1, max_size=5))
def test_any_list_goes_through_a_real_shell_unchanged(members: list[str]) -> None:
    template = Template.parse(
        "printf '%s\\0' {{v}}; for w in {{v}}; do printf '%s\\0' \"$w\"; done"
    )
    done = subprocess.run(
        ["/bin/sh", "-ec", template.render({"v": members})],
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert done.stdout.decode().split("\0") == [*members, *members, ""]
