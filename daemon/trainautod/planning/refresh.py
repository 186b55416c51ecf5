"""Which instances of a step are made anew when ``refresh`` names some, and which may be kept."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from trainautod.planning.key import KeyInputs, changes
from trainautod.spec import Expression, Step


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether an instance is to be made anew, and why."""

    chosen: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Refresh:
    """The lists that choose instances.

    Attributes:
        lists: each name of ``foreach`` that is chosen by, to the expression of its list.
    """

    lists: Mapping[str, Expression]

    @classmethod
    def of(cls, step: Step) -> "Refresh | None":
        """Return what a step's ``refresh`` says; None when it says nothing."""
        if step.refresh is None or step.foreach is None:
            return None
        told = step.refresh
        if isinstance(told, str):
            told = dict.fromkeys(step.foreach.over, told)  # the spec sees to it that there is one
        return cls({name: Expression.parse(text) for name, text in told.items()})

    def choose(
        self, names: Mapping[str, Any], values: Mapping[str, Collection[str]]
    ) -> Choice | None:
        """Tell whether an instance is to be made anew; None where each goes by its key.

        So it is in a run whose trigger does not have what an expression reads, as in one by hand,
        and where a list names no instance, as that of a drift report without features: what is to
        be made anew is not known then.

        Args:
            names: what the instance's expressions read; its own values are among them.
            values: those of all instances, as texts, by name of ``foreach``.

        Raises:
            ExpressionError: an expression gives no list.
        """
        if any(_is_absent(name, names) for each in self.lists.values() for name in each.names):
            return None
        listed = {
            name: {str(value) for value in expression.items(names)}
            for name, expression in self.lists.items()
        }
        if any(found.isdisjoint(values[name]) for name, found in listed.items()):
            return None
        for name, expression in self.lists.items():
            if str(names[name]) not in listed[name]:
                return Choice(False, f"{names[name]} is not in {expression.text}")
        told = (f"{names[name]} is in {each.text}" for name, each in self.lists.items())
        return Choice(True, ", ".join(told))


def is_settled(old: KeyInputs, new: KeyInputs) -> bool:
    """Tell whether two keys differ in nothing but the data: not in code, settings or environment.

    The command counts as data, for what a template puts into it may be a date; whether the template
    itself was edited is not seen here.
    """
    same = {
        name: getattr(old, name) for name in ("command", "inputs", "upstream", "outputs", "env")
    }
    return not changes(old, replace(new, **same))


def is_written_alike(old: Step, new: Step) -> bool:
    """Tell whether a step's templates are as they were."""
    parts = ("run", "inputs", "outputs", "env", "shell", "needs")
    return all(getattr(old, part) == getattr(new, part) for part in parts)


def _is_absent(name: str, names: Mapping[str, Any]) -> bool:
    """Tell whether the trigger lacks what ``name`` reads of it."""
    found: Any = names
    parts = name.split(".")
    if parts[0] != "trigger":
        return False
    for part in parts:
        if not isinstance(found, Mapping) or part not in found:
            return True
        found = found[part]
    return False
