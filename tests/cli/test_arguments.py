"""From words to arguments."""

import pytest

from tests.cli.conftest import Trainauto
from trainauto_tui.cli.arguments import build, first_word, module_of, parse
from trainauto_tui.cli.catalogue import VERBS


@pytest.mark.parametrize(
    "words",
    [
        ["--home", "/h", "--json", "--no-start", "show", "r"],
        ["show", "r", "--home", "/h", "--json", "--no-start"],
        ["--json", "show", "--home=/h", "r", "--no-start"],
    ],
)
def test_common_options_stand_before_the_verb_or_after_it(words: list[str]) -> None:
    arguments = parse(words)
    assert (arguments.verb, arguments.run) == ("show", "r")
    assert (arguments.home, arguments.json, arguments.no_start) == ("/h", True, True)


def test_common_options_have_defaults() -> None:
    arguments = parse(["status"])
    assert (arguments.home, arguments.json, arguments.no_start) == (None, False, False)


def test_an_option_value_is_not_taken_for_the_verb() -> None:
    assert first_word(["--home", "run", "--json", "status"]) == "status"
    assert first_word(["--home=run"]) is None


def test_an_unknown_verb_suggests_the_one_meant(trainauto: Trainauto) -> None:
    outcome = trainauto("statsu")
    assert outcome.code == 2
    assert "did you mean 'status'?" in outcome.err
    assert outcome.out == ""


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["show"],
        ["show", "r", "--nonsense"],
        ["runs", "--limit", "0"],
        ["runs", "--limit", "x"],
        ["runs", "--status", "happy"],
        ["daemon"],
        ["daemon", "dance"],
        ["completion", "fish"],
        ["logs", "r", "--attempt", "1"],
        ["logs", "r", "-f", "--json"],
        ["logs", "r", "--tail", "-1"],
        ["run", "nightly", "--param", "days"],
        ["run", "nightly", "--param", "=7"],
    ],
)
def test_a_wrong_command_line_exits_with_two_and_says_why(
    trainauto: Trainauto, words: list[str]
) -> None:
    outcome = trainauto(*words)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err


def test_the_help_lists_every_verb_in_groups(trainauto: Trainauto) -> None:
    outcome = trainauto("--help")
    assert outcome.code == 0
    for verb in VERBS.values():
        assert f"  {verb.name}" in outcome.out
        assert verb.summary in outcome.out
    for title in ("Pipelines:", "Runs:", "Models:", "Daemon:", "Exit codes:"):
        assert title in outcome.out
    assert max(map(len, outcome.lines)) <= 100


@pytest.mark.parametrize("name", VERBS)
def test_the_help_of_a_verb_has_an_example_of_it(trainauto: Trainauto, name: str) -> None:
    outcome = trainauto(name, "--help")
    assert outcome.code == 0
    assert f"trainauto {name}" in outcome.out.partition("example:")[2]


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_its_two_functions(name: str) -> None:
    module = module_of(VERBS[name])
    assert callable(getattr(module, f"configure_{VERBS[name].suffix}"))
    assert callable(getattr(module, f"execute_{VERBS[name].suffix}"))


@pytest.mark.parametrize("name", [name for name in VERBS if name != "completion"])
def test_every_example_parses(name: str) -> None:
    for line in VERBS[name].example.splitlines():
        command = line.partition("|")[0].partition(">")[0].split()
        assert parse(command[1:]).verb == name


def test_a_parser_of_all_verbs_can_be_built_for_completion() -> None:
    assert build(VERBS.values()).parse_args(["retry", "r", "--detach"]).detach is True


def test_the_version_is_printed(trainauto: Trainauto) -> None:
    from trainautod import __version__

    assert trainauto("--version").out == f"trainauto {__version__}\n"
