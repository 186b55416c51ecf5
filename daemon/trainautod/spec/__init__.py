"""The format of pipelines, policies and sweep policies: YAML in, frozen models out."""

from trainautod.spec.day import Day
from trainautod.spec.errors import ExpressionError, Problem, SpecInvalid
from trainautod.spec.expressions import Expression
from trainautod.spec.model import Pipeline, Step
from trainautod.spec.policy import Policy
from trainautod.spec.reader import load
from trainautod.spec.schema import json_schema
from trainautod.spec.sweep_policy import SweepPolicy
from trainautod.spec.templates import Template

__all__ = [
    "Day",
    "Expression",
    "ExpressionError",
    "Pipeline",
    "Policy",
    "Problem",
    "SpecInvalid",
    "Step",
    "SweepPolicy",
    "Template",
    "json_schema",
    "load",
]
