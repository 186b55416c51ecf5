from pathlib import Path

import pytest

from trainauto_tui.configuration import config_directory
from trainauto_tui.errors import Invalid
from trainauto_tui.settings import Settings, load


def written(folder: Path, text: str) -> Path:
    file = folder / "tui.toml"
    file.write_text(text)
    return file


def test_everything_can_be_set(tmp_path: Path) -> None:
    text = """
theme = "contrast"
mouse = false
ascii = true
slow = true
read_only = true
clipboard = "file"
[keys]
zoom = "f2"
down = ["n", "down"]
next_match = "ctrl+n"
go.runs = "f3"
"""
    found = load(written(tmp_path, text))
    assert (found.theme, found.mouse, found.ascii, found.slow) == ("contrast", False, True, True)
    assert (found.read_only, found.clipboard) == (True, "file")
    assert found.keymap.keys == {
        "zoom": ("f2",),
        "down": ("n", "down"),
        "next_match": ("ctrl+n",),
        "go.runs": ("f3",),
    }


def test_without_a_file_all_is_as_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load() == Settings()
    assert config_directory() == tmp_path / "trainauto"


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no such file"):
        load(tmp_path / "none.toml")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = """
tehme = "dark"
theme = "lihgt"
mouse = "no"
clipboard = "x11"
[keys]
zom = "x"
cancel = "T"
retry = 3
quit = "Ctrl-Q"
help = "z9"
"""
    with pytest.raises(Invalid) as told:
        load(written(tmp_path, text))
    assert told.value.problems == (
        "unknown key 'tehme': did you mean 'theme'?",
        "mouse: 'no' is not true or false",
        "clipboard: 'x11' is none of terminal, file",
        "theme: 'lihgt' is none of dark, light, ansi, contrast, nor one of Textual's",
        "[keys] retry: 3 is neither a key nor a list of keys",
        "[keys] quit: 'Ctrl-Q' is no name of a key; write it like x, ctrl+x, f2 or pagedown",
        "[keys] help: 'z9' is no name of a key; write it like x, ctrl+x, f2 or pagedown",
        "[keys] zom: no command is called so; did you mean zoom?",
        "[keys] 'T' would mean both trigger and cancel (runs)",
    )


@pytest.mark.parametrize("key", ["x", "f12", "ctrl+x", "question_mark", "+", "insert", "ß"])
def test_a_key_may_have_any_name_that_a_terminal_sends(tmp_path: Path, key: str) -> None:
    found = load(written(tmp_path, f'theme = "nord"\n[keys]\nzoom = "{key}"\n'))
    assert found.keymap.keys == {"zoom": (key,)}


@pytest.mark.parametrize("text", ["theme = ", "keys = 3\n", "\xff"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tui.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(Invalid, match=r"tui\.toml"):
        load(file)
