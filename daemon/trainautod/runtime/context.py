"""Everything the runtime holds in memory of a run that is not finished."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from trainautod.engine import RunState
from trainautod.lineage.projection import Artifact, Submission
from trainautod.lineage.results import Result
from trainautod.runtime.errors import StepRefused
from trainautod.runtime.snapshot import CodeSnapshot
from trainautod.spec import Pipeline, Step

_SEEN = 32  # steps whose visible files are remembered for those that follow


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a succeeded step gives to those that need it."""

    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    registrations: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def of(cls, result: Result) -> "StepResult":
        """Return what a stored result gives."""
        artifacts = {artifact.path: artifact for artifact in result.artifacts}
        return cls(artifacts, result.metrics, result.registrations)


@dataclass(eq=False)
class RunContext:
    """One live run.

    Attributes:
        unstorable: an event of it could not be stored, so that none after it may be.
    """

    submission: Submission
    pipeline: Pipeline
    spec_text: str
    code: CodeSnapshot
    state: RunState
    results: dict[str, StepResult] = field(default_factory=dict)
    unstorable: bool = False
    _seen: dict[str, Mapping[str, Artifact]] = field(default_factory=dict, repr=False)
    _values: dict[str, Mapping[str, Collection[str]]] = field(default_factory=dict, repr=False)

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.submission.run_id

    @cached_property
    def folder(self) -> Path:
        """The pipeline file's folder."""
        return Path(self.submission.path).parent

    @cached_property
    def _steps(self) -> dict[str, Step]:
        return {step.id: step for step in self.pipeline.steps}

    def step(self, step_id: str) -> Step:
        """Return the spec of a step or of an instance's group."""
        return self._steps[self.state.nodes[step_id].group or step_id]

    def values_of(self, group: str) -> Mapping[str, Collection[str]]:
        """Return the values, as texts, that a group's instances have for each name."""
        if group not in self._values:
            found: dict[str, set[str]] = {}
            for node in self.state.nodes.values():
                if node.group == group:
                    for name, value in (node.item or {}).items():
                        found.setdefault(name, set()).add(str(value))
            self._values[group] = found
        return self._values[group]

    def is_forced(self, step_id: str) -> bool:
        """Tell whether the submission forbids reuse for this step."""
        forced = self.submission.options.get("forced", ())
        return step_id in forced or self.state.nodes[step_id].group in forced

    def ancestors(self, step_id: str) -> list[str]:
        """Return every step this one needs, directly or not, in topological order."""
        seen: set[str] = set()
        stack = list(self._needs(step_id))
        while stack:
            need = stack.pop()
            if need not in seen:
                seen.add(need)
                stack.extend(self._needs(need))
        return [node for node in self.state.nodes if node in seen]

    def visible(self, step_id: str) -> Mapping[str, Artifact]:
        """Return the files a step sees of the steps it needs, by path.

        Raises:
            StepRefused: two steps, neither of which needs the other, wrote different bytes to
                the same path.
        """
        found = self._seen_in_a_row(step_id)
        if found is None:
            found = self._seen_of_all(step_id)
        while len(self._seen) >= _SEEN:
            self._seen.pop(next(iter(list(self._seen))), None)
        self._seen[step_id] = found
        return found

    def _seen_in_a_row(self, step_id: str) -> Mapping[str, Artifact] | None:
        """Return what a step sees that needs one other, out of what that one saw; None if unknown.

        So the price of a step in a long chain does not grow with its place.
        """
        (need, *others) = self._needs(step_id) or ("",)
        before, result = self._seen.get(need), self.results.get(need)
        if others or before is None or result is None:
            return None
        return {**before, **result.artifacts} if result.artifacts else before

    def _seen_of_all(self, step_id: str) -> dict[str, Artifact]:
        found: dict[str, Artifact] = {}
        makers: dict[str, str] = {}
        for maker in self._in_making_order(step_id):
            for path, artifact in self.results[maker].artifacts.items():
                known = found.get(path)
                if known is not None and known.digest != artifact.digest:
                    self._expect_successor(maker, makers[path], path, step_id)
                found[path], makers[path] = artifact, maker
        return found

    def _in_making_order(self, step_id: str) -> Iterator[str]:
        """Yield ancestors with results so that each comes after those it needs."""
        done: set[str] = set()

        def visit(node: str) -> Iterator[str]:
            stack: list[tuple[str, bool]] = [(need, False) for need in reversed(self._needs(node))]
            while stack:
                current, ready = stack.pop()
                if ready:
                    yield current
                elif current not in done:
                    done.add(current)
                    stack.append((current, True))
                    stack.extend((need, False) for need in reversed(self._needs(current)))

        yield from (node for node in visit(step_id) if node in self.results)

    def _expect_successor(self, later: str, earlier: str, path: str, reader: str) -> None:
        if earlier not in self.ancestors(later):
            raise StepRefused(
                f"{earlier} and {later} both wrote {path} with different content, and {reader} "
                "needs both; let one of them write to another path"
            )

    def _needs(self, step_id: str) -> tuple[str, ...]:
        """Return direct needs; needing a group is needing its instances and what it needs."""
        node = self.state.nodes[step_id]
        members = self._members.get(step_id, ()) if node.foreach else ()
        return (*members, *node.needs)

    @property
    def _members(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for node in self.state.nodes.values():
            if node.group is not None:
                found.setdefault(node.group, []).append(node.id)
        return {group: tuple(ids) for group, ids in found.items()}
