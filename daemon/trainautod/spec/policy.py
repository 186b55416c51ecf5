"""Policies: on an event, if an expression holds, run a pipeline."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from trainautod.spec.errors import ValueRefused
from trainautod.spec.fields import (
    Condition,
    EventName,
    Number,
    Param,
    ParamValue,
    Patterns,
    PipelineName,
    Seconds,
    Timeout,
    VariableName,
    Whole,
    at_least,
    at_most,
    found,
    mapping,
    text,
)
from trainautod.spec.model import SpecModel
from trainautod.spec.templates import Template

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


def _template(value: Param) -> Param:
    if isinstance(value, str):
        Template.parse(value)
    return value


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


class Policy(SpecModel):
    """On EVENT, if EXPRESSION, then run PIPELINE.

    Attributes:
        name: Its name; the file's stem unless it is given.
        on: The event's name.
        condition: Expression over what the event carries.
        pipeline: Name of the pipeline to run.
        params: Values to run it with; texts are templates over what the event carries.
        cooldown_s: Least time between two runs that the policy starts.
        clear_below: The value under which the condition must fall before it can fire again.
        consecutive: How many events in a row must satisfy the condition.
        watch: Patterns of the files that the event is read from.
        max_age_s: Age of the last good report from which on people are told.
    """

    name: PipelineName
    on: EventName = Field(examples=["drift_alert"])
    condition: Condition = Field(alias="if", examples=["drift_score > 0.1"])
    pipeline: Action = Field(alias="then")
    params: Annotated[
        dict[VariableName, Annotated[ParamValue, AfterValidator(_template)]],
        BeforeValidator(mapping),
    ] = Field({}, alias="with")
    cooldown_s: Seconds = Field(0.0, alias="cooldown")
    clear_below: Number | None = None
    consecutive: Annotated[Whole, at_least(1), at_most(10_000)] = Field(1, alias="for")
    watch: Patterns = ()
    max_age_s: Timeout | None = Field(None, alias="max_age")
