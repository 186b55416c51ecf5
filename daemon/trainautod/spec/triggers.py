"""What starts a pipeline by itself: the clock, files that arrive, reports of drift."""

from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from trainautod.spec import grammar
from trainautod.spec.base import SpecModel
from trainautod.spec.cron import timing
from trainautod.spec.document import Plain
from trainautod.spec.errors import ValueRefused
from trainautod.spec.expressions import Expression
from trainautod.spec.fields import (
    Condition,
    Filled,
    Number,
    Param,
    ParamValue,
    Patterns,
    Seconds,
    Text,
    Timeout,
    VariableName,
    Whole,
    at_least,
    at_most,
    found,
    mapping,
    one_of,
    text,
)
from trainautod.spec.suggestion import did_you_mean
from trainautod.spec.templates import Template

#: Features that ``trigger.affected`` names unless ``top`` says otherwise.
TOP = 5

#: Kinds of trigger in ``on``.
KINDS = ("data", "drift")


def _timing(value: str) -> str:
    timing(value)
    return value.strip()


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        known = available_timezones()
        hint = did_you_mean(value, known) or "write it as Europe/Berlin or UTC"
        raise ValueRefused(f"the time zone '{value[:60]}' is not known", hint) from None
    return value


def _template(value: Param) -> Param:
    if isinstance(value, str):
        Template.parse(value)
    return value


def _present(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueRefused("there is no path to watch")
    return value


Catchup = Annotated[
    Text,
    one_of("latest", "all", "none"),
    WithJsonSchema({"enum": ["latest", "all", "none"]}),
]
Overlap = Annotated[
    Text,
    one_of("skip", "queue", "cancel_running"),
    WithJsonSchema({"enum": ["skip", "queue", "cancel_running"]}),
]
Watched = Annotated[Patterns, AfterValidator(_present)]


class Schedule(SpecModel):
    """When runs start by the clock.

    Attributes:
        cron: Five cron fields, a nickname such as ``@daily``, or ``@every 15m``.
        timezone: IANA name of the zone that `cron` is read in; None is the machine's own.
        catchup: Which missed times are made up for: the latest one, all of them, or none.
        catchup_window_s: How far back missed times are made up for.
        overlap: What becomes of a time at which an earlier run has not ended: it is skipped, it
            waits, or the earlier run is cancelled.
        jitter_s: Most delay of a run, another one for each time, always the same for one.
    """

    cron: Annotated[Filled, AfterValidator(_timing)] = Field(
        examples=["0 2 * * *", "@daily", "@every 15m"]
    )
    timezone: Annotated[Filled, AfterValidator(_timezone)] | None = Field(
        None, examples=["Europe/Berlin", "UTC"]
    )
    catchup: Catchup = "latest"
    catchup_window_s: Seconds = Field(86_400.0, alias="catchup_window")
    overlap: Overlap = "skip"
    jitter_s: Seconds = Field(0.0, alias="jitter")


class DataTrigger(SpecModel):
    """A run for the files that arrive.

    Attributes:
        path: Patterns or folders to watch, relative to the pipeline's file.
        settle_s: A file counts once its size and time stood still for so long; 0 is when nobody
            has it open for writing any more.
        batch_s: How long a run waits for more files after the first.
    """

    path: Watched = Field(examples=["data/incoming/*.parquet"])
    settle_s: Seconds = Field(2.0, alias="settle")
    batch_s: Seconds = Field(0.0, alias="batch")


class Reaction(SpecModel):
    """When an event starts a run, and with which params.

    Attributes:
        condition: Expression over what the event carries.
        params: Values to run with; texts are templates over what the event carries.
        cooldown_s: Least time between two runs that it starts.
        clear_below: The value under which the first name of the condition must fall before it can
            start another run.
        consecutive: How many events in a row must satisfy the condition.
        top: How many of the most affected features ``trigger.affected`` names at most.
        max_age_s: Age of the last good report, or of a model's newest version, from which on
            people are told.
    """

    condition: Condition = Field(alias="if", examples=["drift_score > 0.1"])
    params: Annotated[
        dict[VariableName, Annotated[ParamValue, AfterValidator(_template)]],
        BeforeValidator(mapping),
    ] = Field({}, alias="with")
    cooldown_s: Seconds = Field(0.0, alias="cooldown")
    clear_below: Number | None = None
    consecutive: Annotated[Whole, at_least(1), at_most(10_000)] = Field(1, alias="for")
    top: Annotated[Whole, at_least(1), at_most(10_000)] = TOP
    max_age_s: Timeout | None = Field(None, alias="max_age")

    @field_validator("clear_below")
    @classmethod
    def _expect_name(cls, value: float | None, info: ValidationInfo) -> float | None:
        condition = info.data.get("condition")
        if value is None or not condition:
            return value
        first = next(grammar.paths(Expression.parse(condition).tree), None)
        if first is None:
            raise ValueRefused("the condition reads no value that could fall below it")
        if value <= 0 and first == ("drift_score",):
            told = "a drift_score is never below 0, so it would start one run and no other"
            raise ValueRefused(told, "write what counts as no drift, such as 0.05")
        return value


class DriftTrigger(Reaction):
    """A run when a report of drift satisfies a condition.

    Attributes:
        path: Patterns or folders of the reports, relative to the pipeline's file.
    """

    path: Watched = Field(examples=["monitoring/*.json"])


def _data(value: object) -> object:
    return {"path": value} if isinstance(value, str | Plain | list | tuple) else value


class Trigger(SpecModel):
    """One entry of ``on``: it has one of its keys.

    Attributes:
        data: Files that arrive.
        drift: Reports of drift.
    """

    data: (
        Annotated[DataTrigger, BeforeValidator(_data, json_schema_input_type=str | DataTrigger)]
        | None
    ) = None
    drift: DriftTrigger | None = None


def triggers(value: object) -> object:
    """The entries of ``on``: a list, or one of them alone; each names one kind.

    Raises:
        ValueRefused: An entry is not a mapping of one key.
    """
    if value is None:
        return []
    entries = value if isinstance(value, list | tuple) else [value]
    for entry in entries:
        if isinstance(entry, Trigger):
            continue
        if not isinstance(entry, dict):
            raise ValueRefused(
                f"expected a trigger, found {found(entry)}", "write it as data: PATTERN"
            )
        known = [key for key in KINDS if key in entry]
        if len(known) != 1 and not set(entry) - set(KINDS):
            raise ValueRefused("a trigger has one key, data or drift", "list several with dashes")
    return entries


def schedules(value: object) -> object:
    """The entries of ``schedule``: a list, or one of them alone; text is a ``cron``."""
    several = value if isinstance(value, list | tuple) else [value]
    return [{"cron": text(each)} if isinstance(each, str | Plain) else each for each in several]
