"""JSON Schema of the three documents, for completion and checks in editors."""

from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from pydantic.json_schema import models_json_schema

from trainautod.spec.base import SpecModel
from trainautod.spec.model import STEP_ALIASES, Pipeline
from trainautod.spec.policy import Policy
from trainautod.spec.sweep_policy import BUDGETS, SweepPolicy

#: Raised when a file that was valid may no longer be.
FORMAT_VERSION = 1


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of what `load` accepts, generated from the models."""
    kinds = (Pipeline, Policy, SweepPolicy)
    _, schema = models_json_schema([(kind, "validation") for kind in kinds], by_alias=True)
    definitions = schema["$defs"]
    for model in _models(SpecModel):
        if model.__name__ in definitions:
            _tidy(definitions[model.__name__], model)
    for kind in kinds:
        definitions[kind.__name__]["required"].remove("name")  # the file's stem stands in
    _add_aliases(definitions["Step"])
    definitions["SweepPolicy"]["anyOf"] = [{"required": [budget]} for budget in BUDGETS]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "trainauto",
        "description": "A pipeline, a policy, or a sweep policy.",
        "version": FORMAT_VERSION,
        "anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in kinds],
        "$defs": definitions,
    }


def _models(parent: type[SpecModel]) -> Iterator[type[SpecModel]]:
    for model in parent.__subclasses__():
        yield model
        yield from _models(model)


def _tidy(definition: dict[str, Any], model: type[SpecModel]) -> None:
    """Take the descriptions of keys from the docstring, and drop what only repeats names."""
    definition.pop("title", None)
    described: dict[str, str] = {}
    for parent in reversed([each for each in model.__mro__ if issubclass(each, SpecModel)]):
        text, _, attributes = cleandoc(parent.__doc__ or "").partition("Attributes:")
        described |= _described(attributes)
    definition["description"] = " ".join(text.split())
    for name, field in model.model_fields.items():
        value = definition["properties"][field.alias or name]
        value.pop("title", None)
        if isinstance(value.get("default"), dict | list | None):
            value.pop("default", None)
        value["description"] = described[name]


def _described(attributes: str) -> dict[str, str]:
    """Names to texts of a docstring's attributes; continuation lines are indented further."""
    described: dict[str, str] = {}
    name = ""
    for line in attributes.splitlines():
        head, colon, rest = line.strip().partition(": ")
        if colon and head.isidentifier():
            name = head
            described[name] = rest
        elif name and line.strip():
            described[name] += " " + line.strip()
    return described


def _add_aliases(step: dict[str, Any]) -> None:
    properties = step["properties"]
    for alias, name in STEP_ALIASES.items():
        properties[alias] = {**properties[name], "description": f"The same as '{name}'."}
    step["required"] = ["id"]
    step["oneOf"] = [{"required": ["run"]}, {"required": ["command"]}]
    step["not"] = {"required": ["needs", "depends"]}
