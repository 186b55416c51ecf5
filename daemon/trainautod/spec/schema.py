"""JSON Schema of the three documents, for completion and checks in editors."""

from typing import Any

from pydantic.json_schema import models_json_schema

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
    for definition in definitions.values():
        _tidy(definition)
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


def _tidy(definition: dict[str, Any]) -> None:
    """Take the descriptions of keys from the docstring, and drop titles that repeat names."""
    definition.pop("title", None)
    text, _, attributes = definition.get("description", "").partition("Attributes:")
    definition["description"] = " ".join(text.split())
    described = _described(attributes)
    for key, value in definition.get("properties", {}).items():
        value.pop("title", None)
        for name in (key, f"{key}_s", f"{key}_bytes"):
            if name in described:
                value.setdefault("description", described[name])


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
