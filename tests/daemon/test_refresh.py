"""Partial retraining: the named instances are made anew, the others keep their newest result."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon, statuses, step_of

FEATURES = """
name: partial
steps:
  - id: features
    run: cat day.txt > features.txt
    inputs: day.txt
    outputs: features.txt
  - id: encode
    needs: [features]
    foreach: {feature: [near, far, late]}
    refresh: trigger.affected
    run: sh encode.sh {{feature}}
    outputs: '{{feature}}.txt'
  - id: train
    needs: [encode]
    run: cat near.txt far.txt late.txt > model.txt
    outputs: model.txt
"""
NEAR, FAR, LATE = (f"encode[feature={name}]" for name in ("near", "far", "late"))

Affected = Callable[..., dict[str, Any]]


@pytest.fixture
def partial(write: Write, tmp_path: Path) -> Path:
    (tmp_path / "day.txt").write_text("monday\n")
    (tmp_path / "encode.sh").write_text('{ echo "$1"; cat features.txt; } > "$1.txt"\n')
    return write(FEATURES)


@pytest.fixture
def retrain(daemon: LiveDaemon, partial: Path) -> Affected:
    """Run the pipeline as a policy would that names some features."""

    def run(*names: str, **request: Any) -> dict[str, Any]:
        trigger = {"kind": "policy", "policy": "p", "affected": list(names), "cause": "drift"}
        return daemon.run(partial, trigger=trigger, **request)

    return run


def set_day(partial: Path, day: str) -> None:
    (partial.parent / "day.txt").write_text(f"{day}\n")


def model(daemon: LiveDaemon, run: dict[str, Any]) -> list[str]:
    """Return the lines of the run's model: each feature, and the day it was encoded on."""
    (output,) = step_of(run, "train")["outputs"]
    path: Path = daemon.home / "objects" / output["digest"][:2] / output["digest"][2:]
    return path.read_text().split()


def encoded(run: dict[str, Any]) -> dict[str, str]:
    found = statuses(run)
    return {name: found[name] for name in (NEAR, FAR, LATE)}


def test_only_the_named_instances_are_made_anew(
    daemon: LiveDaemon, partial: Path, retrain: Affected
) -> None:
    first = daemon.run(partial)
    set_day(partial, "tuesday")

    run = retrain("far")

    assert encoded(run) == {NEAR: "reused", FAR: "succeeded", LATE: "reused"}
    assert model(daemon, run) == ["near", "monday", "far", "tuesday", "late", "monday"]
    kept = f"kept from run {first['run_id']}: near is not in trigger.affected"
    assert step_of(run, NEAR)["reason"] == kept
    assert daemon.client.explain(run["run_id"], NEAR)["reason"] == kept
    assert step_of(run, FAR)["reason"].startswith("far is in trigger.affected; ")
    assert "features.txt" in step_of(run, FAR)["reason"]


def test_the_newest_result_of_each_is_kept(
    daemon: LiveDaemon, partial: Path, retrain: Affected
) -> None:
    daemon.run(partial)
    set_day(partial, "tuesday")
    second = retrain("far")
    set_day(partial, "wednesday")

    run = retrain("late")

    assert model(daemon, run) == ["near", "monday", "far", "tuesday", "late", "wednesday"]
    assert second["run_id"] in step_of(run, FAR)["reason"]


def test_a_named_instance_whose_inputs_are_as_before_is_reused_as_any_step(
    daemon: LiveDaemon, partial: Path, retrain: Affected
) -> None:
    daemon.run(partial)

    assert set(encoded(retrain("near", "far")).values()) == {"reused"}


def test_a_run_by_hand_goes_by_the_keys(
    daemon: LiveDaemon, partial: Path, retrain: Affected
) -> None:
    daemon.run(partial)
    set_day(partial, "tuesday")
    retrain("far")

    run = daemon.run(partial)

    assert encoded(run) == {NEAR: "succeeded", FAR: "reused", LATE: "succeeded"}
    assert model(daemon, run) == ["near", "tuesday", "far", "tuesday", "late", "tuesday"]


@pytest.mark.parametrize("affected", [(), ("month",)])
def test_a_report_that_names_no_instance_keeps_none_out(
    daemon: LiveDaemon, partial: Path, retrain: Affected, affected: tuple[str, ...]
) -> None:
    daemon.run(partial)
    set_day(partial, "tuesday")

    assert set(encoded(retrain(*affected)).values()) == {"succeeded"}


def test_data_that_the_command_names_are_data(
    daemon: LiveDaemon, partial: Path, retrain: Affected
) -> None:
    text = partial.read_text().replace("    needs: [features]\n    foreach", "    foreach")
    text = text.replace("run: sh encode.sh {{feature}}\n", "run: cat day.txt > {{feature}}.txt\n")
    partial.write_text(text.replace("    refresh:", "    inputs: day.txt\n    refresh:"))
    daemon.run(partial)
    set_day(partial, "tuesday")

    run = retrain("far")

    assert encoded(run) == {NEAR: "reused", FAR: "succeeded", LATE: "reused"}
    assert "code" not in step_of(run, FAR)["reason"]


def test_what_was_never_made_is_made_though_nobody_names_it(retrain: Affected) -> None:
    assert set(encoded(retrain("far")).values()) == {"succeeded"}


@pytest.mark.parametrize("edit", ["script", "template"])
def test_after_an_edit_every_instance_is_made_anew(
    daemon: LiveDaemon, partial: Path, retrain: Affected, edit: str
) -> None:
    daemon.run(partial)
    set_day(partial, "tuesday")
    if edit == "script":
        script = partial.parent / "encode.sh"
        script.write_text(script.read_text() + "true\n")
    else:
        partial.write_text(partial.read_text().replace("{{feature}}\n", "{{feature}} again\n"))

    assert set(encoded(retrain("far")).values()) == {"succeeded"}


def test_a_kept_result_whose_object_is_gone_is_made_anew(
    daemon: LiveDaemon, partial: Path, retrain: Affected
) -> None:
    first = daemon.run(partial)
    (output,) = step_of(first, NEAR)["outputs"]
    (daemon.home / "objects" / output["digest"][:2] / output["digest"][2:]).unlink()
    set_day(partial, "tuesday")

    assert encoded(retrain("far")) == {NEAR: "succeeded", FAR: "succeeded", LATE: "reused"}


def test_a_kept_result_that_is_too_old_is_made_anew(
    daemon: LiveDaemon, partial: Path, retrain: Affected
) -> None:
    partial.write_text(
        partial.read_text().replace("    refresh:", "    cache: {ttl: 1ms}\n    refresh:")
    )
    daemon.run(partial)
    set_day(partial, "tuesday")

    assert set(encoded(retrain("far")).values()) == {"succeeded"}


def test_force_wins_over_refresh(daemon: LiveDaemon, partial: Path, retrain: Affected) -> None:
    daemon.run(partial)
    set_day(partial, "tuesday")

    run = retrain("far", force=["encode"])

    assert set(encoded(run).values()) == {"succeeded"}


def test_a_trigger_that_names_no_list_fails_the_step_with_what_is_wrong(
    daemon: LiveDaemon, partial: Path
) -> None:
    daemon.run(partial)
    set_day(partial, "tuesday")
    run = daemon.run(partial, trigger={"kind": "policy", "affected": 3, "cause": "drift"})

    assert run["status"] == "failed"
    assert "trigger.affected" in run["error"]["message"]
