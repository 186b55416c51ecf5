"""The JSON Schema: its form, that it describes every key, and that it takes what `load` takes.

No validator is installed, so a small one for the words that the schema uses stands here.
"""

import json
import re
from typing import Any

import pytest

from tests.spec.specs import FULL, POLICY, SWEEP, WEEKLY, short
from trainautod.spec import json_schema
from trainautod.spec.document import Plain, data, read

SCHEMA = json_schema()


def valid(value: object, schema: dict[str, Any]) -> bool:
    """Whether `value` is valid; knows the words that our schema uses, and fails on any other."""
    return all(_word(word, schema, value) for word in schema)


def _word(word: str, schema: dict[str, Any], value: object) -> bool:
    wanted = schema[word]
    match word:
        case "$ref":
            return valid(value, SCHEMA["$defs"][wanted.rpartition("/")[2]])
        case "anyOf":
            return any(valid(value, each) for each in wanted)
        case "oneOf":
            return sum(valid(value, each) for each in wanted) == 1
        case "not":
            return not valid(value, wanted)
        case "type":
            return any(
                _is(value, each) for each in ([wanted] if isinstance(wanted, str) else wanted)
            )
        case "enum":
            return value in wanted
        case "pattern":
            return not isinstance(value, str) or bool(re.search(wanted, value))
        case "maxLength":
            return not isinstance(value, str) or len(value) <= wanted
        case "minimum":
            return not _is(value, "number") or value >= wanted
        case "items":
            return not isinstance(value, list) or all(valid(each, wanted) for each in value)
        case "minItems":
            return not isinstance(value, list) or len(value) >= wanted
        case "required":
            return not isinstance(value, dict) or all(key in value for key in wanted)
        case "properties" | "patternProperties" | "additionalProperties" | "propertyNames":
            return not isinstance(value, dict) or _keys(word, schema, value)
        case "description" | "default" | "examples" | "$schema" | "title" | "version" | "$defs":
            return True
    raise AssertionError(f"a word that editors may read otherwise: {word}")


def _keys(word: str, schema: dict[str, Any], value: dict[str, object]) -> bool:
    wanted = schema[word]
    if word == "properties":
        return all(valid(value[key], each) for key, each in wanted.items() if key in value)
    if word == "propertyNames":
        return all(valid(key, wanted) for key in value)
    if word == "patternProperties":
        return all(
            valid(each, inner)
            for pattern, inner in wanted.items()
            for key, each in value.items()
            if re.search(pattern, key)
        )
    known = set(schema.get("properties", {}))
    return wanted is not False or set(value) <= known


def _is(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    kinds: dict[str, type | tuple[type, ...]] = {
        "string": str, "integer": int, "number": (int, float), "object": dict, "array": list,
        "null": type(None),
    }  # fmt: skip
    return name in kinds and isinstance(value, kinds[name])


def instance(text: str) -> object:
    """A document as an editor sees it."""

    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        if isinstance(value, list):
            return [plain(each) for each in value]
        return value.value if isinstance(value, Plain) else value

    return plain(data(read(text, "a.yaml")[0]))


@pytest.mark.parametrize("text", [WEEKLY, FULL, POLICY, SWEEP], ids=short)
def test_the_documents_of_these_tests_are_valid(text: str) -> None:
    assert valid(instance(text), SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "steps: []",
        "steps: [{id: a}]",
        "steps: [{id: a, run: x, need: b}]",
        "steps: [{id: a b, run: x}]",
        "steps: [{id: a, run: x, command: x}]",
        "steps: [{id: a, run: x, needs: [b], depends: [b]}]",
        "steps: [{id: a, run: x, timeout: soon}]",
        "steps: [{id: a, run: x, shell: zsh}]",
        "steps: [{id: a, run: x, cache: maybe}]",
        "steps: [{id: a, run: x, resources: {memory: 4XB}}]",
        "steps: [{id: a, run: x}]\ngate: {}",
        "on: x\nif: y",
        "max_parallel: 3",
        "trials: 3\nstop: later",
    ],
)
def test_documents_with_faults_that_an_editor_can_see_are_not(text: str) -> None:
    assert not valid(instance(text), SCHEMA)


def test_it_is_plain_json_of_the_2020_draft_and_has_a_version() -> None:
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["version"] == 1


def test_every_reference_leads_somewhere() -> None:
    references = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(SCHEMA)))
    assert references <= set(SCHEMA["$defs"])
    assert {"Pipeline", "Policy", "SweepPolicy", "Step"} <= references


def test_every_key_is_described_by_its_name_in_files() -> None:
    for name, definition in SCHEMA["$defs"].items():
        assert definition["description"], name
        for key, value in definition["properties"].items():
            assert value["description"], f"{name}.{key}"
            assert not key.endswith(("_s", "_bytes")), f"{name}.{key}"


def test_aliases_are_offered() -> None:
    properties = SCHEMA["$defs"]["Step"]["properties"]
    assert {"needs", "depends", "run", "command"} <= set(properties)


def test_each_call_gives_a_schema_of_its_own() -> None:
    json_schema()["$defs"].clear()
    assert json_schema() == SCHEMA
