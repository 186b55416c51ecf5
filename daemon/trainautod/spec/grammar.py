"""The grammar of the expression language: text in, a small checked syntax tree out.

The text is first cut into a closed set of tokens, so that what Python's parser sees is never more
than this language: scalars, dotted names, comparisons, arithmetic, ``and or not in``, literal
lists, and calls of the listed functions.
"""

import ast
import keyword
import re
from collections.abc import Iterator

from trainautod.spec.errors import ExpressionError
from trainautod.spec.suggestion import did_you_mean

#: Longest expression: a gate rule has under a hundred characters.
MAX_LENGTH = 1_000

#: Deepest nesting, so that neither parsing nor evaluation can exhaust the stack.
MAX_DEPTH = 40

#: The functions of the language; `expressions` gives them meaning.
FUNCTIONS = ("abs", "len", "max", "min", "round")

CONSTANTS = ("true", "false", "null")

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<text>'[^'\\\n]*'|"[^"\\\n]*")
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>==|!=|<=|>=|//|[-+*/%<>()\[\],.])""",
    re.VERBOSE,
)

_OPERANDS = ("number", "name", "text")

_WRONG_SIGN = {
    "=": "write == to compare",
    "&": "write and",
    "|": "write or",
    "!": "write not, or != to compare",
    "{": "write the expression without braces",
    "'": "close the quotes; quoted text has no backslashes",
    '"': "close the quotes; quoted text has no backslashes",
}

_WORDS = frozenset({"and", "or", "not", "in", "True", "False"})

#: Words that Python reserves and that may still follow a dot (``params.lambda``): they reach its
#: parser with their first letter moved to a script that has no other use here.
_RESERVED = frozenset(keyword.kwlist)
_SHIFT = 0x1400

_NODES = (
    ast.Expression | ast.BoolOp | ast.UnaryOp | ast.BinOp | ast.Compare | ast.Call | ast.Name
    | ast.Attribute | ast.Subscript | ast.Constant | ast.List | ast.Load
    | ast.And | ast.Or | ast.Not | ast.USub | ast.UAdd
    | ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Mod | ast.FloorDiv
    | ast.Eq | ast.NotEq | ast.Lt | ast.LtE | ast.Gt | ast.GtE | ast.In | ast.NotIn
)  # fmt: skip


def parse(text: str) -> ast.expr:
    """The syntax tree of one expression, made only of the allowed nodes.

    Raises:
        ExpressionError: With the position in `text`, where it is known.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression is longer than {MAX_LENGTH} characters")
    python = _as_python(text)
    if not python.strip():
        raise ExpressionError("the expression is empty")
    margin = len(python) - len(python.lstrip())
    try:
        tree = ast.parse(python.lstrip(), mode="eval")
    except SyntaxError as error:
        # Offset 0 is how Python says that the text ended too early.
        raise _syntax(text, margin + error.offset - 1 if error.offset else len(text)) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("the expression is nested too deeply") from None
    _check(text, tree)
    return tree.body


def path(node: ast.expr) -> tuple[str, ...]:
    """The parts of a dotted name: ``eval.passed`` or ``metrics['val/auc']``."""
    if isinstance(node, ast.Attribute):
        return (*path(node.value), _unshifted(node.attr))
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return (*path(node.value), str(node.slice.value))
    return (node.id,) if isinstance(node, ast.Name) else ()


def paths(tree: ast.expr) -> Iterator[tuple[str, ...]]:
    """Every dotted name that the tree reads, constants and functions left out."""
    if isinstance(tree, ast.Attribute | ast.Subscript | ast.Name):
        parts = path(tree)
        if parts[0] not in CONSTANTS:
            yield parts
        return
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.expr) and not _is_function(tree, child):
            yield from paths(child)


def _is_function(parent: ast.expr, child: ast.expr) -> bool:
    return isinstance(parent, ast.Call) and parent.func is child


def _as_python(text: str) -> str:
    """The text with reserved words after dots replaced, character for character."""
    parts: list[str] = []
    position, before, last = 0, "", ""
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            hint = _WRONG_SIGN.get(text[position], "")
            message = f"unexpected '{text[position]}' at character {position + 1}"
            raise ExpressionError(message, hint, position)
        kind, token = str(match.lastgroup), match[0]
        touching = kind in _OPERANDS and before in _OPERANDS
        if touching or (kind == "text" and last[:1] in ("'", '"')):
            raise _syntax(text, position)
        parts.append(_token(kind, token, position, last == "."))
        last = last if kind == "space" else token
        position, before = match.end(), kind
    return "".join(parts)


def _token(kind: str, token: str, position: int, after_dot: bool) -> str:
    if kind == "space":
        return " " * len(token)
    if kind != "name" or token not in _RESERVED:
        return token
    if after_dot:
        return chr(ord(token[0]) + _SHIFT) + token[1:]
    if token in _WORDS:
        return token
    hint = {"is": "write ==", "None": "write null"}.get(token, "")
    message = f"'{token}' at character {position + 1} is not part of the language"
    raise ExpressionError(message, hint, position)


def _unshifted(name: str) -> str:
    return chr(ord(name[0]) - _SHIFT) + name[1:] if ord(name[0]) > _SHIFT else name


def _syntax(text: str, position: int) -> ExpressionError:
    position = max(0, min(position, len(text)))
    rest = text[position:].strip()
    what = f"unexpected '{rest[:20]}' at character {position + 1}" if rest else "it ends too early"
    return ExpressionError(f"cannot read the expression: {what}", "", position)


def _check(text: str, tree: ast.Expression) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        for node in level:
            _check_node(text, node)
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise ExpressionError("the expression is nested too deeply")


def _check_node(text: str, node: ast.AST) -> None:
    if isinstance(node, ast.Attribute | ast.Subscript):
        _check_path(text, node)
    elif isinstance(node, ast.Call):
        _check_call(text, node)
    elif not isinstance(node, _NODES):
        what = "a power (**)" if isinstance(node, ast.Pow) else type(node).__name__.lower()
        raise ExpressionError(f"{what} is not part of the language", "", _position(text, node))


def _check_path(text: str, node: ast.Attribute | ast.Subscript) -> None:
    if isinstance(node, ast.Subscript) and not (
        isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
    ):
        message = "only quoted text can stand in brackets after a name"
        raise ExpressionError(message, "", _position(text, node))
    if not isinstance(node.value, ast.Name | ast.Attribute | ast.Subscript):
        raise ExpressionError("only a name can be followed by a dot", "", _position(text, node))


def _check_call(text: str, node: ast.Call) -> None:
    function = node.func.id if isinstance(node.func, ast.Name) else ""
    if function not in FUNCTIONS:
        message = f"'{function or 'this'}' is not a function of the language"
        hint = did_you_mean(function, FUNCTIONS) or f"there are {', '.join(FUNCTIONS)}"
        raise ExpressionError(message, hint, _position(text, node))
    if node.keywords or not node.args:
        raise ExpressionError(f"'{function}' takes plain values", "", _position(text, node))


def _position(text: str, node: ast.AST) -> int:
    # The parser counts UTF-8 bytes, after the margin; every token but quoted text is ASCII.
    margin = len(text) - len(text.lstrip())
    before = text.lstrip().encode()[: getattr(node, "col_offset", 0)]
    return margin + len(before.decode(errors="ignore"))
