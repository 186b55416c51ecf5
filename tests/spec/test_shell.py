"""Quoting: whatever the place, the shell reads a value as exactly its characters."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.spec import ExpressionError
from trainautod.spec.shell import MARK, Context, contexts, quoted

SH = "/bin/sh"
NASTY = "a b'c\"d$(echo run)`echo run`\\e\n;&|<>*?~#{}![x]=%"


def _places(command: str) -> list[str]:
    return [context.value for context in contexts(command.replace("@", MARK))]


def _run(command: str, value: str) -> str:
    """What `sh` prints for a command whose `@` is the value, quoted for its place."""
    marked = command.replace("@", MARK)
    for context in contexts(marked):
        marked = marked.replace(MARK, quoted(value, context), 1)
    done = subprocess.run(["sh", "-ec", marked], capture_output=True, check=True, timeout=20)
    return done.stdout.decode()


@pytest.mark.parametrize(
    ("command", "places"),
    [
        ("run @ --x=@", ["bare", "bare"]),
        ("run '@' \"@\" @", ["single", "double", "bare"]),
        ("run \"a 'b @'\"", ["double"]),
        ("run 'it'\\''s' @", ["bare"]),
        ("run \\\" @", ["bare"]),
        ("run \"$(cat @)\" @", ["bare", "bare"]),
        ("run \"$(cat \"@\")\" \"@\"", ["double", "double"]),
        ("run $(echo (@) ) @", ["bare", "bare"]),
        ("run <<<@", ["bare"]),
        ("grep 'a$' @", ["bare"]),
        ("a#b @", ["bare"]),
    ],
)  # fmt: skip
def test_quotes_around_a_place_are_seen(command: str, places: list[str]) -> None:
    assert _places(command) == places


@pytest.mark.parametrize(
    "command",
    [
        "run `cat @`",
        "run ${x:-@}",
        "run \"${x:-@}\"",
        "run $((1 + @))",
        "run # don't @",
        "run $@",
        "run \"$@\"",
        "run \\@",
        "run \"\\@\"",
        "run $'a @'",
        "cat <<EOF\n@\nEOF",
        "cat <<@",
        "x=$(case $y in a) echo @;; esac)",
        "run ${x:-\"}\"} @",
    ],
)  # fmt: skip
def test_places_that_no_quoting_is_safe_in_are_opaque(command: str) -> None:
    assert set(_places(command)) == {"opaque"}


def test_an_opaque_place_takes_plain_values_only() -> None:
    assert quoted("2013-07-10", Context.OPAQUE) == "2013-07-10"
    assert quoted("", Context.OPAQUE) == ""
    with pytest.raises(ExpressionError, match="cannot be quoted safely here"):
        quoted("a b", Context.OPAQUE)


def test_plain_values_stay_as_they_are_in_bare_places() -> None:
    assert quoted("data/raw-7.parquet", Context.BARE) == "data/raw-7.parquet"
    assert quoted("", Context.BARE) == "''"


COMMANDS = [
    "printf %s @",
    "printf %s '@'",
    'printf %s "@"',
    "printf '%s' \"$(printf %s @)\"",
    "printf '%s' \"$(printf %s \"@\")\"",
    "printf '%s' \"$(printf %s '@')\"",
    "(printf %s @)",
    "x=@; printf %s \"$x\"",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_nasty_value_arrives_unchanged(command: str) -> None:
    assert _run(command, NASTY) == NASTY


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=60)
shell_text = st.text("ab '\"$()`\\\n;&|<>*?~#{}!-", max_size=30)


@settings(deadline=None, max_examples=40)
@given(shell_text | text)
def test_any_text_arrives_unchanged_in_every_place(value: str) -> None:
    value = value.rstrip("\n")  # command substitution drops these, whoever quotes
    script = "; printf '\\0'; ".join(COMMANDS)
    assert _run(script, value) == "\0".join([value] * len(COMMANDS))


@given(st.text("ab'\"$(){}`\\\n<#@ ", max_size=60))
def test_every_place_of_any_command_has_a_context(command: str) -> None:
    assert len(_places(command)) == command.count("@")


@settings(deadline=None, max_examples=60)
@given(st.text("ab'\"$(){}`\\\n<# =", max_size=14), st.text("ab'\"$(){}`\\\n<# =", max_size=14))
def test_no_command_lets_a_value_run(before: str, after: str) -> None:
    """Whatever surrounds it, a value never becomes a command of its own."""
    value = "'\";`touch ran`$(touch ran)\ntouch ran\n"
    marked = f"{before}{MARK}{after}"
    try:
        command = marked.replace(MARK, quoted(value, contexts(marked)[0]))
    except ExpressionError:
        return
    script = f"touch() {{ printf RAN; }}\n{command}"
    done = subprocess.run(
        [SH, "-c", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=20,
        env={"PATH": "/nonexistent"},
    )
    assert b"RAN" not in done.stdout
