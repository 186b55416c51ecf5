"""Policies: on an event, if an expression holds, run a pipeline."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from trainautod.spec.errors import ValueRefused
from trainautod.spec.fields import EventName, Filled, Patterns, PipelineName, found, text
from trainautod.spec.model import Pipeline
from trainautod.spec.triggers import Reaction

DRIFT_ALERT = "drift_alert"
DEFAULT_WATCH = ("monitoring/",)

#: Events that the daemon itself tells of; any other name is one that ``trainauto signal`` sends.
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

    @property
    def watched(self) -> tuple[str, ...]:
        """The patterns of the reports that it reads; none when its event is not read from files."""
        if self.on != DRIFT_ALERT:
            return ()
        return self.watch or DEFAULT_WATCH


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
