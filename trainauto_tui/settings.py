"""What a reader sets once: ``tui.toml`` in the configuration directory.

Standard library only: a mistake in it should be told before anything of Textual is loaded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unicodedata import lookup

from trainauto_tui.configuration import config_directory
from trainauto_tui.errors import Invalid
from trainauto_tui.keymap import Keymap

FILE = "tui.toml"
THEMES: Mapping[str, str] = {
    "dark": "textual-dark",
    "light": "textual-light",
    "ansi": "ansi-dark",
    "contrast": "trainauto-contrast",
}
CLIPBOARDS = ("terminal", "file")
_KEY = re.compile(r"(?:(?:ctrl|alt|shift|super|meta)\+)*(?:[^\s,+]|(?P<name>[a-z0-9_]{2,}))|[^\s,]")


@dataclass(frozen=True, slots=True)
class Settings:
    """The reader's settings; an option of the command line goes before them.

    Attributes:
        theme: A name in ``THEMES``, or of one of Textual's own themes.
        mouse: Whether the mouse is the UI's; without it the terminal selects text itself.
        ascii: Draw without Unicode.
        slow: Write little; None leaves it to whether this is an SSH session.
        read_only: Ask the daemon to refuse changes from here.
        clipboard: ``terminal`` copies by the terminal (OSC 52), ``file`` into a file.
        keymap: Keys other than those of the table.
    """

    theme: str = "dark"
    mouse: bool = True
    ascii: bool = False
    slow: bool | None = None
    read_only: bool = False
    clipboard: str = "terminal"
    keymap: Keymap = field(default_factory=Keymap)


def load(path: Path | None = None) -> Settings:
    """Return the settings in ``path``, by default the reader's own file if there is one.

    Raises:
        Invalid: the file cannot be read or says something that is not understood; all of its
            problems are told at once.
    """
    file = path or config_directory() / FILE
    if path is None and not file.exists():
        return Settings()
    import tomllib

    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise Invalid(f"{file}: there is no such file") from None
    except (OSError, ValueError) as error:  # TOML and UTF-8 errors are ValueErrors
        raise Invalid(f"{file}: {error}") from error
    problems: list[str] = []
    settings = _read(document, problems)
    if problems:
        raise Invalid(f"{file} is not valid", problems=tuple(problems))
    return settings


_TYPES: Mapping[str, type] = {
    "theme": str,
    "mouse": bool,
    "ascii": bool,
    "slow": bool,
    "read_only": bool,
    "clipboard": str,
}


def _read(document: Mapping[str, Any], problems: list[str]) -> Settings:
    given: dict[str, Any] = {}
    for name, value in document.items():
        if name == "keys":
            continue
        if name not in _TYPES:
            from difflib import get_close_matches

            close = get_close_matches(name, [*_TYPES, "keys"], n=1)
            problems.append(
                f"unknown key {name!r}"
                + (
                    f": did you mean {close[0]!r}?"
                    if close
                    else f"; known: {', '.join(_TYPES)}, keys"
                )
            )
        elif not isinstance(value, _TYPES[name]):
            word = "true or false" if _TYPES[name] is bool else "a text in quotes"
            problems.append(f"{name}: {value!r} is not {word}")
        else:
            given[name] = value
    if given.get("clipboard", "terminal") not in CLIPBOARDS:
        problems.append(f"clipboard: {given['clipboard']!r} is none of {', '.join(CLIPBOARDS)}")
    if (theme := given.get("theme", "dark")) not in THEMES and not _is_theme(theme):
        problems.append(f"theme: {theme!r} is none of {', '.join(THEMES)}, nor one of Textual's")
    keymap = Keymap(_keys(document.get("keys", {}), "", problems))
    problems.extend(keymap.problems())
    return Settings(keymap=keymap, **given)


def _is_theme(name: str) -> bool:
    from textual.theme import BUILTIN_THEMES

    return name in BUILTIN_THEMES


def _is_key(key: str) -> bool:
    """Return whether a terminal can send ``key``; Unicode's names of signs will do."""
    found = _KEY.fullmatch(key)
    if not found or not found["name"]:
        return found is not None
    from textual.keys import Keys

    name = found["name"]
    try:
        return name in {one.value for one in Keys} or bool(lookup(name.replace("_", " ")))
    except KeyError:
        return False


def _keys(table: object, prefix: str, problems: list[str]) -> dict[str, tuple[str, ...]]:
    """Return the keys by command name; ``go.runs = "f2"`` is a table within the table."""
    found: dict[str, tuple[str, ...]] = {}
    if not isinstance(table, Mapping):
        problems.append("keys: it must be a table, [keys]")
        return found
    for name, value in table.items():
        if isinstance(value, Mapping):
            found |= _keys(value, f"{prefix}{name}.", problems)
            continue
        keys = (value,) if isinstance(value, str) else value
        if isinstance(keys, tuple | list) and keys and all(isinstance(key, str) for key in keys):
            found[prefix + name] = tuple(keys)
            problems.extend(
                f"[keys] {prefix}{name}: {key!r} is no name of a key; write it like x, ctrl+x, f2 "
                "or pagedown"
                for key in keys
                if not _is_key(key)
            )
        else:
            problems.append(f"[keys] {prefix}{name}: {value!r} is neither a key nor a list of keys")
    return found
