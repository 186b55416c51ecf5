"""Whom a pipeline tells, and of what."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from trainautod.spec.base import SpecModel
from trainautod.spec.document import Plain
from trainautod.spec.errors import ValueRefused
from trainautod.spec.fields import Filled, VariableName, many
from trainautod.spec.suggestion import did_you_mean

#: What people can be told of.
NOTICES = (
    "run_failed",
    "run_succeeded",
    "run_cancelled",
    "model_registered",
    "policy_fired",
    "policy_failed",
    "drift_unknown",
    "drift_stale",
    "model_stale",
    "slot_skipped",
    "slot_refused",
    "backfill_ended",
    "pipeline_broken",
    "task_died",
    "store_recovered",
)

#: What people are told of unless they say otherwise: all that needs somebody to look.
PROBLEMS = (
    "run_failed",
    "policy_failed",
    "drift_unknown",
    "drift_stale",
    "model_stale",
    "slot_refused",
    "pipeline_broken",
)


def notice(value: str) -> str:
    """Check that people can be told of something.

    Raises:
        ValueRefused: Nobody can be told of that.
    """
    if value not in NOTICES:
        hint = did_you_mean(value, NOTICES) or f"one of {', '.join(NOTICES)}"
        raise ValueRefused(f"nobody can be told of '{value[:40]}'", hint)
    return value


def _somebody(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueRefused("there is nobody to tell", "name a secret that holds an Apprise URL")
    return value


Notice = Annotated[Filled, AfterValidator(notice), WithJsonSchema({"enum": list(NOTICES)})]
_LIST = str | list[str]


class Notify(SpecModel):
    """Who is told of what.

    Attributes:
        on: What they are told of.
        to: Names of the secrets that hold their Apprise URLs.
    """

    on: Annotated[tuple[Notice, ...], BeforeValidator(many, json_schema_input_type=_LIST)] = Field(
        PROBLEMS, examples=[["run_failed", "run_succeeded"]]
    )
    to: Annotated[
        tuple[VariableName, ...],
        AfterValidator(_somebody),
        BeforeValidator(many, json_schema_input_type=_LIST),
    ] = Field(examples=[["SLACK_URL"]])


def notices(value: object) -> object:
    """The entries of ``notify``: a list, or one of them alone; text is a ``to``."""
    if value is None:
        return []
    several = value if isinstance(value, list | tuple) else [value]
    return [{"to": each} if isinstance(each, str | Plain) else each for each in several]
