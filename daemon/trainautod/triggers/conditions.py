"""Conditions of policies: whether they hold, and how they are told with their values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any

from trainautod.spec import grammar
from trainautod.spec.expressions import Expression

_TEXT_SHOWN = 60  # characters of a text value that is told


@dataclass(frozen=True, slots=True)
class Condition:
    """The ``if`` of a policy.

    Attributes:
        text: as the policy has it.
        expression: the same, parsed.
        names: the dotted names in it, each once, in the order in which they stand.
    """

    text: str
    expression: Expression
    names: tuple[str, ...]

    @staticmethod
    @lru_cache(maxsize=256)
    def of(text: str) -> "Condition":
        """Read a condition; a policy's is known to be one."""
        expression = Expression.parse(text)
        names = dict.fromkeys(".".join(path) for path in grammar.paths(expression.tree))
        return Condition(text, expression, tuple(names))

    @property
    def first(self) -> str:
        """The first name, which ``clear_below`` is about; empty without any."""
        return next(iter(self.names), "")

    def holds(self, carries: Mapping[str, Any]) -> bool:
        """Tell whether it holds for what an event carries.

        Raises:
            ExpressionError: it cannot be evaluated.
        """
        return self.expression.holds(carries)

    def value(self, carries: Mapping[str, Any]) -> Any:
        """Return the value of its first name, None for what is no finite number, truth or text.

        Of a long text it is the beginning.
        """
        value = _value(self.first, carries)
        if isinstance(value, str):
            return value[:_TEXT_SHOWN]
        known = isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value))
        return value if known else None

    def told(self, carries: Mapping[str, Any]) -> str:
        """Return it with its values: ``drift_score 0.27 > 0.1``, or behind it in brackets."""
        values = {name: _shown(_value(name, carries)) for name in self.names}
        known = {name: shown for name, shown in values.items() if shown is not None}
        if len(values) == 1 and self.first in known:
            rest = self.text.removeprefix(self.first)
            if rest != self.text and rest[:1] in (" ", "<", ">", "=", "!"):
                return f"{self.first} {known[self.first]} {rest.strip()}"
        listed = ", ".join(f"{name} = {shown}" for name, shown in known.items())
        return f"{self.text} ({listed})" if listed else self.text


def _value(name: str, carries: Mapping[str, Any]) -> Any:
    found: Any = carries
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _shown(value: Any) -> str | None:
    """Return a value as one word, or None when it is not one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    if isinstance(value, str):
        one_line = " ".join(value.split())
        return repr(one_line if len(one_line) <= _TEXT_SHOWN else one_line[:_TEXT_SHOWN] + "…")
    return None
