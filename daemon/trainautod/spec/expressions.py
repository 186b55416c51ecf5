"""The one small language of conditions, gates and templates.

It has scalars (numbers, quoted text, ``true false null``), dotted names, ``== != < <= > >=`` (which
may be chained), ``in`` and ``not in``, ``+ - * / // %``, ``and or not``, literal lists, and the
functions ``abs len max min round``. It never answers by accident: an unknown name, NaN, infinity,
a comparison of different types, or a condition that is not true or false is an error.
"""

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simpleeval import InvalidExpression, SimpleEval

from trainautod.spec import grammar
from trainautod.spec.day import Day
from trainautod.spec.errors import ExpressionError
from trainautod.spec.suggestion import did_you_mean

#: A value of the language; lists exist too, but only inside of an expression.
Value = bool | int | float | str | None | Day

#: Integers stay within 64 bits, as they do in JSON readers and in SQLite.
MAX_INTEGER = 2**63

#: Longest text that an expression can build.
MAX_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    Attributes:
        text: What was written.
        names: The dotted names that it reads, such as ``eval.passed`` and ``ds``.
    """

    text: str
    names: frozenset[str]
    tree: ast.expr

    @classmethod
    def parse(cls, text: str) -> "Expression":
        """Read one expression.

        Raises:
            ExpressionError: The text is not an expression; it names the position.
        """
        tree = grammar.parse(text)
        names = frozenset(".".join(parts) for parts in grammar.paths(tree))
        return cls(text=text.strip(), names=names, tree=tree)

    def evaluate(self, namespace: Mapping[str, object]) -> Value:
        """The scalar that the expression stands for.

        `namespace` maps root names to scalars, `Day` values, or nested mappings of them.

        Raises:
            ExpressionError: A name is unknown, or an operation has no answer.
        """
        value = self._value(namespace)
        if isinstance(value, list):
            raise ExpressionError(f"'{self.text}' is a list, not a single value")
        return value

    def value(self, namespace: Mapping[str, object]) -> Value | tuple[Value, ...]:
        """The scalar, or the members of the list, that the expression stands for.

        Raises:
            ExpressionError: As `evaluate`, but for lists.
        """
        found = self._value(namespace)
        return tuple(found) if isinstance(found, list) else found

    def holds(self, namespace: Mapping[str, object]) -> bool:
        """Whether a condition is true.

        Raises:
            ExpressionError: As `evaluate`, and when the value is neither true nor false.
        """
        value = self.evaluate(namespace)
        if not isinstance(value, bool):
            message = f"'{self.text}' is {kind(value)}, not true or false"
            raise ExpressionError(message, "compare it with something")
        return value

    def items(self, namespace: Mapping[str, object]) -> tuple[Value, ...]:
        """The members of a list, for a step that runs once for each.

        Raises:
            ExpressionError: As `evaluate`, and when the value is not a list.
        """
        value = self._value(namespace)
        if not isinstance(value, list):
            raise ExpressionError(f"'{self.text}' is {kind(value)}, not a list")
        return tuple(value)

    def _value(self, namespace: Mapping[str, object]) -> Value | list[Value]:
        try:
            value: Value | list[Value] = _Evaluation(namespace).value(self.tree)
            return value
        except ExpressionError as error:
            raise ExpressionError(f"in '{self.text}': {error.message}", error.hint) from None
        except (ArithmeticError, InvalidExpression, TypeError, RecursionError) as error:
            raise ExpressionError(f"in '{self.text}': {error}") from None


class _Evaluation:
    """One walk over a tree; simpleeval does the walking, with nothing but our own nodes."""

    def __init__(self, namespace: Mapping[str, object]) -> None:
        self.namespace = namespace
        self.core = SimpleEval(operators=_OPERATORS, functions=_FUNCTIONS, names={})
        self.core.nodes = {
            ast.Constant: lambda node: node.value,
            ast.Name: self._name,
            ast.Attribute: self._name,
            ast.Subscript: self._name,
            ast.List: lambda node: [self.value(item) for item in node.elts],
            ast.BoolOp: self._logic,
            ast.UnaryOp: self._checked(self.core.nodes[ast.UnaryOp]),
            ast.BinOp: self._checked(self.core.nodes[ast.BinOp]),
            ast.Compare: self.core.nodes[ast.Compare],
            ast.Call: self._checked(self.core.nodes[ast.Call]),
        }

    def value(self, node: ast.expr) -> Any:
        """The value of one node."""
        return _finite(self.core.eval("", previously_parsed=node), "the result")

    @staticmethod
    def _checked(handler: Callable[[ast.expr], Any]) -> Callable[[ast.expr], Any]:
        return lambda node: _finite(handler(node), "the result")

    def _logic(self, node: ast.BoolOp) -> bool:
        decisive = isinstance(node.op, ast.Or)
        for operand in node.values:
            if _truth(self.value(operand), "or" if decisive else "and") is decisive:
                return decisive
        return not decisive

    def _name(self, node: ast.expr) -> Any:
        parts = grammar.path(node)
        if parts[0] in grammar.CONSTANTS and len(parts) == 1:
            return {"true": True, "false": False, "null": None}[parts[0]]
        found: object = self.namespace
        for index, part in enumerate(parts):
            if not isinstance(found, Mapping) or part not in found:
                raise _unknown(parts, index, found)
            found = found[part]
        return _plain(".".join(parts), found)


_LONGEST_TEXT = 60  # characters of a value that a message shows; it may be a whole log


def kind(value: object) -> str:
    """What a person calls a value of this type, for messages."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"the text '{value[:_LONGEST_TEXT]}…'"
    for types, name in _KINDS:
        if isinstance(value, types):
            return f"{name} {value!r}" if isinstance(value, int | float | str) else name
    return f"a {type(value).__name__}"


