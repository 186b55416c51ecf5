"""YAML 1.2 text as a tree that remembers where everything was written.

ruamel.yaml turns the text into events; the tree is built here, so that size, depth and the
expansion of aliases are bounded, keys that occur twice are refused, and a scalar keeps the text
it was written as (``3.10`` is the number 3.1 and the text ``3.10``, as the reader of it wishes).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from trainautod.spec.errors import Problem, SpecInvalid
from trainautod.spec.syntax import complaint, unquoted

#: A pipeline of 1,000 steps has under 100 KiB.
MAX_BYTES = 1 << 20

#: Deepest nesting of mappings and lists.
MAX_DEPTH = 50

#: Nodes after aliases are expanded; 50,000 take about two seconds to read.
MAX_NODES = 50_000

#: Characters in one line: the scanner takes quadratic time over a tag of a whole megabyte.
MAX_LINE = 32_768


@dataclass(frozen=True, slots=True)
class Scalar:
    """A word, number or quoted text.

    Attributes:
        text: The characters, unquoted.
        value: What they stand for in YAML 1.2: None, bool, int, float, or the text itself.
        style: ``'``, ``"``, ``|``, ``>``, or empty for plain.
    """

    text: str
    value: bool | int | float | str | None
    line: int
    column: int
    style: str = ""
    size: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value, and where the key stands; `written` is its alias in the file."""

    key: str
    value: "Node"
    line: int
    column: int
    written: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, in order, each key once."""

    entries: tuple[Entry, ...]
    line: int
    column: int
    size: int = 1

    def get(self, key: str) -> "Node | None":
        """The value under `key`, or None."""
        entry = self.entry(key)
        return entry.value if entry else None

    def entry(self, key: str) -> Entry | None:
        """The entry of `key`, or None."""
        return next((entry for entry in self.entries if entry.key == key), None)

    def without(self, keys: frozenset[str]) -> "Mapping":
        """The same mapping less some keys."""
        return replace(self, entries=tuple(e for e in self.entries if e.key not in keys))


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple["Node", ...]
    line: int
    column: int
    size: int = 1


Node = Scalar | Mapping | Sequence

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,40}|0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)

_CORE = "tag:yaml.org,2002:"

#: What ruamel.yaml raises on damaged text besides its own errors, as fuzzing it shows.
_READ_ERRORS = (
    YAMLError, ValueError, OverflowError, IndexError, KeyError, AttributeError, TypeError,
    AssertionError, RecursionError, NotImplementedError,
)  # fmt: skip

#: Style of a value in two braces that is not quoted.
_TEMPLATE = "{{"

#: Keys whose values are expressions, which stand without braces.
_EXPRESSIONS = ("if", "when")

#: The one line outside of YAML that a policy may have: `then: run pipeline: NAME`.
_THEN = re.compile(r"(then:[ \t]+)(run pipeline:[ \t]*[^\s'\"#]+)([ \t]*(?:#.*)?)")


def read(text: str | bytes, source: str) -> tuple[Mapping, list[Problem]]:
    """The document's top-level mapping, and problems that do not stop the rest being checked.

    Raises:
        SpecInvalid: The text is not one YAML mapping, or passes a bound.
    """
    decoded = _decode(text, source)
    try:
        return _build(decoded, source)
    except SpecInvalid as error:
        lines = decoded.split("\n")
        line = lines[error.problems[0].line - 1] if error.problems[0].line <= len(lines) else ""
        match = _THEN.fullmatch(line.rstrip())
        if match is None:
            raise unquoted(error, line) from None
        lines[error.problems[0].line - 1] = f"{match[1]}'{match[2]}'{match[3]}"
        return _build("\n".join(lines), source)


def _decode(text: str | bytes, source: str) -> str:
    def refuse(message: str, hint: str = "", line: int = 1) -> SpecInvalid:
        return SpecInvalid((Problem(source, line, 1, "", message, hint),))

    if len(text) > MAX_BYTES:
        raise refuse(f"the file is larger than {MAX_BYTES >> 20} MiB")
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        hint = "save it as UTF-8"
        raise refuse("the file is not UTF-8 text", hint, before.count(b"\n") + 1) from None
    for number, line in enumerate(decoded.split("\n"), 1):
        if len(line) > MAX_LINE:
            raise refuse(f"the line is longer than {MAX_LINE:,} characters", line=number)
    return decoded.removeprefix("\ufeff")


def _build(text: str, source: str) -> tuple[Mapping, list[Problem]]:
    builder = _Builder(source, text)
    root = builder.document(_events(text, source))
    if root is None or (isinstance(root, Scalar) and root.value is None):
        raise builder.refuse("the file is empty", hint="a pipeline has at least 'steps'")
    if not isinstance(root, Mapping):
        what = "a list" if isinstance(root, Sequence) else "text"
        raise builder.refuse(
            f"the file holds {what}, not keys with values", root, "begin with 'steps:'"
        )
    return root, builder.problems


def _events(text: str, source: str) -> Iterator[Any]:
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except _READ_ERRORS as error:
        raise SpecInvalid((complaint(error, text, source),)) from None


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain scalar that is not text: its value, and how it was written."""

    text: str
    value: bool | int | float


