"""The modules that a piece of Python code names in its imports."""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from blake3 import blake3

# Parsing takes some hundred times a source's size in memory; written by hand, none is this long.
MAX_SOURCE_BYTES = 4 << 20
# What so many sources say is remembered, in a few kilobytes each; no text is kept for it.
MAX_REMEMBERED = 4096
_DYNAMIC = re.compile(rb"import_module|__import__")


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module: `level` leading dots, its dotted name, and the names taken from it.

    `names` may be modules of their own (`from package import module`); `*` stands for the modules
    that the package lists in `__all__`.
    """

    module: str
    names: tuple[str, ...] = ()
    level: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """What a Python file says: its imports, and the names in a literal `__all__`."""

    imports: tuple[Import, ...] = ()
    exported: tuple[str, ...] = ()


_said: dict[bytes, Source] = {}  # by the text's digest


def parse(source: bytes | str) -> Source:
    """The imports of a Python text, wherever in it; nothing when it cannot be parsed.

    `importlib.import_module("name")` and `__import__("name")` count when the name is literal. The
    steps of a pipeline share modules, and every run asks again: a text is parsed once.
    """
    data = source.encode(errors="surrogateescape") if isinstance(source, str) else source
    if len(data) > MAX_SOURCE_BYTES:
        return Source()
    digest = blake3(data).digest()
    found = _said.get(digest)
    if found is None:
        try:
            found = _read(data)
        except (RecursionError, MemoryError):  # may be of this moment, so it is not remembered
            return Source()
        if len(_said) >= MAX_REMEMBERED:
            _said.clear()
        _said[digest] = found
    return found


def _read(data: bytes) -> Source:
    try:
        with warnings.catch_warnings():  # about the text's own escapes and comparisons
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return Source()
    found = list(_statements(tree.body))
    if _DYNAMIC.search(data):
        found.extend(_calls(tree))
    return Source(tuple(dict.fromkeys(found)), _exported(tree.body))


def _statements(body: Sequence[ast.AST]) -> Iterator[Import]:
    """Imports in statements; expressions hold none, so walking those is spared."""
    pending: list[ast.AST] = list(reversed(body))
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (Import(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            yield Import(node.module or "", names, node.level)
        else:
            for part in ("body", "orelse", "handlers", "finalbody", "cases"):
                inner = getattr(node, part, ())
                if isinstance(inner, list):
                    pending.extend(inner)


def _calls(tree: ast.AST) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            function, first = node.func, node.args[0]
            name = function.attr if isinstance(function, ast.Attribute) else _identifier(function)
            literal = first.value if isinstance(first, ast.Constant) else None
            if name in {"import_module", "__import__"} and isinstance(literal, str):
                module = literal.lstrip(".")
                yield Import(module, (), len(literal) - len(module))


def _identifier(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None


def _exported(body: Sequence[ast.stmt]) -> tuple[str, ...]:
    for node in body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            values = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else []
            constants = (item.value for item in values if isinstance(item, ast.Constant))
            return tuple(value for value in constants if isinstance(value, str))
    return ()