#: What only runs of one kind know of what started them.
_TRIGGER_PARTS = {
    "data": ("files", "count", "path"),
    "cron": ("cron", "slot"),
    "backfill": ("backfill",),
    "policy": ("policy", "event", "seq", "affected", "features", "drift_score"),
}

_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    ((int, float), "the number"),
    (str, "the text"),
    (Day, "a day"),
    (type(None), "null"),
    (Mapping, "a group of names"),
    ((list, tuple), "a list"),
)


def _unknown(parts: tuple[str, ...], index: int, found: object) -> ExpressionError:
    name, part = ".".join(parts), parts[index]
    if not isinstance(found, Mapping):
        return ExpressionError(f"'{name}' is unknown: '{'.'.join(parts[:index])}' is {kind(found)}")
    known = sorted(str(key) for key in found)
    where = f"'{'.'.join(parts[:index])}' has" if index else "there is"
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "") or "nothing"
    hint = did_you_mean(part, known)
    if not hint and parts[:index] == ("trigger",):
        hint = _of_trigger(part, found.get("kind"))
    return ExpressionError(f"'{name}' is unknown: {where} {listed}", hint)


def _of_trigger(part: str, own: object) -> str:
    """Which runs have a part of ``trigger`` that this one has not, and what to do.

    Nothing is known to do for a run of that very kind: what a policy's event carries differs.
    """
    kind_of = next((each for each, parts in _TRIGGER_PARTS.items() if part in parts), None)
    if kind_of is None or kind_of == ("policy" if own == "drift" else own):
        return ""
    return (
        f"only a run that a {kind_of} trigger starts has it; "
        f"a step that needs it says when: trigger.kind == '{kind_of}'"
    )


def _plain(name: str, value: object) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(name, item) for item in value]
    if isinstance(value, Mapping):
        known = ", ".join(sorted(str(key) for key in value)[:12]) or "nothing"
        raise ExpressionError(f"'{name}' is a group of names", f"it has {known}")
    if value is not None and not isinstance(value, bool | int | float | str | Day):
        raise ExpressionError(f"'{name}' is {kind(value)}, which expressions do not know")
    return _finite(value, f"'{name}'")


def _finite(value: Any, name: str) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ExpressionError(f"{name} is {'NaN' if math.isnan(value) else 'infinite'}")
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise ExpressionError(f"{name} is an integer of more than 64 bits")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise ExpressionError(f"{name} is text of more than {MAX_TEXT:,} characters")
    return value


