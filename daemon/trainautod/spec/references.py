"""What steps say about one another: needs that exist, no circles, and names that are known.

The checks read the document rather than the models, so that they find what they can in a file
that has other problems too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from trainautod.spec.document import Mapping, Node, Scalar, Sequence
from trainautod.spec.errors import ExpressionError, Problem
from trainautod.spec.expressions import Expression
from trainautod.spec.fields import BUILT_IN_NAMES
from trainautod.spec.problems import Location, Origin
from trainautod.spec.suggestion import did_you_mean, nearest
from trainautod.spec.templates import Template, holes

#: Built-in names that stand for one value and have no parts.
_PLAIN_NAMES = ("ds", "ts", "run_id", "seed")


@dataclass(frozen=True, slots=True)
class _Outline:
    """What is legible of a step."""

    id: str
    location: Location
    node: Mapping
    needs: tuple[tuple[str, Location], ...]

    @property
    def name(self) -> str:
        """The id as expressions write it."""
        return self.id.replace("-", "_")


def check(origin: Origin) -> list[Problem]:
    """Every problem between the steps of a pipeline."""
    outlines = tuple(_outlines(origin.root))
    return [
        *_duplicates(outlines, origin),
        *_unknown_needs(outlines, origin),
        *_circles(outlines, origin),
        *_unknown_names(outlines, origin),
    ]


def _outlines(root: Mapping) -> Iterator[_Outline]:
    steps = root.get("steps")
    for index, step in enumerate(steps.items if isinstance(steps, Sequence) else ()):
        if isinstance(step, Mapping):
            location: Location = ("steps", index)
            needs = tuple(_texts(step.get("needs"), (*location, "needs")))
            yield _Outline(_text(step.get("id")), location, step, needs)


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _texts(node: Node | None, location: Location) -> Iterator[tuple[str, Location]]:
    """The texts of a scalar, or of the members of a list or mapping, with their locations."""
    if isinstance(node, Scalar) and node.value is not None:
        yield node.text, location
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            if isinstance(item, Scalar):
                yield item.text, (*location, index)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            if isinstance(entry.value, Scalar):
                yield entry.value.text, (*location, entry.key)


def _duplicates(outlines: tuple[_Outline, ...], origin: Origin) -> Iterator[Problem]:
    seen: dict[str, _Outline] = {}
    for outline in outlines:
        first = seen.setdefault(outline.name, outline)
        if first is outline or not outline.id:
            continue
        where = (*outline.location, "id")
        line = origin.place((*first.location, "id")).line
        if first.id == outline.id:
            message = f"the step id '{outline.id[:60]}' is used twice, first on line {line}"
            yield origin.problem(where, message, "rename one of the two")
        else:
            message = (
                f"the step ids '{outline.id[:60]}' and '{first.id[:60]}' (line {line}) are the "
                f"same name '{outline.name[:60]}' in expressions"
            )
            yield origin.problem(where, message, "rename one of the two")


def _unknown_needs(outlines: tuple[_Outline, ...], origin: Origin) -> Iterator[Problem]:
    ids = {outline.id for outline in outlines}
    for outline in outlines:
        for need, location in outline.needs:
            if need not in ids:
                hint = did_you_mean(need, ids - {outline.id})
                yield origin.problem(location, f"there is no step '{need[:60]}'", hint)
            elif need == outline.id:
                yield origin.problem(location, f"the step '{need[:60]}' needs itself")


def _circles(outlines: tuple[_Outline, ...], origin: Origin) -> Iterator[Problem]:
    by_id = {outline.id: outline for outline in reversed(outlines)}
    order = {outline.id: index for index, outline in reversed(list(enumerate(outlines)))}
    graph = {
        outline.id: [need for need, _ in outline.needs if need in by_id and need != outline.id]
        for outline in by_id.values()
    }
    while circle := _circle(graph):
        start = circle.index(min(circle, key=order.__getitem__))
        circle = circle[start:] + circle[:start]
        for each in circle:
            del graph[each]
        told = " → ".join(each[:60] for each in (*circle, circle[0]))
        where = (*by_id[circle[0]].location, "needs")
        yield origin.problem(where, f"steps need one another in a circle: {told}", "drop one need")


def _circle(graph: dict[str, list[str]]) -> list[str]:
    """One circle of needs, each step needing the next; empty when there is none."""
    known = {each: [need for need in needs if need in graph] for each, needs in graph.items()}
    try:
        TopologicalSorter(known).prepare()
    except CycleError as error:
        return list(error.args[1][:0:-1])
    return []


def _unknown_names(outlines: tuple[_Outline, ...], origin: Origin) -> Iterator[Problem]:
    params = origin.root.get("params")
    declared = {entry.key for entry in params.entries} if isinstance(params, Mapping) else set()
    env = origin.root.get("env")
    variables = env.get("vars") if isinstance(env, Mapping) else None
    for text, location in _texts(variables, ("env", "vars")):
        yield from _Names(origin, declared, None).check(text, location)
    family = _Family(outlines)
    for outline in outlines:
        foreach = outline.node.get("foreach")
        outer = _Names(origin, declared, _Ancestry(family, outline))
        own = replace(outer, items=_items(foreach))
        for key in ("run", "inputs", "outputs", "env"):
            for text, location in _texts(outline.node.get(key), (*outline.location, key)):
                yield from own.check(text, location)
        for text, location in _texts(outline.node.get("when"), (*outline.location, "when")):
            yield from own.check(text, location, is_expression=True)
        refresh = outline.node.get("refresh")
        where = (*outline.location, "refresh")
        yield from _unmatched_refresh(refresh, _items(foreach), where, origin)
        for text, location in _texts(refresh, where):
            yield from outer.check(text, location, is_expression=True)
        if isinstance(foreach, Scalar | Mapping):
            for text, location in _texts(foreach, (*outline.location, "foreach")):
                yield from outer.check(text, location, is_expression=True)


def _unmatched_refresh(
    refresh: Node | None, items: frozenset[str], where: Location, origin: Origin
) -> Iterator[Problem]:
    """The problems of a ``refresh`` that does not say of which values its lists are."""
    if refresh is None:
        return
    if not items:
        yield origin.problem(where, "'refresh' chooses among the instances of 'foreach'", "add it")
    elif isinstance(refresh, Scalar) and len(items) > 1:
        listed = ", ".join(sorted(items))
        hint = f"write refresh: {{{min(items)}: {refresh.text[:60]}}}"
        yield origin.problem(where, f"which of {listed} are meant?", hint)
    elif isinstance(refresh, Mapping):
        for entry in refresh.entries:
            if entry.key not in items:
                message = f"'{entry.key[:60]}' is no name of foreach"
                yield origin.problem((*where, entry.key), message, did_you_mean(entry.key, items))


class _Family:
    """All steps, by id and by the name that expressions know them by."""

    def __init__(self, outlines: tuple[_Outline, ...]) -> None:
        self.by_id = {outline.id: outline for outline in reversed(outlines)}
        self.by_name = {outline.name: outline for outline in outlines}


class _Ancestry:
    """The steps that one step needs; found out when a text first asks, as few texts do."""

    def __init__(self, family: _Family, outline: _Outline) -> None:
        self._family = family
        self._outline = outline

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the steps that it needs, directly or not."""
        by_id, names, pending = self._family.by_id, set[str](), [self._outline]
        while pending:
            for need, _ in pending.pop().needs:
                if need in by_id and by_id[need].name not in names:
                    names.add(by_id[need].name)
                    pending.append(by_id[need])
        return frozenset(names - {self._outline.name})

    @property
    def is_empty(self) -> bool:
        """Whether it needs nothing."""
        return not self._outline.needs

    def far(self, name: str) -> str:
        """Return the id of the step ``name`` that it does not need; empty when it may be read."""
        step = self._family.by_name.get(name)
        if step is None or name == self._outline.name:
            return ""
        files = (_stems(self._family.by_name[each]) for each in self.names)
        return "" if any(name in stems for stems in files) else step.id


