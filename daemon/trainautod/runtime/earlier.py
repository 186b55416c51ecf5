"""Finding the earlier result of a step that may stand in for running it."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from trainautod.artifacts.objects import ObjectStore
from trainautod.engine import Reuse
from trainautod.lineage import Store
from trainautod.lineage.queries import sql
from trainautod.lineage.results import Result, earlier_result, result_of_key
from trainautod.lineage.store import Work
from trainautod.planning.errors import KeyInputsUnreadable
from trainautod.planning.key import KeyInputs
from trainautod.planning.refresh import Refresh, is_settled, is_written_alike
from trainautod.runtime.clock import Clock
from trainautod.runtime.context import RunContext, StepResult
from trainautod.runtime.known import KnownResults
from trainautod.runtime.reasons import readable_changes
from trainautod.spec import Pipeline, SpecInvalid, Step, load

T = TypeVar("T")

_REASONS_SHOWN = 3


class EarlierResults:
    """Looks results up for steps that are to be decided on; safe to call from worker threads."""

    def __init__(self, store: Store, objects: ObjectStore, clock: Clock) -> None:
        self.known = KnownResults()
        self._store = store
        self._objects = objects
        self._clock = clock

    def look_up(
        self,
        context: RunContext,
        step: Step,
        step_id: str,
        key: str,
        inputs: KeyInputs,
        names: Mapping[str, Any],
    ) -> tuple[Reuse | None, str]:
        """Return the result that stands in, put into the context, and the reason for either.

        Args:
            context: the run.
            step: the spec of the step, or of the instance's group.
            step_id: the step, or the instance.
            key: its cache key.
            inputs: what the key is made of.
            names: what the step's expressions read.
        """
        if not step.cache.enabled:
            return None, "cache is off for this step"
        if context.is_forced(step_id):
            return None, "forced"
        found, why = self.known.get(key), ""
        if found is None:
            pipeline = context.submission.pipeline
            found, why = self._ask(lambda c: _result_or_why(c, key, pipeline, step_id, inputs))
        if found is None:
            refresh = Refresh.of(step)
            choice = refresh.choose(names, context.values_of(step.id)) if refresh else None
            if choice is None:
                return None, why
            if choice.chosen:
                return None, f"{choice.reason}; {why}"
            kept = self._keep(context, step, step_id, inputs, choice.reason)
            return kept, why if kept is None else kept.reason
        unusable = self._unusable(found, step)
        if unusable is not None:
            self.known.forget(key)
            return None, unusable
        self.known.found(key, found)
        reason = f"unchanged since run {found.source.run_id}"
        return _reuse(context, step_id, found, key, reason), reason

    def _keep(
        self,
        context: RunContext,
        step: Step,
        step_id: str,
        inputs: KeyInputs,
        left_out: str,
    ) -> Reuse | None:
        """Return the newest result of an instance that ``refresh`` leaves out, if it may stand."""
        pipeline = context.submission.pipeline
        newest = self._ask(lambda c: _newest(c, pipeline, step_id))
        if newest is None or not newest.stands_for(step, inputs):
            return None
        if self._unusable(newest.result, step) is not None:
            return None
        reason = f"kept from run {newest.result.source.run_id}: {left_out}"
        return _reuse(context, step_id, newest.result, newest.key, reason)

    def _ask(self, work: Work[T]) -> T:
        """Read the store from a worker thread; what is seen is stored before the verdict is."""
        return self._store.submit(work, urgent=False).result()

    def _unusable(self, result: Result, step: Step) -> str | None:
        ttl_s = step.cache.ttl_s
        age_s = (self._clock.now_ms() - result.at_ms) / 1000
        if ttl_s is not None and age_s > ttl_s:
            return f"the result is {age_s:.0f}s old, its ttl is {ttl_s:.0f}s"
        for artifact in result.artifacts:
            if not self._objects.check(artifact.digest):
                short = artifact.digest[:8]
                return f"output {artifact.path} ({short}) is missing or damaged, made again"
        return None


def _reuse(context: RunContext, step_id: str, found: Result, key: str, reason: str) -> Reuse:
    """Let an earlier result stand, for the step and for those that need it."""
    context.results[step_id] = StepResult.of(found)
    return Reuse(key, reason, found.source.run_id, found.source.step, found.source.attempt)


@dataclass(frozen=True, slots=True)
class _Newest:
    """The newest result of a step.

    Attributes:
        key: its cache key.
        inputs: what the key is made of, as it is stored.
        text: of the pipeline that it was made by.
    """

    key: str
    inputs: str
    text: str
    result: Result

    def stands_for(self, step: Step, inputs: KeyInputs) -> bool:
        """Tell whether only the data are others since."""
        try:
            before = KeyInputs.from_json(self.inputs)
        except KeyInputsUnreadable:
            return False
        pipeline = _pipeline(self.text)
        written = next((s for s in pipeline.steps if s.id == step.id), None) if pipeline else None
        alike = written is not None and is_written_alike(written, step)
        return alike and is_settled(before, inputs)


def _newest(connection: sqlite3.Connection, pipeline: str, step_id: str) -> _Newest | None:
    earlier = earlier_result(connection, pipeline, step_id)
    if earlier is None or earlier.key_inputs is None:
        return None
    row = connection.execute(sql("spec_of_run"), {"run_id": earlier.source.run_id}).fetchone()
    result = result_of_key(connection, earlier.cache_key)
    if row is None or result is None:
        return None
    return _Newest(earlier.cache_key, earlier.key_inputs, row["text"], result)


@lru_cache(16)
def _pipeline(text: str) -> Pipeline | None:
    """Return a stored pipeline; None when this version does not understand it."""
    try:
        found = load(text, "stored.yaml")
    except SpecInvalid:
        return None
    return found if isinstance(found, Pipeline) else None


def _result_or_why(
    connection: sqlite3.Connection, key: str, pipeline: str, step: str, inputs: KeyInputs
) -> tuple[Result | None, str]:
    """Return the result with a key, or why there is none; both in one visit to the store."""
    found = result_of_key(connection, key)
    return found, "" if found is not None else _why(connection, pipeline, step, inputs)


def _why(connection: sqlite3.Connection, pipeline: str, step: str, inputs: KeyInputs) -> str:
    earlier = earlier_result(connection, pipeline, step)
    if earlier is None or earlier.key_inputs is None:
        return "no earlier result"
    return _shown(readable_changes(connection, earlier.key_inputs, inputs))


def _shown(found: Sequence[str]) -> str:
    more = f"; and {len(found) - _REASONS_SHOWN} more" if len(found) > _REASONS_SHOWN else ""
    return "; ".join(found[:_REASONS_SHOWN]) + more or "an earlier format of the cache key"
