"""What steps say about one another: needs that exist, no circles, and names that are known.

The checks read the document rather than the models, so that they find what they can in a file
that has other problems too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
    by_name = {outline.name: outline for outline in outlines}
    earlier = _earlier(outlines)
    env = origin.root.get("env")
    variables = env.get("vars") if isinstance(env, Mapping) else None
    for text, location in _texts(variables, ("env", "vars")):
        names = _Names(origin, declared, frozenset(), {}, closed=True)
        yield from names.check(text, location)
    for outline in outlines:
        foreach = outline.node.get("foreach")
        known = frozenset(earlier[outline.id])
        stems = {stem for name in known for stem in _stems(by_name[name])}
        far = {
            name: each.id
            for name, each in by_name.items()
            if name not in {*known, *stems, outline.name}
        }
        outer = _Names(origin, declared, known, far, closed=not outline.needs)
        own = replace(outer, roots=known | _items(foreach))
        for key in ("run", "inputs", "outputs", "env"):
            for text, location in _texts(outline.node.get(key), (*outline.location, key)):
                yield from own.check(text, location)
        for text, location in _texts(outline.node.get("when"), (*outline.location, "when")):
            yield from own.check(text, location, is_expression=True)
        if isinstance(foreach, Scalar | Mapping):
            for text, location in _texts(foreach, (*outline.location, "foreach")):
                yield from outer.check(text, location, is_expression=True)


def _earlier(outlines: tuple[_Outline, ...]) -> dict[str, set[str]]:
    """The names of the steps that each step needs, directly or not, by its id."""
    by_id = {outline.id: outline for outline in reversed(outlines)}
    found: dict[str, set[str]] = {}
    for outline in outlines:
        names: set[str] = set()
        pending = [outline.id]
        while pending:
            for need, _ in by_id[pending.pop()].needs:
                if need in by_id and by_id[need].name not in names:
                    names.add(by_id[need].name)
                    pending.append(need)
        found[outline.id] = names - {outline.name}
    return found


def _stems(outline: _Outline) -> set[str]:
    """The names under which the JSON files that a step declares can be read."""
    texts = (text for text, _ in _texts(outline.node.get("outputs"), ()))
    files = (path.rpartition("/")[2] for text in texts for path in text.split())
    return {file.removesuffix(".json").replace("-", "_") for file in files if ".json" in file}


def _items(foreach: Node | None) -> set[str]:
    if isinstance(foreach, Mapping):
        return {entry.key for entry in foreach.entries}
    return {"item"} if isinstance(foreach, Scalar | Sequence) else set()


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that a text may use.

    Attributes:
        roots: Names of the steps it needs, directly or not, and of foreach items.
        far: Names of steps that it does not need, with their ids.
        closed: Nothing else can be known: no earlier step, so no file of its results.
    """

    origin: Origin
    declared: set[str]
    roots: frozenset[str]
    far: dict[str, str]
    closed: bool

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
        if root in BUILT_IN_NAMES or root in self.roots:
            return "", ""
        if root in self.far:
            step = self.far[root][:60]
            return f"'{name}' is of a step that this one does not need", f"add '{step}' to needs"
        if nearest(root, BUILT_IN_NAMES) == "params" and first in self.declared:
            return f"'{name}' is unknown here", f"did you mean 'params.{first}'?"
        if not self.closed:
            return "", ""
        known = {*BUILT_IN_NAMES, *self.roots}
        hint = did_you_mean(root, known) or "a step without needs knows no results of others"
        return f"'{name}' is unknown here", hint

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