def _truth(value: object, operator: str) -> bool:
    if not isinstance(value, bool):
        raise ExpressionError(f"'{operator}' wants true or false, not {kind(value)}")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(sign: str, *values: object) -> None:
    for value in values:
        if not _is_number(value):
            raise ExpressionError(f"'{sign}' wants numbers, not {kind(value)}")


def _arithmetic(sign: str, apply: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def operate(left: Any, right: Any) -> Any:
        _numbers(sign, left, right)
        if sign in ("/", "//", "%") and right == 0:
            raise ExpressionError(f"'{sign}' divides by zero")
        return apply(left, right)

    return operate


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, Day) or (isinstance(left, str) and isinstance(right, str)):
        return left + right
    if isinstance(right, Day):
        return right + left
    _numbers("+", left, right)
    return left + right


def _subtract(left: Any, right: Any) -> Any:
    if isinstance(left, Day):
        return left - right
    _numbers("-", left, right)
    return left - right


def _sign(sign: str, apply: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def operate(value: Any) -> Any:
        _numbers(sign, value)
        return apply(value)

    return operate


def _comparable(sign: str, left: object, right: object) -> None:
    both = (left, right)
    if all(map(_is_number, both)) or all(isinstance(value, str) for value in both):
        return
    if any(isinstance(value, Day) for value in both):
        return  # a day checks what it is compared with
    raise ExpressionError(
        f"'{sign}' cannot compare {kind(left)} with {kind(right)}",
        "both sides must be of one type",
    )


def _ordered(sign: str, apply: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def operate(left: Any, right: Any) -> bool:
        _comparable(sign, left, right)
        return apply(left, right)

    return operate


def _equal(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return left is right
    if not (isinstance(left, bool) and isinstance(right, bool)):
        _comparable("==", left, right)
    return bool(left == right)


def _contains(item: Any, container: Any) -> bool:
    if isinstance(container, list):
        return any(_equal(item, member) for member in container)
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    raise ExpressionError(f"'in' cannot look for {kind(item)} in {kind(container)}")


def _flat(name: str, values: Sequence[Any]) -> list[Any]:
    found = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
    _numbers(name, *found)
    if not found:
        raise ExpressionError(f"'{name}' of an empty list")
    return list(found)


def _length(*values: Any) -> int:
    if len(values) != 1 or not isinstance(values[0], str | list):
        raise ExpressionError("'len' wants one text or one list")
    return len(values[0])


def _absolute(*values: Any) -> Any:
    if len(values) != 1:
        raise ExpressionError("'abs' wants one number")
    _numbers("abs", *values)
    return abs(values[0])


def _rounded(*values: Any) -> Any:
    _numbers("round", *values)
    if len(values) > 2 or (len(values) == 2 and values[1] not in range(16)):
        raise ExpressionError("'round' wants a number, and 0 to 15 digits")
    return round(*values)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": _absolute,
    "len": _length,
    "max": lambda *values: max(_flat("max", values)),
    "min": lambda *values: min(_flat("min", values)),
    "round": _rounded,
}

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _add,
    ast.Sub: _subtract,
    ast.Mult: _arithmetic("*", lambda left, right: left * right),
    ast.Div: _arithmetic("/", lambda left, right: left / right),
    ast.FloorDiv: _arithmetic("//", lambda left, right: left // right),
    ast.Mod: _arithmetic("%", lambda left, right: left % right),
    ast.USub: _sign("-", lambda value: -value),
    ast.UAdd: _sign("+", lambda value: value),
    ast.Not: lambda value: not _truth(value, "not"),
    ast.Eq: _equal,
    ast.NotEq: lambda left, right: not _equal(left, right),
    ast.Lt: _ordered("<", lambda left, right: left < right),
    ast.LtE: _ordered("<=", lambda left, right: left <= right),
    ast.Gt: _ordered(">", lambda left, right: left > right),
    ast.GtE: _ordered(">=", lambda left, right: left >= right),
    ast.In: _contains,
    ast.NotIn: lambda item, container: not _contains(item, container),
}
