"""The command palette's source: the commands of the screen below it."""

from collections.abc import Coroutine
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider

from trainauto_tui.commands import Command, key_name
from trainauto_tui.screens.place import Place

_HIDDEN = frozenset({"command_palette", "down", "up", "page_down", "page_up"})


class TableCommands(Provider):
    """Finds commands by label and help; disabled ones are left out."""

    def _commands(self) -> list[Command]:
        place = self.screen
        if not isinstance(place, Place):
            return []
        return [
            command
            for command in place.commands()
            if command.id not in _HIDDEN and place.check_action(command.id, ())
        ]

    async def discover(self) -> Hits:
        """Offer everything before anything was typed."""
        for command in self._commands():
            yield DiscoveryHit(_name(command), self._run(command), help=command.help)

    async def search(self, query: str) -> Hits:
        """Offer what matches ``query``."""
        matcher = self.matcher(query)
        for command in self._commands():
            name = _name(command)
            if (score := matcher.match(f"{name} {command.help}")) > 0:
                yield Hit(score, matcher.highlight(name), self._run(command), help=command.help)

    def _run(self, command: Command) -> partial[Coroutine[Any, Any, bool]]:
        """Return what runs ``command`` where it is at home: in the pane, the screen or the app."""
        inner = self.screen.focused or self.screen
        homes = [
            node for node in inner.ancestors_with_self if hasattr(node, f"action_{command.id}")
        ]
        return partial(self.app.run_action, command.action, homes[0] if homes else self.app)


def _name(command: Command) -> str:
    keys = "  ".join(key_name(key) for key in command.keys[:1])
    return f"{command.label}  {keys}" if keys else command.label
