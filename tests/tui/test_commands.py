import ast
import subprocess
import sys
from collections import Counter
from importlib import import_module

import pytest

from trainauto_tui.commands import COMMANDS, DESTINATIONS, Command, in_scopes, key_name, own
from trainauto_tui.keymap import PANES

PLACES = [(screen, pane) for screen, panes in PANES.items() for pane in panes]


def test_each_command_has_one_meaning() -> None:
    assert max(Counter(one.name for one in COMMANDS).values()) == 1
    assert all(one.help.endswith(".") and one.label for one in COMMANDS)


def test_each_command_fits_a_line_of_the_help_at_80_columns() -> None:
    from trainauto_tui.screens.help import line

    assert [line(one) for one in COMMANDS if len(line(one)) > 73] == []


@pytest.mark.parametrize(("screen", "pane"), PLACES)
def test_no_key_has_two_meanings_in_one_place(screen: str, pane: str) -> None:
    keys = Counter(key for one in in_scopes([screen, pane]) for key in one.keys)
    assert max(keys.values()) == 1


def test_every_scope_is_a_screen_or_a_pane() -> None:
    panes = {pane for held in PANES.values() for pane in held}
    assert {scope for one in COMMANDS for scope in one.screens} <= {*PANES, *panes}
    assert {one.id for one in DESTINATIONS} <= set(PANES)


def test_upper_case_changes_and_lower_case_looks() -> None:
    moves = {"bottom", "previous_match"}  # as in less and vim
    for command in COMMANDS:
        letters = [key for key in command.keys if len(key) == 1 and key.isalpha()]
        if command.changes or command.local:
            assert all(key.isupper() for key in letters), command.id
        elif command.id not in moves:
            assert not any(key.isupper() for key in letters), command.id


def test_keys_of_multiplexers_and_flow_control_are_left_alone() -> None:
    taken = {"ctrl+a", "ctrl+b", "ctrl+s", "ctrl+q", "ctrl+g"}
    assert not taken & {key for one in COMMANDS for key in one.keys}


def test_a_scope_has_its_own_commands() -> None:
    assert {one.id for one in own("pipelines")} == {"trigger", "add_pipeline", "remove_pipeline"}
    assert "quit" in {one.id for one in own("")}


@pytest.mark.parametrize("to", DESTINATIONS, ids=lambda to: to.id)
def test_every_destination_has_its_screen(to: object) -> None:
    for one in DESTINATIONS:
        assert hasattr(import_module(one.module), one.screen)


@pytest.mark.parametrize(
    ("key", "name"), [("enter", "Enter"), ("ctrl+p", "^p"), ("T", "T"), ("pagedown", "PgDn")]
)
def test_keys_are_named_as_people_write_them(key: str, name: str) -> None:
    assert key_name(key) == name


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.name)
def test_every_command_is_carried_out_where_it_is_at_home(command: Command) -> None:
    owners: dict[str, tuple[str, str]] = {
        "run": ("screens.run", "RunScreen"),
        "step": ("screens.step", "StepScreen"),
        "list": ("widgets.live_rows", "LiveRows"),
        "boxes": ("widgets.boxes_view", "BoxesView"),
        "log": ("widgets.log_view", "LogView"),
        "text": ("widgets.text_pane", "TextPane"),
        "": ("shell", "TrainautoApp"),
        **{to.id: (to.module.removeprefix("trainauto_tui."), to.screen) for to in DESTINATIONS},
    }
    for scope in command.screens or ("",):
        module, name = owners[scope]
        owner = getattr(import_module(f"trainauto_tui.{module}"), name)
        assert hasattr(owner, f"action_{command.id}"), f"{name} cannot {command.id}"


@pytest.mark.parametrize(
    "module", ["trainauto_tui.commands", "trainauto_tui.app", "trainauto_tui.settings"]
)
def test_the_table_and_the_options_do_not_load_textual(module: str) -> None:
    code = f"import sys, {module}; print(sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"textual", "rich", "pandas", "pydantic"} & set(ast.literal_eval(done.stdout))
