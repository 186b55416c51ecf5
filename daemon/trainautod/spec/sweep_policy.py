"""Sweep policies: the budget of a search, what it prunes, and what it looks for."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from trainautod.spec.document import Plain
from trainautod.spec.errors import ValueRefused
from trainautod.spec.fields import (
    Bytes,
    Filled,
    Number,
    PipelineName,
    Text,
    Timeout,
    Whole,
    at_least,
    at_most,
    found,
    one_of,
    text,
)
from trainautod.spec.model import MAX_SEED, SpecModel
from trainautod.spec.suggestion import did_you_mean

#: The rules that end a trial early.
PRUNING_RULES = ("median_stopping_rule", "percentile", "asha", "hyperband", "none")

SAMPLERS = ("tpe", "random", "grid", "cmaes", "gp", "qmc")

#: Keys of which at least one bounds a sweep.
BUDGETS = ("max_time", "trials", "max_cost")

_GOALS = {"maximize": "maximize", "max": "maximize", "minimize": "minimize", "min": "minimize"}
_GOAL = re.compile(r"\s*(\w+)\s+([A-Za-z_][\w.\-/]*)\s*", re.ASCII)
_PRUNING = re.compile(r"([a-z_]+)(?:@(\d{1,9}))?", re.ASCII)


class Pruning(SpecModel):
    """A rule that ends trials early.

    Attributes:
        rule: Its name.
        at: The number after its ``@``, such as the steps before a trial can be ended.
    """

    rule: Annotated[Text, one_of(*PRUNING_RULES), WithJsonSchema({"enum": list(PRUNING_RULES)})]
    at: Annotated[Whole, at_least(0)] | None = None


class Objective(SpecModel):
    """One metric to optimise.

    Attributes:
        metric: Its name.
        goal: Which way is better.
        tolerance: How much worse still counts as equal.
    """

    metric: Filled
    goal: Annotated[
        Text, one_of("maximize", "minimize"), WithJsonSchema({"enum": ["maximize", "minimize"]})
    ]
    tolerance: Annotated[Number, at_least(0)] | None = None


def _pruning(value: object) -> object:
    if not isinstance(value, str | Plain):
        return value
    match = _PRUNING.fullmatch(text(value).strip())
    if match is None or match[1] not in PRUNING_RULES:
        word = text(value).partition("@")[0].strip()
        hint = did_you_mean(word, PRUNING_RULES) or f"one of {', '.join(PRUNING_RULES)}"
        raise ValueRefused(f"'{text(value)[:60]}' is not a pruning rule", hint)
    return {"rule": match[1], "at": int(match[2]) if match[2] else None}


def _objectives(value: object) -> object:
    several = text(value).split(",") if isinstance(value, str | Plain) else value
    if not isinstance(several, list | tuple):
        raise ValueRefused(f"expected 'maximize METRIC', found {found(value)}")
    if not several:
        raise ValueRefused("the list of objectives is empty", "write it as: maximize METRIC")
    return [_objective(each) for each in several]


def _objective(value: object) -> object:
    if not isinstance(value, str | Plain):
        return value
    match = _GOAL.fullmatch(text(value))
    if match is None or match[1] not in _GOALS:
        raise ValueRefused(
            f"'{text(value).strip()[:60]}' is not an objective", "write it as: maximize METRIC"
        )
    return {"metric": match[2], "goal": _GOALS[match[1]]}


class SweepPolicy(SpecModel):
    """What a sweep may use, and what it looks for.

    Attributes:
        name: Its name; the file's stem unless it is given.
        max_time_s: Wall time of the whole sweep.
        max_parallel: Most trials at a time.
        max_cpus: Most CPUs of all its trials together.
        max_memory_bytes: Most memory of all its trials together.
        max_cost: Most cost, in whatever unit trials report.
        trials: Most trials.
        trial_timeout_s: Time of one trial.
        pruning: When a trial is ended early.
        objective: Metrics, the first of them decisive, later ones breaking ties.
        sampler: What proposes the parameters of the next trial.
        seed: Seed of the sampler.
        stop: How trials in flight end with the budget.
    """

    name: PipelineName
    max_time_s: Timeout | None = Field(None, alias="max_time")
    max_parallel: Annotated[Whole, at_least(1), at_most(10_000)] | None = None
    max_cpus: Annotated[Number, at_least(0, inclusive=False)] | None = None
    max_memory_bytes: Bytes | None = Field(None, alias="max_memory")
    max_cost: Annotated[Number, at_least(0, inclusive=False)] | None = None
    trials: Annotated[Whole, at_least(1), at_most(1_000_000)] | None = None
    trial_timeout_s: Timeout | None = Field(None, alias="trial_timeout")
    pruning: Annotated[Pruning, BeforeValidator(_pruning, json_schema_input_type=str | Pruning)] = (
        Pruning(rule="none")
    )
    objective: Annotated[
        tuple[Objective, ...],
        BeforeValidator(_objectives, json_schema_input_type=str | list[str | Objective]),
    ] = ()
    sampler: Annotated[Text, one_of(*SAMPLERS), WithJsonSchema({"enum": list(SAMPLERS)})] = "tpe"
    seed: Annotated[Whole, at_least(0), at_most(MAX_SEED)] | None = None
    stop: Annotated[
        Text, one_of("graceful", "asap"), WithJsonSchema({"enum": ["graceful", "asap"]})
    ] = "graceful"

    def model_post_init(self, context: Any) -> None:
        """Refuse a sweep that nothing would ever end."""
        if self.max_time_s is None and self.trials is None and self.max_cost is None:
            raise ValueRefused("the sweep has no budget", f"set one of {', '.join(BUDGETS)}")
