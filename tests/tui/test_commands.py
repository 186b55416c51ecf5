import ast
import subprocess
import sys
from collections import Counter
from importlib import import_module

import pytest

from trainauto_tui.commands import COMMANDS, DESTINATIONS, in_scopes, key_name, own

SCREENS = ["pipelines", "runs", "run"]


def test_each_command_has_one_meaning() -> None:
    assert max(Counter((one.id, one.argument) for one in COMMANDS).values()) == 1
    assert all(one.help.endswith(".") and one.label for one in COMMANDS)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("pane", ["list", "log"])
def test_no_key_has_two_meanings_in_one_place(screen: str, pane: str) -> None:
    keys = Counter(key for one in in_scopes([screen, pane]) for key in one.keys)
    assert max(keys.values()) == 1


def test_upper_case_changes_and_lower_case_looks() -> None:
    for command in COMMANDS:
        if command.changes:
            assert all(key.isupper() for key in command.keys)
        else:
            assert command.id == "bottom" or not any(key.isupper() for key in command.keys)


def test_keys_of_multiplexers_and_flow_control_are_left_alone() -> None:
    taken = {"ctrl+a", "ctrl+b", "ctrl+s", "ctrl+q", "ctrl+g"}
    assert not taken & {key for one in COMMANDS for key in one.keys}


def test_a_scope_has_its_own_commands() -> None:
    assert {one.id for one in own("pipelines")} == {"trigger"}
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


def test_every_action_of_the_table_exists() -> None:
    from trainauto_tui.screens.pipelines import PipelinesScreen
    from trainauto_tui.screens.run import RunScreen
    from trainauto_tui.screens.runs import RunsScreen
    from trainauto_tui.shell import TrainautoApp
    from trainauto_tui.widgets.live_rows import LiveRows
    from trainauto_tui.widgets.log_view import LogView

    owners: dict[str, type] = {
        "pipelines": PipelinesScreen,
        "runs": RunsScreen,
        "run": RunScreen,
        "list": LiveRows,
        "log": LogView,
    }
    for command in COMMANDS:
        homes = [owners[scope] for scope in command.screens] or [TrainautoApp]
        assert all(hasattr(home, f"action_{command.id}") for home in homes), command.id


@pytest.mark.parametrize("module", ["trainauto_tui.commands", "trainauto_tui.app"])
def test_the_table_and_the_options_do_not_load_textual(module: str) -> None:
    code = f"import sys, {module}; print(sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"textual", "rich", "pandas", "pydantic"} & set(ast.literal_eval(done.stdout))
