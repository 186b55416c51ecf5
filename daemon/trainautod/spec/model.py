"""What a pipeline file means: frozen models, each field with the form that the file gives it."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from trainautod.spec.base import SpecModel, inert
from trainautod.spec.document import Plain
from trainautod.spec.errors import ValueRefused
from trainautod.spec.fields import (
    Bytes,
    Command,
    Condition,
    Filled,
    Flag,
    ForeachName,
    ForeachValues,
    Inputs,
    Needs,
    Number,
    Outputs,
    Param,
    Params,
    ParamValue,
    PipelineName,
    Refresh,
    Seconds,
    Signal,
    StepId,
    Text,
    Timeout,
    VariableName,
    Variables,
    Whole,
    at_least,
    at_most,
    many,
    mapping,
    one_of,
)
from trainautod.spec.notify import Notify, notices
from trainautod.spec.triggers import (
    DataTrigger,
    DriftTrigger,
    Schedule,
    Trigger,
    schedules,
    triggers,
)

#: Extra tries; more than this hides a fault instead of bridging it.
MAX_RETRIES = 100

#: Instances of one foreach step.
MAX_INSTANCES = 10_000

#: The largest seed that PYTHONHASHSEED and numpy take.
MAX_SEED = 2**32 - 1

#: Other names for two keys of a step.
STEP_ALIASES = {"depends": "needs", "command": "run"}

#: Keys of the format that this version does not act on.
INERT_KEYS = ("gate", "rollout", "sweep")


class Env(SpecModel):
    """What every step of a pipeline runs in.

    Attributes:
        lock: Path of a lock file, whose digest is part of every cache key.
        python: A version such as ``3.11``, or the path of an interpreter.
        vars: Environment variables of every step.
        secrets: Names of variables that are passed on and never stored.
    """

    lock: Filled | None = None
    python: Filled | None = None
    vars: Variables = Field({})
    secrets: Annotated[
        tuple[VariableName, ...], BeforeValidator(many, json_schema_input_type=str | list[str])
    ] = ()


class Retry(SpecModel):
    """When a step that failed is tried again.

    Attributes:
        limit: Extra tries.
        interval_s: Wait before the first of them.
        backoff: Factor from one wait to the next.
        max_interval_s: Longest wait.
        exit_codes: Retry these only; empty means any failure.
    """

    limit: Annotated[Whole, at_least(0), at_most(MAX_RETRIES)] = 0
    interval_s: Seconds = Field(10.0, alias="interval")
    backoff: Annotated[Number, at_least(1), at_most(100)] = 2.0
    max_interval_s: Seconds = Field(300.0, alias="max_interval")
    exit_codes: tuple[Annotated[Whole, at_least(1), at_most(255)], ...] = ()


class Stop(SpecModel):
    """How a step is asked to end.

    Attributes:
        signal: The signal that asks.
        grace_s: Time from there until it is killed.
    """

    signal: Signal = "SIGTERM"
    grace_s: Seconds = Field(10.0, alias="grace")


class Resources(SpecModel):
    """What a step holds while it runs.

    Attributes:
        cpus: CPUs, which may be a fraction.
        gpus: Whole GPUs.
        memory_bytes: Memory that all its processes together may use; None is no limit.
    """

    cpus: Annotated[Number, at_least(0, inclusive=False), at_most(4096)] = 1.0
    gpus: Annotated[Whole, at_least(0), at_most(1024)] = 0
    memory_bytes: Bytes | None = Field(None, alias="memory")


class Cache(SpecModel):
    """Whether an earlier result may stand in.

    Attributes:
        enabled: False runs the step every time.
        ttl_s: Age from which on a result is made anew; None is never.
    """

    enabled: Flag = True
    ttl_s: Timeout | None = Field(None, alias="ttl")


def _bounded(over: dict[str, tuple[Param, ...] | str]) -> dict[str, tuple[Param, ...] | str]:
    count = math.prod(len(values) for values in over.values() if isinstance(values, tuple))
    if count > MAX_INSTANCES:
        raise ValueRefused(f"the step would have {count:,} instances, more than {MAX_INSTANCES:,}")
    return over


class Foreach(SpecModel):
    """One instance of the step per combination: each name to its values, or to an expression."""

    over: Annotated[dict[ForeachName, ForeachValues], AfterValidator(_bounded)]


def _retry(value: object) -> object:
    return {"limit": value} if isinstance(value, int | Plain) else mapping(value)


def _cache(value: object) -> object:
    if isinstance(value, str):
        raise ValueRefused(f"expected true or false, found '{value[:40]}'", "or write {ttl: 1d}")
    return {"enabled": value} if isinstance(value, bool | Plain) else mapping(value)


def _foreach(value: object) -> object:
    if value is None or isinstance(value, Foreach):
        return value
    if isinstance(value, dict) and not value:
        raise ValueRefused("foreach has no name to run over")
    return {"over": value if isinstance(value, dict) else {"item": value}}


RetryField = Annotated[Retry, BeforeValidator(_retry, json_schema_input_type=int | Retry)]
CacheField = Annotated[Cache, BeforeValidator(_cache, json_schema_input_type=bool | Cache)]
ForeachField = Annotated[
    Foreach,
    BeforeValidator(
        _foreach,
        json_schema_input_type=dict[ForeachName, ForeachValues] | list[ParamValue] | str,
    ),
]
StopField = Annotated[Stop, BeforeValidator(mapping)]
ResourcesField = Annotated[Resources, BeforeValidator(mapping)]
Shell = Annotated[Text, one_of("sh", "bash"), WithJsonSchema({"enum": ["sh", "bash"]})]


class Defaults(SpecModel):
    """What each step has unless it says otherwise.

    Attributes:
        retry: When a step that failed is tried again; a number is the limit of extra tries.
        timeout_s: Time after which an attempt is ended; None is never.
        stop: How a step is asked to end.
        resources: What a step holds while it runs.
        cache: Whether an earlier result may stand in.
    """

    retry: RetryField = Retry()
    timeout_s: Timeout | None = Field(None, alias="timeout")
    stop: StopField = Stop()
    resources: ResourcesField = Resources()
    cache: CacheField = Cache()


class Step(SpecModel):
    """One shell command with what it needs and what it makes.

    Attributes:
        id: Its name in the pipeline.
        run: The command, a template.
        needs: Steps that must have succeeded, whose outputs it sees.
        inputs: Paths from outside of the sandbox that it reads; templates.
        outputs: Relative paths that it must have made; templates.
        when: Expression; when false, the step and its dependents are skipped.
        foreach: Values of which each makes an instance of the step.
        refresh: Which instances are made anew: those whose values are in the list that an
            expression gives. The others keep their newest result. With several names in
            `foreach`, a mapping of some of them to expressions.
        retry: When it is tried again after a failure; a number is the limit of extra tries.
        timeout_s: Time after which an attempt is ended; None is never.
        stop: How it is asked to end.
        resources: What it holds while it runs.
        cache: Whether an earlier result may stand in.
        shell: The shell that reads `run`; it stops at the first command that fails.
        env: Environment variables, those of the pipeline included; templates.
    """

    id: StepId
    run: Command = Field(examples=["python train.py --until {{ds}}"])
    needs: Needs = ()
    inputs: Inputs = ()
    outputs: Outputs = ()
    when: Condition | None = Field(None, examples=["eval.passed == true"])
    foreach: ForeachField | None = None
    refresh: Refresh | None = Field(None, examples=["trigger.affected"])
    retry: RetryField = Retry()
    timeout_s: Timeout | None = Field(None, alias="timeout")
    stop: StopField = Stop()
    resources: ResourcesField = Resources()
    cache: CacheField = Cache()
    shell: Shell = "sh"
    env: Variables = Field({})

    def resolved(self, defaults: Defaults, env: Env, shell: str) -> "Step":
        """This step with the pipeline's defaults under what it says itself."""
        merged = _merged(defaults, self, Defaults.model_fields)
        if "shell" not in self.model_fields_set:
            merged["shell"] = shell
        return self.model_copy(update={**merged, "env": {**env.vars, **self.env}})


