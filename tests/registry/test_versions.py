"""Registering models: once per content, with a record of how each version came to its stage."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trainautod.lineage import Store
from trainautod.lineage.projection import Artifact
from trainautod.lineage.results import AttemptRef
from trainautod.registry import STAGES, Registration, models_document, register, transitions
from trainautod.registry.errors import RegistrationRefused, RegistryError, UnknownModel
from trainautod.registry.stages import REGISTRABLE

Connection = sqlite3.Connection
AT_MS = 1_373_439_600_000
VISIBLE = {
    "model.bin": Artifact("model.bin", "d1", 10),
    "models/other.bin": Artifact("models/other.bin", "d2", 20),
}


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("store") / "store.db"
    Store.open(path).close()
    return path.read_bytes()


@pytest.fixture
def store(tmp_path: Path, empty_store: bytes) -> Iterator[Store]:
    """A store with the runs ``run1`` to ``run9``."""
    path = tmp_path / "store.db"
    path.write_bytes(empty_store)
    store = Store.open(path)
    store.submit(_add_runs, writes=True).result(10)
    yield store
    store.close()


def _add_runs(connection: Connection) -> None:
    connection.execute("INSERT INTO specs VALUES ('spec', '')")
    connection.executemany(
        "INSERT INTO runs (run_id, pipeline, path, spec_digest, status, scheduled_time,"
        " submitted_ms) VALUES (?, 'p', '/p.yaml', 'spec', 'running', '', 0)",
        [(f"run{i}",) for i in range(1, 10)],
    )


def ref(run: int = 1) -> AttemptRef:
    return AttemptRef(f"run{run}", "register", 1)


def wish(name: str = "delays", digest: str = "d1", stage: str = "staging") -> dict[str, Any]:
    told = {"path": "model.bin", "digest": digest, "name": name, "stage": stage}
    return {**told, "metrics": {"roc_auc": 0.91}}


def do(store: Store, *wishes: dict[str, Any], run: int = 1) -> list[int | None]:
    """Register in one transaction, as the success of a step does."""

    def work(connection: Connection) -> list[int | None]:
        return [register(connection, w, ref(run), AT_MS) for w in wishes]

    return store.submit(work, writes=True).result(10)


def models(store: Store) -> list[dict[str, Any]]:
    return store.submit(models_document).result(10)


def moves(store: Store, model: str = "delays") -> list[dict[str, Any]]:
    return list(store.submit(lambda c: transitions(c, model)).result(10))


class TestRegistering:
    def test_the_first_version_is_number_one(self, store: Store) -> None:
        assert do(store, wish()) == [1]
        assert models(store) == [
            {
                "name": "delays",
                "production": None,
                "versions": [
                    {
                        "version": 1,
                        "stage": "staging",
                        "run_id": "run1",
                        "digest": "d1",
                        "path": "model.bin",
                        "metrics": {"roc_auc": 0.91},
                        "created_at": "2013-07-10T07:00:00.000+00:00",
                    }
                ],
            }
        ]

    def test_the_same_content_makes_no_second_version(self, store: Store) -> None:
        assert do(store, wish()) == [1]
        assert do(store, wish(), run=2) == [None]
        assert do(store, wish(), wish(), run=3) == [None, None]
        (model,) = models(store)
        assert [v["run_id"] for v in model["versions"]] == ["run1"]
        assert len(moves(store)) == 1

    def test_other_content_makes_the_next_version(self, store: Store) -> None:
        assert do(store, wish(digest="d1"), wish(digest="d2")) == [1, 2]
        assert do(store, wish(digest="d3"), run=2) == [3]
        (model,) = models(store)
        assert [v["digest"] for v in model["versions"]] == ["d1", "d2", "d3"]

    def test_models_count_for_themselves(self, store: Store) -> None:
        assert do(store, wish("delays"), wish("cancellations"), wish("a.b-c_1")) == [1, 1, 1]
        assert [m["name"] for m in models(store)] == ["a.b-c_1", "cancellations", "delays"]

    def test_parallel_runs_make_one_version_of_one_content(self, store: Store) -> None:
        made: list[list[int | None]] = []
        threads = [
            threading.Thread(
                target=lambda run=run: made.append(do(store, wish(digest=f"d{run % 3}"), run=run))
            )
            for run in range(1, 10)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        numbers = sorted(version for (version,) in made if version is not None)
        assert numbers == [1, 2, 3]
        assert len(models(store)[0]["versions"]) == 3

    def test_a_step_that_fails_registers_nothing(self, store: Store) -> None:
        def work(connection: Connection) -> None:
            register(connection, wish(), ref(), AT_MS)
            raise RuntimeError("the step's end could not be recorded")

        with pytest.raises(RuntimeError):
            store.submit(work, writes=True).result(10)
        assert models(store) == []

    def test_a_version_names_a_run_that_exists(self, store: Store) -> None:
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            store.submit(
                lambda c: register(c, wish(), AttemptRef("ghost", "a", 1), AT_MS), writes=True
            ).result(10)


class TestTransitions:
    def test_reaching_a_stage_is_recorded_with_its_evidence(self, store: Store) -> None:
        do(store, wish(), run=2)
        assert moves(store) == [
            {
                "version": 1,
                "from": "none",
                "to": "staging",
                "actor": "run run2",
                "reason": "registered by step register",
                "at": "2013-07-10T07:00:00.000+00:00",
                "evidence": {"run_id": "run2", "step": "register", "metrics": {"roc_auc": 0.91}},
            }
        ]

    def test_a_version_without_a_stage_has_made_no_move(self, store: Store) -> None:
        assert do(store, wish(stage="none")) == [1]
        assert models(store)[0]["versions"][0]["stage"] == "none"
        assert moves(store) == []

    def test_an_unknown_model_has_none(self, store: Store) -> None:
        with pytest.raises(UnknownModel, match=r"'ghost'; `trainauto models`"):
            moves(store, "ghost")


class TestWishes:
    def record(self, **changes: Any) -> dict[str, Any]:
        plain = {"type": "register_model", "path": "model.bin", "name": "delays"}
        return {**plain, **changes}

    def test_names_what_the_step_can_see(self) -> None:
        found = Registration.from_record(self.record(metrics={"auc": 0.9}), VISIBLE)
        assert found == Registration("model.bin", "d1", "delays", "none", {"auc": 0.9})
        assert json.loads(json.dumps(found.to_json())) == {
            "path": "model.bin",
            "digest": "d1",
            "name": "delays",
            "stage": "none",
            "metrics": {"auc": 0.9},
        }

    @pytest.mark.parametrize("path", ["./model.bin", "models/other.bin"])
    def test_a_path_may_be_written_as_scripts_do(self, path: str) -> None:
        assert Registration.from_record(self.record(path=path), VISIBLE).digest in ("d1", "d2")

    @pytest.mark.parametrize(
        "path", ["missing.bin", "../model.bin", "/etc/passwd", "", "models", None, 7, ["model.bin"]]
    )
    def test_another_path_is_refused(self, path: Any) -> None:
        with pytest.raises(RegistrationRefused, match="neither an output of this step"):
            Registration.from_record(self.record(path=path), VISIBLE)

    @pytest.mark.parametrize(
        "name", ["", " ", "a b", "-x", ".x", "a/b", "naïve", "x" * 129, "x\n", None, 7]
    )
    def test_a_name_that_files_and_urls_cannot_hold_is_refused(self, name: Any) -> None:
        with pytest.raises(RegistrationRefused, match="is not a model name"):
            Registration.from_record(self.record(name=name), VISIBLE)

    def test_the_longest_name_is_128_characters(self) -> None:
        assert Registration.from_record(self.record(name="x" * 128), VISIBLE).name == "x" * 128

    @pytest.mark.parametrize("stage", [None, "", "none", "staging"])
    def test_a_step_may_register_up_to_staging(self, stage: str | None) -> None:
        found = Registration.from_record(self.record(stage=stage), VISIBLE)
        assert found.stage == (stage or "none")

    @pytest.mark.parametrize("stage", [*STAGES[len(REGISTRABLE) :], "best", 7, ["none"]])
    def test_production_is_reached_by_promotion_only(self, stage: Any) -> None:
        with pytest.raises(RegistrationRefused, match="never by a step"):
            Registration.from_record(self.record(stage=stage), VISIBLE)

    @pytest.mark.parametrize("metrics", [[1], "auc", 0.5])
    def test_metrics_have_names(self, metrics: Any) -> None:
        with pytest.raises(RegistrationRefused, match="metrics must be a mapping"):
            Registration.from_record(self.record(metrics=metrics), VISIBLE)


def test_the_stages_are_the_five_of_the_registry() -> None:
    assert STAGES == ("none", "staging", "canary", "production", "archived")
    assert issubclass(RegistrationRefused, RegistryError)
