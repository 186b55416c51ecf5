"""Which commands a typed line may mean: ``zo`` finds zoom, ``run 3f2a`` is a command and a run.

Standard library only.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from trainauto_tui.commands import Command


class Typed(NamedTuple):
    """A line as it was typed: the command's name, and what follows a blank, None without one."""

    name: str
    argument: str | None


class Hit(NamedTuple):
    """A command that a line may mean, and how far it is from what was typed; 0 is the thing."""

    command: Command
    distance: int


def word(command: Command) -> str:
    """Return what to type for ``command``: its label, without blanks."""
    return command.label.replace(" ", "-")


def parsed(line: str) -> Typed:
    """Split a line at its first blank."""
    name, blank, argument = line.lstrip().partition(" ")
    return Typed(name.lower(), argument.strip() if blank else None)


def find(commands: Iterable[Command], line: str) -> list[Hit]:
    """Return the commands that ``line`` may mean, nearest first, else in their own order.

    With an argument only commands that take one are meant.
    """
    typed = parsed(line)
    hits = []
    for command in commands:
        if typed.argument is not None and not command.takes:
            continue
        distance = _distance(typed.name, command)
        if distance is not None:
            hits.append(Hit(command, distance))
    return sorted(hits, key=lambda hit: (hit.distance, bool(hit.command.takes)))


def _distance(name: str, command: Command) -> int | None:
    known = word(command).lower()
    if not name or known == name:
        return 0
    if known.startswith(name):
        return 1
    if name in known:
        return 2
    if name in command.help.lower():
        return 3
    return 4 if len(name) > 1 and _follows(name, known) else None


def _follows(name: str, known: str) -> bool:
    """Return whether the letters of ``name`` stand in ``known`` in this order."""
    letters = iter(known)
    return all(letter in letters for letter in name)


def narrowed(choices: Iterable[str], argument: str) -> list[str]:
    """Return the choices that begin with ``argument``, then those that hold it elsewhere."""
    wanted = argument.lower()
    known: Sequence[str] = list(choices)
    first = [one for one in known if one.lower().startswith(wanted)]
    return first + [one for one in known if wanted in one.lower() and one not in first]
