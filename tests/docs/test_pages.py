"""The support itself: what it finds in a page."""

from pathlib import Path

from tests.docs.pages import DOCS, ROOT, anchors, blocks, commands, files, pages, prose


def test_blocks_have_their_line_language_and_what_precedes_them(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("one\n\n```yaml wrong\na: 1\n```\n\n```\nplain\n```\n")
    first, second = blocks(page)
    assert (first.line, first.info, first.text) == (3, ("yaml", "wrong"), "a: 1\n")
    assert first.before == "one\n\n"
    assert (second.language, second.text) == ("", "plain\n")
    assert blocks(page, "yaml") == [first]
    assert "a: 1" not in prose(page)


def test_commands_are_split_as_a_shell_does() -> None:
    text = (
        "cd here && trainauto run 'a b' \\\n  --detach   # comment\ntrainauto runs | head > out\n"
    )
    assert list(commands(text)) == [
        ["cd", "here"],
        ["trainauto", "run", "a b", "--detach"],
        ["trainauto", "runs"],
        ["head", ">", "out"],
    ]
    assert next(commands('eval "$(trainauto completion bash)"')) == [
        "trainauto", "completion", "bash",
    ]  # fmt: skip


def test_anchors_are_those_of_github(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# The machine: config.toml\n\n## Runs\n\n## Runs\n\n```sh\n# no heading\n```\n"
    )
    assert anchors(page) == {"the-machine-configtoml", "runs", "runs-1"}


def test_the_pages_are_found_and_nothing_that_tools_made() -> None:
    found = pages()
    assert {ROOT / "README.md", DOCS / "cli.md", DOCS / "pipelines.md"} <= set(found)
    assert not [path for path in files() if ".venv" in path.parts]
