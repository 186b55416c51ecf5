"""Which keys the reader wants for which command.

Standard library only, like the table of commands that it changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from trainauto_tui.commands import COMMANDS, Command

#: Scopes that are in force together: a screen, each pane that can have the focus on it, and what
#: works everywhere.
PANES: Mapping[str, tuple[str, ...]] = {
    "pipelines": ("list",),
    "runs": ("list",),
    "run": ("list", "boxes", "log"),
    "step": ("list", "log", "text"),
    "drift": ("list", "text"),
    "lineage": ("list", "text"),
    "events": ("list", "text"),
    "hosts": ("list",),
    "daemon": ("list", "text"),
}
NAMES = {one.name: one for one in COMMANDS}


@dataclass(frozen=True, slots=True)
class Keymap:
    """The keys of commands, by name, that are not those of the table.

    Attributes:
        keys: Keys as Textual names them, by the command's ``name``.
    """

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, command: Command) -> Command:
        """Return ``command`` with the keys that the reader wants."""
        keys = self.keys.get(command.name)
        return command if keys is None else replace(command, keys=keys)

    def bindings(self) -> dict[str, str]:
        """Return the keymap as Textual takes it."""
        return {name: ",".join(keys) for name, keys in self.keys.items()}

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with it: names that no command has, keys with two meanings."""
        for name in self.keys:
            if name not in NAMES:
                yield f"[keys] {name}: no command is called so{_suggestion(name)}"
        told = set()
        for screen, panes in PANES.items():
            for pane in panes:
                for key, first, second in self._clashes({screen, pane}):
                    if (clash := (key, first, second)) not in told:
                        told.add(clash)
                        yield f"[keys] {key!r} would mean both {first} and {second} ({screen})"

    def _clashes(self, scopes: set[str]) -> Iterator[tuple[str, str, str]]:
        taken: dict[str, str] = {}
        for one in COMMANDS:
            if one.screens and not scopes.intersection(one.screens):
                continue
            for key in self.of(one).keys:
                if key in taken:
                    yield key, taken[key], one.name
                taken.setdefault(key, one.name)


def _suggestion(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, NAMES, n=1)
    return f"; did you mean {close[0]}?" if close else ""
