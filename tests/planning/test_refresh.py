"""Which instances ``refresh`` makes anew, and what may have changed since one is kept."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainautod.planning.key import KeyInputs
from trainautod.planning.refresh import Choice, Refresh, is_settled, is_written_alike
from trainautod.spec import ExpressionError, Step

BEFORE = KeyInputs(
    command="python encode.py --feature distance",
    shell="sh",
    code={"encode.py": "c0de"},
    inputs={"data.csv": "0ld"},
    upstream={"features.parquet": "0ld"},
    outputs=("encoders/distance.json",),
    env={"DAY": "2013-07-01"},
    params={},
    seed=42,
    environment={"numpy": "2.0"},
)


def step(**keys: Any) -> Step:
    return Step.model_validate(
        {
            "id": "encode",
            "foreach": {"feature": ["dep_delay", "distance"]},
            "refresh": "trigger.affected",
            "run": "python encode.py --feature {{feature}}",
            **keys,
        }
    )


FEATURES = ("dep_delay", "distance", "carrier")


def choose(told: Step, trigger: dict[str, Any], **item: Any) -> Choice | None:
    refresh = Refresh.of(told)
    assert refresh is not None
    values = {"feature": FEATURES, "fold": ("1", "2")}
    return refresh.choose({"trigger": trigger, **item}, values)


def test_what_the_trigger_names_is_chosen_and_nothing_else() -> None:
    affected = {"kind": "policy", "affected": ["dep_delay", "month"]}
    assert choose(step(), affected, feature="dep_delay") == Choice(
        True, "dep_delay is in trigger.affected"
    )
    assert choose(step(), affected, feature="distance") == Choice(
        False, "distance is not in trigger.affected"
    )


@pytest.mark.parametrize(
    "trigger",
    [
        {"kind": "manual"},
        {"kind": "cron", "slot": "x"},
        {"kind": "policy", "affected": []},
        {"kind": "policy", "affected": ["month"]},
    ],
)
def test_a_run_whose_trigger_names_no_instance_has_no_choice(trigger: dict[str, Any]) -> None:
    assert choose(step(), trigger, feature="distance") is None


def test_a_step_without_refresh_has_no_choice() -> None:
    assert Refresh.of(step(refresh=None)) is None


def test_with_several_names_each_one_that_is_told_must_be_named() -> None:
    told = step(
        foreach={"feature": list(FEATURES), "fold": [1, 2]},
        refresh={"feature": "trigger.affected", "fold": "trigger.folds"},
        run="true",
    )
    trigger = {"affected": ["carrier"], "folds": [2]}
    both = "carrier is in trigger.affected, 2 is in trigger.folds"
    assert choose(told, trigger, feature="carrier", fold=2) == Choice(True, both)
    for feature, fold, reason in (
        ("carrier", 1, "1 is not in trigger.folds"),
        ("distance", 2, "distance is not in trigger.affected"),
    ):
        assert choose(told, trigger, feature=feature, fold=fold) == Choice(False, reason)


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(ExpressionError):
        choose(step(), {"affected": 3}, feature="distance")


@given(
    named=st.lists(st.sampled_from([*FEATURES, "month"]), unique=True),
    feature=st.sampled_from(FEATURES),
)
def test_an_instance_is_made_anew_exactly_when_it_is_named(named: list[str], feature: str) -> None:
    found = choose(step(), {"affected": named}, feature=feature)
    assert (found is None) == (not set(named) & set(FEATURES))
    assert found is None or found.chosen == (feature in named)


DATA: list[dict[str, Any]] = [
    {"inputs": {"data.csv": "new"}},
    {"upstream": {"features.parquet": "new"}},
    {"env": {"DAY": "2013-07-02"}},
    {"command": "python encode.py --feature distance --day 2"},
    {"outputs": ("encoders/2.json",)},
]
SETTINGS: list[dict[str, Any]] = [
    {"code": {"encode.py": "edited"}},
    {"shell": "bash"},
    {"params": {"folds": 3}},
    {"seed": 43},
    {"environment": {"numpy": "2.1"}},
]


@pytest.mark.parametrize("other", DATA)
def test_other_data_leave_a_result_settled(other: dict[str, Any]) -> None:
    assert is_settled(BEFORE, replace(BEFORE, **other))


@pytest.mark.parametrize("other", SETTINGS)
def test_other_code_settings_or_environment_do_not(other: dict[str, Any]) -> None:
    assert not is_settled(BEFORE, replace(BEFORE, **other))


def test_a_step_is_written_alike_whatever_its_lists_and_limits_are() -> None:
    assert is_written_alike(step(), step(foreach={"feature": ["carrier"]}, timeout="5m"))


@pytest.mark.parametrize(
    "edit",
    [
        {"run": "python encode.py --bins 10 --feature {{feature}}"},
        {"inputs": ["more.csv"]},
        {"outputs": ["{{feature}}.json"]},
        {"env": {"BINS": "10"}},
        {"shell": "bash"},
        {"needs": ["features"]},
    ],
)
def test_an_edit_of_its_templates_is_seen(edit: dict[str, Any]) -> None:
    assert not is_written_alike(step(), step(**edit))