def _stems(outline: _Outline) -> set[str]:
    """The names under which the JSON files that a step declares can be read."""
    texts = (text for text, _ in _texts(outline.node.get("outputs"), ()))
    files = (path.rpartition("/")[2] for text in texts for path in text.split())
    return {file.removesuffix(".json").replace("-", "_") for file in files if ".json" in file}


def _items(foreach: Node | None) -> frozenset[str]:
    if isinstance(foreach, Mapping):
        return frozenset(entry.key for entry in foreach.entries)
    return frozenset({"item"} if isinstance(foreach, Scalar | Sequence) else ())


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that a text may use.

    Attributes:
        declared: The params of the pipeline.
        ancestry: The steps whose results it may read; None where there are no steps yet.
        items: Names of foreach items.
    """

    origin: Origin
    declared: set[str]
    ancestry: _Ancestry | None
    items: frozenset[str] = frozenset()

    def check(
        self, text: str, location: Location, is_expression: bool = False
    ) -> Iterator[Problem]:
        """The problems of one template or expression; one that cannot be read has none here."""
        try:
            names = (Expression if is_expression else Template).parse(text).names
        except ExpressionError:
            return
        spans = ((0, len(text)),) if is_expression else holes(text)
        for name in sorted(names):
            message, hint = self._fault(name)
            if message:
                at = max(0, *(text.find(name, start, end) for start, end in spans))
                yield self.origin.refused(location, ExpressionError(message, hint, at))

    def _fault(self, name: str) -> tuple[str, str]:
        root, _, rest = name.partition(".")
        first = rest.partition(".")[0]
        if root == "params":
            return self._param(first)
        if root in _PLAIN_NAMES and rest:
            return f"'{name}' is unknown: '{root}' has no parts", ""
        if root in BUILT_IN_NAMES or root in self._roots:
            return "", ""
        if self.ancestry and (far := self.ancestry.far(root)):
            return (
                f"'{name}' is of a step that this one does not need",
                f"add '{far[:60]}' to needs",
            )
        if nearest(root, BUILT_IN_NAMES) == "params" and first in self.declared:
            return f"'{name}' is unknown here", f"did you mean 'params.{first}'?"
        if self.ancestry and not self.ancestry.is_empty:
            return "", ""  # it may be a file of the results of a step before
        known = {*BUILT_IN_NAMES, *self._roots}
        hint = did_you_mean(root, known) or "a step without needs knows no results of others"
        return f"'{name}' is unknown here", hint

    @property
    def _roots(self) -> frozenset[str]:
        return self.items | (self.ancestry.names if self.ancestry else frozenset())

    def _param(self, name: str) -> tuple[str, str]:
        if name in self.declared:
            return "", ""
        if not name:
            return "'params' is a group of names", "write params.NAME"
        listed = ", ".join(f"params.{each}" for each in sorted(self.declared)[:12])
        hint = did_you_mean(name, self.declared) or (
            f"declared are {listed}" if listed else "declare it under 'params:'"
        )
        return f"the param '{name}' is not declared", hint
