"""What pipelines.md says of the format is what the code does."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel

from tests.docs.pages import DOCS
from trainautod.runtime import environment
from trainautod.spec import Pipeline, SpecInvalid, Step, load
from trainautod.spec.cron import NICKNAMES, Cron
from trainautod.spec.duration import parse as seconds
from trainautod.spec.grammar import FUNCTIONS
from trainautod.spec.model import (
    INERT_KEYS,
    STEP_ALIASES,
    Cache,
    Env,
    Resources,
    Retry,
    Schedule,
    Stop,
)
from trainautod.triggers.cron import next_fire

TEXT = (DOCS / "pipelines.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("|")
]
NESTED = {"retry": Retry(), "stop": Stop(), "resources": Resources(), "cache": Cache()}


def key_of(model: type[BaseModel], field: str) -> str:
    return model.model_fields[field].alias or field


@pytest.mark.parametrize("model", [Pipeline, Step, Env, Schedule], ids=lambda one: one.__name__)
def test_each_key_has_its_row(model: type[BaseModel]) -> None:
    for field in model.model_fields:
        key = key_of(model, field)
        assert any(row[0].startswith(f"`{key}`") for row in ROWS), key


@pytest.mark.parametrize("section", NESTED)
def test_each_key_of_a_section_has_its_row_with_its_default(section: str) -> None:
    told = rows_of(section)
    for field in type(NESTED[section]).model_fields:
        shown = told[key_of(type(NESTED[section]), field)]
        default = getattr(NESTED[section], field)
        if field.endswith("_s") and default is not None:
            assert seconds(shown.strip("`")) == default, field
        elif default not in (None, ()):
            assert shown == f"`{plain(default)}`", field
        else:
            assert "`" not in shown, field


def rows_of(section: str) -> dict[str, str]:
    """Key to default in the table of nested keys, where an empty first cell goes on."""
    found: dict[str, str] = {}
    current = ""
    for first, *rest in (row for row in ROWS if len(row) == 4):
        current = first or current
        if current == f"`{section}`" and rest[0].startswith("`"):
            found[rest[0].strip("`")] = rest[1]
    return found


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def test_aliases_functions_and_nicknames_are_named() -> None:
    for alias, name in STEP_ALIASES.items():
        assert f"`{name}` (`{alias}`)" in TEXT
    for word in (*FUNCTIONS, *NICKNAMES):
        assert re.search(rf"(?<!\w){re.escape(word)}(?!\w)", TEXT), word


def test_what_has_no_effect_is_named_and_refused() -> None:
    told = TEXT.partition("## Not acted on yet")[2]
    steps = "steps: [{id: a, run: echo}]\n"
    for key in INERT_KEYS:
        assert f"`{key}`" in told
        with pytest.raises(SpecInvalid, match="does not act on it"):
            load(f"{key}: {{}}\n{steps}", "refused.yaml")


def test_the_variables_of_a_step_are_named() -> None:
    known = set(re.findall(r"[A-Z][A-Z_]+", TEXT))
    assert set(environment._PASSED) <= known
    told = re.findall(r"TRAINAUTO_[A-Z_]+", str(environment._identity.__code__.co_consts))
    assert told
    assert set(told) <= known


NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("cron", "after", "fires"),
    [
        ("30 2 * * *", datetime(2025, 3, 9, 0, tzinfo=NEW_YORK), ["2025-03-09T03:00:00-04:00"]),
        (
            "30 1 * * *",
            datetime(2025, 11, 2, 0, tzinfo=NEW_YORK),
            ["2025-11-02T01:30:00-04:00", "2025-11-03T01:30:00-05:00"],
        ),
        (
            "30 * * * *",
            datetime(2025, 11, 2, 1, tzinfo=NEW_YORK),
            ["2025-11-02T01:30:00-04:00", "2025-11-02T01:30:00-05:00"],
        ),
    ],
    ids=["forward", "back", "every hour"],
)
def test_schedules_do_what_is_said_when_clocks_change(
    cron: str, after: datetime, fires: list[str]
) -> None:
    for expected in fires:
        found = next_fire(Cron.parse(cron), NEW_YORK, after)
        assert found is not None
        assert found.timestamp() == datetime.fromisoformat(expected).timestamp()
        after = found
