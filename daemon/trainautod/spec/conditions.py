"""Conditions that can be neither true nor false, whatever the names in them turn out to be."""

import ast

from trainautod.spec import grammar
from trainautod.spec.errors import ExpressionError

_HINT = "compare it with something"

#: Built-in names whose values are texts, days or numbers.
_NO_TRUTHS = ("ds", "ts", "run_id", "seed")
_ARITHMETIC = (ast.USub, ast.UAdd)
#: Functions that answer numbers; ``max`` and ``min`` may answer one of several truths.
_COUNTING = ("abs", "len", "round")


def check_condition(text: str, tree: ast.expr) -> None:
    """Refuse an expression that can never be true or false.

    Args:
        text: As it was written.
        tree: What `grammar.parse` made of it.

    Raises:
        ExpressionError: It, or what `and`, `or` or `not` is applied to, has another type.
    """
    found = _other_kind(tree)
    if found:
        raise ExpressionError(f"'{text.strip()[:60]}' is {found}, not true or false", _HINT)
    _check_parts(tree)


def _check_parts(tree: ast.expr) -> None:
    match tree:
        case ast.BoolOp(op=op, values=parts):
            _check_operands("or" if isinstance(op, ast.Or) else "and", parts)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            _check_operands("not", [part])
        case _:
            return


def _check_operands(operator: str, parts: list[ast.expr]) -> None:
    for part in parts:
        found = _other_kind(part)
        if found:
            raise ExpressionError(f"'{operator}' wants true or false, not {found}", _HINT)
        _check_parts(part)


def _other_kind(tree: ast.expr) -> str:
    """What the expression is when it cannot be a truth; empty when it can."""
    match tree:
        case ast.Constant(value=bool()):
            return ""
        case ast.Constant(value=str()):
            return "a text"
        case ast.Constant():
            return "a number"
        case ast.List():
            return "a list"
        case ast.BinOp():
            return "the result of arithmetic"
        case ast.UnaryOp(op=op) if isinstance(op, _ARITHMETIC):
            return "a number"
        case ast.Call(func=ast.Name(id=name)) if name in _COUNTING:
            return "a number"
        case ast.Name() if grammar.path(tree) == ("null",):
            return "null"
        case ast.Name() if grammar.path(tree)[0] in _NO_TRUTHS:
            return "a text, day or number"
        case _:
            return ""
