import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.commands import COMMANDS, in_scopes
from trainauto_tui.palette import find, narrowed, parsed, word


@pytest.mark.parametrize(
    ("line", "name", "argument"),
    [
        ("", "", None),
        ("zoom", "zoom", None),
        (" Run ", "run", ""),
        ("run 3f2a ", "run", "3f2a"),
        ("theme high contrast", "theme", "high contrast"),
    ],
)
def test_a_line_is_a_name_and_perhaps_an_argument(
    line: str, name: str, argument: str | None
) -> None:
    assert parsed(line) == (name, argument)


def test_the_whole_word_comes_first_then_its_beginning() -> None:
    found = [hit.command.name for hit in find(in_scopes(["runs"]), "run")]
    assert found[:2] == ["open_run", "go.runs"]


def test_letters_in_order_are_enough() -> None:
    assert "palette" in [hit.command.id for hit in find(COMMANDS, "cmd")]


def test_what_only_the_help_says_is_found_too() -> None:
    assert "zoom" in [hit.command.id for hit in find(COMMANDS, "pane")]


def test_an_argument_means_a_command_that_takes_one() -> None:
    found = [hit.command.id for hit in find(COMMANDS, "trace 3f2a")]
    assert found[0] == "open_lineage"
    assert all(hit.command.takes for hit in find(COMMANDS, "run x"))


def test_nothing_is_found_for_what_nothing_is_called() -> None:
    assert find(COMMANDS, "xyzzy") == []


@given(st.sampled_from(COMMANDS))
def test_every_command_is_found_first_by_its_own_word(command: object) -> None:
    assert command in [hit.command for hit in find(COMMANDS, word(command)) if not hit.distance]  # type: ignore[arg-type]


def test_choices_that_begin_so_come_before_those_that_hold_it() -> None:
    assert narrowed(["nightly", "flights-nightly", "hello", "NIGHT"], "night") == [
        "nightly",
        "NIGHT",
        "flights-nightly",
    ]
