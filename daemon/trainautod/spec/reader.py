"""A file's text as one of the three kinds of document, with every problem of it at once."""

import re
from dataclasses import replace
from pathlib import PurePath

from pydantic import ValidationError

from trainautod.spec import references
from trainautod.spec.document import Entry, Mapping, Node, Sequence, data, read
from trainautod.spec.errors import Problem, SpecInvalid
from trainautod.spec.model import INERT_KEYS, STEP_ALIASES, Pipeline, inert
from trainautod.spec.policy import Policy
from trainautod.spec.problems import Origin, problems
from trainautod.spec.suggestion import nearest
from trainautod.spec.sweep_policy import SweepPolicy

Spec = Pipeline | Policy | SweepPolicy

#: Keys that only one kind of document has, in the order in which the kinds are tried.
_MARKS: tuple[tuple[type[Spec], frozenset[str]], ...] = (
    (Pipeline, frozenset({"steps"})),
    (Policy, frozenset({"if", "then"})),
    (
        SweepPolicy,
        frozenset({"max_time", "max_cpus", "max_memory", "max_cost", "trial_timeout", "trials",
                   "pruning", "objective", "sampler"}),
    ),
)  # fmt: skip


def load(text: str | bytes, source: str) -> Spec:
    """The pipeline, policy or sweep policy that `text` describes.

    Args:
        text: YAML 1.2, at most 1 MiB; bytes are UTF-8.
        source: The file's name, for messages; its stem is the name of a document without one.

    Raises:
        SpecInvalid: With all problems of the file.
    """
    root, found = read(text, source)
    kind = _kind(root)
    if kind is Pipeline:
        root = _canonical(root, source, found)
    origin = Origin(root, source)
    spec: Spec | None = None
    try:
        spec = kind.model_validate(_named(root, source), by_alias=True, by_name=False)
    except ValidationError as error:
        found += problems(error, origin, kind)
    if kind is Pipeline:
        found += references.check(origin)
    if spec is None or found:
        raise SpecInvalid(tuple(sorted(dict.fromkeys(found), key=_position)))
    return _resolved(spec) if isinstance(spec, Pipeline) else spec


def _kind(root: Mapping) -> type[Spec]:
    """The kind whose own keys the document has, or nearly has."""
    keys = {entry.key for entry in root.entries}
    for kind, marks in _MARKS:
        if marks & keys:
            return kind
    for kind, marks in _MARKS:
        if any(nearest(key, marks) for key in keys):
            return kind
    return Pipeline


def _named(root: Mapping, source: str) -> object:
    """The document's data, named after its file when it has no name."""
    values = data(root)
    if isinstance(values, dict) and values.get("name") is None:
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", PurePath(source).stem).strip(".-")
        values["name"] = stem[:100] or "unnamed"
    return values


def _canonical(root: Mapping, source: str, found: list[Problem]) -> Mapping:
    """The document with aliases of step keys replaced, less the keys that have no effect yet."""
    for entry in root.entries:
        if entry.key in INERT_KEYS:
            refusal = inert(entry.key)
            found.append(_at(entry, source, "", refusal.message, refusal.hint))
    entries = tuple(
        replace(entry, value=_canonical_steps(entry.value, source, found))
        if entry.key == "steps"
        else entry
        for entry in root.entries
        if entry.key not in INERT_KEYS
    )
    return replace(root, entries=entries)


def _canonical_steps(steps: Node, source: str, found: list[Problem]) -> Node:
    if not isinstance(steps, Sequence):
        return steps
    items = tuple(
        _canonical_step(step, f"steps[{index}]", source, found)
        if isinstance(step, Mapping)
        else step
        for index, step in enumerate(steps.items)
    )
    return replace(steps, items=items)


def _canonical_step(step: Mapping, key: str, source: str, found: list[Problem]) -> Mapping:
    entries: list[Entry] = []
    for entry in step.entries:
        name = STEP_ALIASES.get(entry.key)
        if name is None:
            entries.append(entry)
        elif step.entry(name) is None:
            entries.append(replace(entry, key=name, written=entry.key))
        else:
            message = f"'{entry.key}' and '{name}' are the same key"
            found.append(_at(entry, source, key, message, "keep one of the two"))
    return replace(step, entries=tuple(entries))


def _at(entry: Entry, source: str, key: str, message: str, hint: str) -> Problem:
    return Problem(source, entry.line, entry.column, key, message, hint)


def _position(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column


def _resolved(pipeline: Pipeline) -> Pipeline:
    steps = tuple(
        step.resolved(pipeline.defaults, pipeline.env, pipeline.shell) for step in pipeline.steps
    )
    return pipeline.model_copy(update={"steps": steps})
