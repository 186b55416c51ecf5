"""The generated parts: up to date, complete, and put in without touching the rest."""

import re
from pathlib import Path

import pytest

from docs import generate
from tests.docs.pages import DOCS
from trainauto_tui.cli.arguments import EVERYWHERE
from trainauto_tui.cli.catalogue import VERBS
from trainauto_tui.commands import COMMANDS, DESTINATIONS, key_name
from trainautod.api.app import ENDPOINTS


@pytest.mark.parametrize("page", generate.pages(), ids=lambda page: page.name)
def test_a_page_says_what_the_code_says(page: Path) -> None:
    stale = f"docs/{page.name} is not what the code says; write it anew with: make docs"
    assert page.read_text("utf-8") == generate.generated(page), stale


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_a_section_with_usage_example_and_json(verb: str) -> None:
    text = (DOCS / "cli.md").read_text("utf-8")
    section = re.search(
        rf"^### trainauto {verb}\n(.*?)(?=^##|^<!-- end)", text, re.MULTILINE | re.DOTALL
    )
    assert section is not None
    assert f"```text\ntrainauto {verb}" in section[1]
    assert f"```sh\n{VERBS[verb].example}\n```" in section[1]
    assert "`--json`: " in section[1]


def test_no_json_is_described_for_a_verb_that_does_not_exist() -> None:
    assert set(generate.JSON) == set(VERBS)


def test_the_options_of_every_verb_are_in_the_head() -> None:
    head = (DOCS / "cli.md").read_text("utf-8").partition("## JSON")[0]
    for option, _ in EVERYWHERE:
        assert f"`{option}`" in head


def test_each_command_of_the_table_is_on_the_page_of_keys() -> None:
    text = (DOCS / "tui.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    for one in COMMANDS:
        row = next((row for row in rows if row.endswith(f"| {one.help} | `{one.name}` |")), "")
        assert f"| {one.label} |" in row, one.id
        assert all(f"`{key_name(key)}`" in row for key in one.keys), one.id


def test_each_screen_is_on_the_page_of_the_terminal_ui() -> None:
    text = (DOCS / "tui.md").read_text("utf-8")
    for to in DESTINATIONS:
        assert f"\n| `{to.key}` {to.id} |" in text
    for name in ("run", "step"):
        assert f"\n| {name} |" in text


def test_each_route_is_on_the_page_of_the_api() -> None:
    text = (DOCS / "api.md").read_text("utf-8")
    for one in ENDPOINTS:
        assert f"| `{one.method} {one.path}` |" in text


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    page = "head\n<!-- begin x: written by make docs -->\nold\n<!-- end x -->\ntail\n"
    done = generate.filled(page, "x", r"new \1")
    assert done.startswith("head\n<!-- begin x")
    assert r"new \1" in done
    assert "old" not in done
    assert done.endswith("<!-- end x -->\ntail\n")
    assert generate.filled(done, "x", r"new \1") == done


@pytest.mark.parametrize("page", ["", "<!-- begin x: written by make docs -->\n"])
def test_a_page_without_its_markers_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="'x'"):
        generate.filled(page, "x", "text")


def test_a_table_keeps_its_columns_whatever_is_in_a_cell() -> None:
    made = generate.table(("a", "b"), [("FILE|NAME", "x")])
    assert made.splitlines()[-1] == "| FILE\\|NAME | x |"
    assert generate.table(("a", "b"), []) == ""
