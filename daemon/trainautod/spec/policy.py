"""Policies: on an event, if an expression holds, run a pipeline."""

import ast
import re
from collections.abc import Iterator
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from trainautod.spec import grammar
from trainautod.spec.errors import ExpressionError, ValueRefused
from trainautod.spec.expressions import Expression
from trainautod.spec.fields import EventName, Filled, Patterns, PipelineName, found, text
from trainautod.spec.model import Pipeline
from trainautod.spec.suggestion import nearest
from trainautod.spec.triggers import Reaction

DRIFT_ALERT = "drift_alert"
DEFAULT_WATCH = ("monitoring/",)

#: Events that have a meaning; any other name is one that ``trainauto signal`` sends.
EVENTS = (
    DRIFT_ALERT,
    "latency_alert",
    "data_arrived",
    "run_failed",
    "run_succeeded",
    "model_promoted",
    "rollout_failed",
    "model_stale",
)

#: Those of them that the daemon does not notice by itself: signals bring them.
SIGNALLED = ("latency_alert", "model_promoted", "rollout_failed")

#: Events of runs, which may be runs that the policy itself started.
ENDS = ("run_failed", "run_succeeded")

#: Keys that only some events give a meaning to.
_MEANT_FOR = {
    "watch": (DRIFT_ALERT,),
    "max_age": (DRIFT_ALERT, "model_stale"),
    "model": ("model_stale", "model_promoted"),
}

#: How alike two names are of which one is a mistake: a letter or two of ten.
_MISTAKEN = 0.8

V = TypeVar("V")
_THEN = re.compile(r"\s*run[ \t]+pipeline[ \t]*:[ \t]*(\S+)\s*")
_HINT = "write it as then: 'run pipeline: NAME'"


def _pipeline(value: object) -> str:
    """The pipeline's name in ``run pipeline: NAME``, as text or as a mapping of one key."""
    if isinstance(value, dict):
        if list(value) != ["run pipeline"]:
            raise ValueRefused("'then' has one key, 'run pipeline'", _HINT)
        return text(value["run pipeline"])
    if value is None:
        raise ValueRefused(f"expected an action, found {found(value)}", _HINT)
    match = _THEN.fullmatch(text(value))
    if match is None:
        raise ValueRefused(f"'{text(value)[:60]}' is not an action", _HINT)
    return match[1]


Action = Annotated[
    PipelineName,
    BeforeValidator(_pipeline),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\s*run[ \t]+pipeline[ \t]*:[ \t]*\S+\s*$"},
                {
                    "type": "object",
                    "properties": {"run pipeline": {"type": "string"}},
                    "required": ["run pipeline"],
                    "additionalProperties": False,
                },
            ],
            "examples": ["run pipeline: retrain_partial"],
        }
    ),
]


class Policy(Reaction):
    """On EVENT, if EXPRESSION, then run PIPELINE.

    Attributes:
        name: Its name; the file's stem unless it is given.
        on: The event's name.
        pipeline: Name of the pipeline to run.
        watch: Patterns or folders of the reports that the event is read from, relative to the
            policy's file; ``monitoring/`` for ``drift_alert`` unless it is given.
        model: The model whose age ``model_stale`` tells; any unless it is given.
    """

    name: PipelineName
    on: EventName = Field(examples=["drift_alert"])
    pipeline: Action = Field(alias="then")
    watch: Patterns = ()
    model: Filled | None = Field(None, examples=["flight-delay"])

    @field_validator("on")
    @classmethod
    def _expect_age(cls, on: str, info: ValidationInfo) -> str:
        if "max_age_s" not in info.data:
            return on  # it was refused
        age = info.data["max_age_s"]
        if on == "model_stale" and age is None:
            hint = "write max_age: 7d for a week without a new version"
            raise ValueRefused("the event model_stale needs a max_age", hint)
        if age is not None:
            _expect_meaning("max_age", on)
        return on

    @field_validator("watch", "model")
    @classmethod
    def _expect_meant(cls, value: V, info: ValidationInfo) -> V:
        if value and "on" in info.data:
            _expect_meaning(str(info.field_name), info.data["on"])
        return value

    @field_validator("pipeline")
    @classmethod
    def _refuse_loop(cls, pipeline: str, info: ValidationInfo) -> str:
        """Refuse what would start itself over and over, as fast as its runs end."""
        given = info.data
        known = given.get("on") in ENDS and "condition" in given and "cooldown_s" in given
        if known and not given["cooldown_s"] and _may_concern(given["condition"], pipeline):
            raise ValueRefused(
                f"its own runs would start it again and again: it runs '{pipeline}' whenever "
                f"'{pipeline}' ends so",
                f"give it a cooldown, or a condition with pipeline != '{pipeline}'",
            )
        return pipeline

    @property
    def watched(self) -> tuple[str, ...]:
        """The patterns of the reports that it reads; none when its event is not read from files."""
        if self.on != DRIFT_ALERT:
            return ()
        return self.watch or DEFAULT_WATCH

    @property
    def by_signal(self) -> bool:
        """Tell whether its event comes by a signal only."""
        return self.on in SIGNALLED or self.on not in EVENTS

    @property
    def meant(self) -> str | None:
        """The event that the name of its own is so near to that it may be a mistake for it."""
        return None if self.on in EVENTS else nearest(self.on, EVENTS, _MISTAKEN)

    def hears_as(self, other: "Policy") -> bool:
        """Tell whether the same events concern it that concern another policy."""
        return (self.on, self.watched, self.model) == (other.on, other.watched, other.model)


def policies_of(pipeline: Pipeline) -> tuple[Policy, ...]:
    """The policies that a pipeline's own drift triggers are, named ``NAME:drift``."""
    triggers = [entry.drift for entry in pipeline.on if entry.drift is not None]
    return tuple(
        Policy.model_construct(
            name=f"{pipeline.name}:drift" + (f"-{number}" if number > 1 else ""),
            on=DRIFT_ALERT,
            pipeline=pipeline.name,
            watch=trigger.path,
            **{name: getattr(trigger, name) for name in Reaction.model_fields},
        )
        for number, trigger in enumerate(triggers, 1)
    )


def _expect_meaning(key: str, on: str) -> None:
    events = _MEANT_FOR[key]
    if on not in events:
        told = f"'{key}' means nothing to the event {on}"
        raise ValueRefused(told, f"it goes with on: {' or '.join(events)}")


def _may_concern(condition: str, pipeline: str) -> bool:
    """Whether a condition can hold for the end of a run of a pipeline, as far as it can be told."""
    for part in _conjuncts(Expression.parse(condition).tree):
        if set(grammar.paths(part)) == {("pipeline",)}:
            alone = Expression(condition, frozenset({"pipeline"}), part)
            try:
                if not alone.holds({"pipeline": pipeline}):
                    return False
            except ExpressionError:
                continue  # as it would be at each event, where it is told
    return True


def _conjuncts(tree: ast.expr) -> Iterator[ast.expr]:
    """The parts that must all hold."""
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        for part in tree.values:
            yield from _conjuncts(part)
    else:
        yield tree
