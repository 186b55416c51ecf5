"""The format of pipelines, policies and sweep policies: YAML in, frozen models out.

The names are loaded when they are first used: pydantic and ruamel.yaml take 0.2 s to import, which
a module that only wants a `Day` or a `Cron` should not cost its user.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOMES = {
    "Day": "day",
    "Expression": "expressions",
    "ExpressionError": "errors",
    "Pipeline": "model",
    "Policy": "policy",
    "Problem": "errors",
    "SpecInvalid": "errors",
    "Step": "model",
    "SweepPolicy": "sweep_policy",
    "Template": "templates",
    "json_schema": "schema",
    "load": "reader",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'trainautod.spec' has no attribute '{name}'")
    found: object = getattr(import_module(f"trainautod.spec.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