def data(node: Node) -> object:
    """The tree as dicts, lists, text, None and `Plain` values."""
    if isinstance(node, Mapping):
        return {entry.key: data(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    if node.value is None or isinstance(node.value, str):
        return node.value
    return Plain(node.text, node.value)


@dataclass(slots=True)
class _Builder:
    """Turns events into nodes, within the bounds."""

    source: str
    text: str
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    nodes: int = 0

    def refuse(self, message: str, at: Any = None, hint: str = "") -> SpecInvalid:
        """The error for a document that cannot be read on."""
        return SpecInvalid((self._problem(message, at, hint),))

    def _problem(self, message: str, at: Any, hint: str = "") -> Problem:
        line, column = _place(at) if at is not None else (1, 1)
        return Problem(self.source, line, column, "", message, hint)

    def document(self, events: Iterator[Any]) -> Node | None:
        """The root of the only document, or None when there is none."""
        root: Node | None = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    raise self.refuse("a file holds one document, this is a second one", event)
                if event.version not in (None, (1, 2)):
                    raise self.refuse("the file is read as YAML 1.2", event, "remove %YAML")
            elif isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent):
                root = self._node(event, events, 1)
            elif isinstance(event, AliasEvent):
                raise self.refuse("an alias cannot be the whole document", event)
        return root

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        if isinstance(event, AliasEvent):
            return self._alias(event)
        self._count(1, event)
        if depth > MAX_DEPTH:
            raise self.refuse(f"the document is nested deeper than {MAX_DEPTH} levels", event)
        anchor = event.anchor
        if anchor is not None:
            self.pending.add(anchor)
        node = self._fresh(event, events, depth)
        if anchor is not None:
            self.pending.discard(anchor)
            self.anchors[anchor] = node
        return node

    def _fresh(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, SequenceStartEvent):
            self._tagged(event, "seq")
            return self._sequence(event, events, depth)
        self._tagged(event, "map")
        return self._mapping(event, events, depth)

    def _count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise self.refuse(
                f"the document has more than {MAX_NODES:,} values with its aliases expanded",
                event,
            )

    def _alias(self, event: Any) -> Node:
        if event.anchor in self.pending:
            raise self.refuse(f"the alias *{event.anchor} stands inside of itself", event)
        node = self.anchors.get(event.anchor)
        if node is None:
            raise self.refuse(f"the alias *{event.anchor} has no anchor before it", event)
        self._count(node.size, event)
        return node

    def _tagged(self, event: Any, *allowed: str) -> str:
        """The core name of an explicit tag, empty without one; others are reported."""
        tag = str(event.ctag) if event.ctag else ""
        name = tag.removeprefix(_CORE)
        if tag and name not in allowed and tag != "!":
            self.problems.append(self._problem(f"the tag '{tag[:60]}' is not supported", event))
        return name

    def _scalar(self, event: Any) -> Scalar:
        line, column = _place(event)
        text = event.value
        tag = self._tagged(event, "str", "int", "float", "bool", "null")
        if not _is_clean(text):
            self.problems.append(self._problem("text with a NUL byte or half a character", event))
            text = "invalid"
        style = event.style or ""
        plain = not style and tag not in ("str", "!")
        return Scalar(text, _resolve(text) if plain else text, line, column, style)

    def _sequence(self, event: Any, events: Iterator[Any], depth: int) -> Sequence:
        line, column = _place(event)
        items: list[Node] = []
        for inner in events:
            if isinstance(inner, SequenceEndEvent):
                break
            items.append(self._template(self._node(inner, events, depth + 1)))
        return Sequence(tuple(items), line, column, 1 + sum(item.size for item in items))

    def _mapping(self, event: Any, events: Iterator[Any], depth: int) -> Mapping | Scalar:
        line, column = _place(event)
        odd: Node | None = None
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for inner in events:
            if isinstance(inner, MappingEndEvent):
                written = self.text[event.start_mark.index : inner.end_mark.index]
                break
            key = self._node(inner, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Scalar):
                odd = odd or key
            elif key.text == "<<" and not key.style:
                self._merge(value, merged)
            else:
                self._add(key, self._template(value, key.text), own)
        if odd is not None:
            if written.startswith("{{") and written.endswith("}}") and not own:
                return Scalar(written, written, line, column, _TEMPLATE)
            hint = "quote a value that begins with { or ["
            self.problems.append(self._problem("a key must be a word", odd, hint))
        entries = (*own.values(), *(e for name, e in merged.items() if name not in own))
        return Mapping(entries, line, column, 1 + sum(1 + e.value.size for e in entries))

    def _template(self, node: Node, key: str = "") -> Node:
        """A value as it is; ``{{ … }}`` without quotes is reported, and read as what was meant."""
        if not isinstance(node, Scalar) or node.style != _TEMPLATE:
            return node
        text = node.text[2:-2].strip() if key in _EXPRESSIONS else node.text
        if key in _EXPRESSIONS:
            said, hint = "a condition is an expression already", "write it without {{ }}"
        else:
            said, hint = "YAML takes {{ … }} for a mapping", f"quote it: '{text[:60]}'"
        self.problems.append(self._problem(said, node, hint))
        return replace(node, text=text, value=text, style="")

    def _add(self, key: Scalar, value: Node, entries: dict[str, Entry]) -> None:
        first = entries.get(key.text)
        if first is None:
            entries[key.text] = Entry(key.text, value, key.line, key.column)
            return
        message = f"the key '{key.text[:60]}' is here twice, first on line {first.line}"
        self.problems.append(self._problem(message, key, "keep one of the two"))

    def _merge(self, value: Node, merged: dict[str, Entry]) -> None:
        sources = value.items if isinstance(value, Sequence) else (value,)
        for source in sources:
            if not isinstance(source, Mapping):
                self.problems.append(self._problem("'<<' merges mappings only", source))
                continue
            for entry in source.entries:
                merged.setdefault(entry.key, entry)


def _place(at: Any) -> tuple[int, int]:
    """Line and column, from 1, of an event or of a node."""
    mark = getattr(at, "start_mark", None)
    return (mark.line + 1, mark.column + 1) if mark else (at.line, at.column)


def _is_clean(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _resolve(text: str) -> bool | int | float | str | None:
    """What a plain scalar stands for in the core schema of YAML 1.2."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text.replace(".", "") if text[-1].isalpha() else text)
    return text