def _merged(under: SpecModel, over: SpecModel, names: Any) -> dict[str, Any]:
    """The fields `names` of `over` where it sets them, else of `under`; models field by field."""
    values: dict[str, Any] = {}
    for name in names:
        below, above = getattr(under, name), getattr(over, name)
        if name not in over.model_fields_set:
            values[name] = below
        elif isinstance(above, SpecModel) and isinstance(below, SpecModel):
            update = _merged(below, above, type(above).model_fields)
            values[name] = above.model_copy(update=update)
        else:
            values[name] = above
    return values


def _steps(value: object) -> object:
    if value is None or (isinstance(value, list | tuple) and not value):
        raise ValueRefused("there are no steps", "a pipeline has at least one")
    return value


class Pipeline(SpecModel):
    """A DAG of steps with what starts it and whom it tells.

    Attributes:
        name: Its name; the file's stem unless it is given.
        description: What it is for.
        schedule: When it runs by the clock.
        on: What else starts a run: files that arrive, reports of drift.
        notify: Who is told of what.
        seed: Seed of the random numbers of every step.
        env: What every step runs in.
        defaults: What each step has unless it says otherwise.
        shell: Shell of every step that does not name its own.
        params: Values that a run may override, typed by these defaults.
        max_parallel: Most steps of one run at a time; None leaves it to the machine's slots.
        steps: In the file's order, with `defaults`, `env.vars` and `shell` merged in.
    """

    name: PipelineName
    description: Text = ""
    schedule: Annotated[
        tuple[Schedule, ...],
        BeforeValidator(schedules, json_schema_input_type=str | Schedule | list[str | Schedule]),
    ] = ()
    on: Annotated[
        tuple[Trigger, ...],
        BeforeValidator(triggers, json_schema_input_type=Trigger | list[Trigger]),
    ] = ()
    notify: Annotated[
        tuple[Notify, ...],
        BeforeValidator(notices, json_schema_input_type=str | Notify | list[str | Notify]),
    ] = ()
    params: Params = Field({})
    seed: Annotated[Whole, at_least(0), at_most(MAX_SEED)] | None = None
    env: Annotated[Env, BeforeValidator(mapping)] = Env()
    defaults: Annotated[Defaults, BeforeValidator(mapping)] = Defaults()
    max_parallel: Annotated[Whole, at_least(1), at_most(10_000)] | None = None
    shell: Shell = "sh"
    steps: Annotated[tuple[Step, ...], BeforeValidator(_steps)] = Field(
        json_schema_extra={"minItems": 1}
    )


__all__ = [
    "Cache",
    "DataTrigger",
    "Defaults",
    "DriftTrigger",
    "Env",
    "Foreach",
    "Notify",
    "Param",
    "Pipeline",
    "Resources",
    "Retry",
    "Schedule",
    "SpecModel",
    "Step",
    "Stop",
    "Trigger",
    "inert",
]
