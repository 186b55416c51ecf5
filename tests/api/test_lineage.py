"""From data to runs to models and back, one step at a time."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon, step_of
from tests.support.plain_http import ask
from trainautod.home import socket_path

PIPELINE = """
name: churn
steps:
  - {{id: fetch, run: 'cat in* | tr a-z A-Z > raw.txt', inputs: [in.txt]}}
  - {{id: train, needs: [fetch], run: 'cat raw.txt raw.txt > model.bin'}}
  - id: register
    needs: [train]
    run: >-
      echo '{{"type": "register_model", "path": "model.bin", "name": "{model}",
      "metrics": {{"auc": 0.91234567}}}}' >> "$TRAINAUTO_RECORDS"
"""


class Chain(NamedTuple):
    """A run of three steps that registered a model, and a second one that reused them all."""

    daemon: LiveDaemon
    run: dict[str, Any]
    again: dict[str, Any]
    model: str

    def ask(self, of: str) -> tuple[Any, list[str], list[str]]:
        """Return a node, and what is up and down of it, as ``kind:label``."""
        found = self.daemon.client.lineage(of)
        up, down = ([f"{n['kind']}:{n['label']}" for n in found[way]] for way in ("up", "down"))
        return found["node"], up, down

    def digest(self, step: str) -> str:
        return str(step_of(self.run, step)["outputs"][0]["digest"])


@pytest.fixture
def chain(daemon: LiveDaemon, write: Write, tmp_path: Path) -> Chain:
    unique = tmp_path.name.replace("_", "-")
    (tmp_path / "in.txt").write_text(f"data of {unique}\n")
    pipeline = write(PIPELINE.format(model=unique))
    return Chain(daemon, daemon.run(pipeline), daemon.run(pipeline), unique)


def test_a_run_comes_from_its_inputs_and_leads_to_its_steps(chain: Chain) -> None:
    run_id = chain.run["run_id"]

    node, up, down = chain.ask(run_id)

    assert (node["kind"], node["id"], node["label"]) == ("run", run_id, "churn")
    assert (node["status"], node["at"]) == ("succeeded", chain.run["started_at"])
    assert node["detail"].startswith("manual, for 20")
    assert up == ["artifact:in.txt"]
    assert down == ["step:fetch", "step:train", "step:register", "run:churn"]


def test_a_step_comes_from_what_it_used_and_leads_to_what_it_made(chain: Chain) -> None:
    run_id = chain.run["run_id"]

    assert chain.ask(f"{run_id}/fetch")[1:] == (
        ["run:churn", "artifact:in.txt"],
        ["artifact:raw.txt", "step:fetch"],
    )
    assert chain.ask(f"step:{run_id}/train")[1:] == (
        ["run:churn", "artifact:raw.txt"],
        ["artifact:model.bin", "step:train"],
    )
    assert chain.ask(f"{run_id}/register")[1:] == (
        ["run:churn", "artifact:model.bin", "artifact:raw.txt"],
        [f"version:{chain.model}@1", "step:register"],
    )


def test_a_file_comes_from_who_made_it_and_leads_to_who_used_it(chain: Chain) -> None:
    node, up, down = chain.ask(f"artifact:{chain.digest('train')}")

    assert (node["label"], node["detail"]) == ("model.bin", f"output, {node['detail'][8:]}")
    assert up == ["step:train"]
    assert down == [f"version:{chain.model}@1", "step:register"]
    assert chain.ask(chain.digest("train")[:20])[0] == node


def test_a_file_from_outside_comes_from_nowhere(chain: Chain) -> None:
    made = chain.daemon.client.lineage(chain.run["run_id"])["up"][0]

    node, up, down = chain.ask(f"artifact:{made['id']}")

    assert (node["label"], node["detail"]) == ("in.txt", "input")
    assert (up, down) == ([], ["step:fetch"])


def test_a_version_comes_from_its_file_and_the_step_that_registered_it(chain: Chain) -> None:
    node, up, down = chain.ask(f"{chain.model}@1")

    assert (node["id"], node["status"], node["detail"]) == (
        f"{chain.model}@1",
        "none",
        "auc 0.9123",
    )
    assert (up, down) == (["step:register", "artifact:model.bin"], [])
    assert chain.ask(f"version:{chain.model}@v1")[0] == node


def test_a_reused_result_leads_from_its_source(chain: Chain) -> None:
    source, again = chain.run["run_id"], chain.again["run_id"]

    _, up, _ = chain.ask(again)
    node, step_up, down = chain.ask(f"{again}/train")

    assert up == ["run:churn"]
    assert node["detail"] == f"churn, reused from {source}"
    assert step_up == ["run:churn", "step:train"]
    assert down == ["artifact:model.bin"]
    assert chain.daemon.client.lineage(f"{again}/train")["up"][1]["id"] == f"{source}/train"


def test_every_neighbour_can_be_asked_about(chain: Chain) -> None:
    seen: set[str] = set()
    todo = [f"run:{chain.run['run_id']}"]
    while todo:
        found = chain.daemon.client.lineage(todo.pop())
        assert found["more"] == {"up": False, "down": False}
        names = {f"{node['kind']}:{node['id']}" for node in [*found["up"], *found["down"]]}
        todo += names - seen
        seen |= names
    kinds = {name.partition(":")[0] for name in seen}
    assert kinds == {"run", "step", "artifact", "version"}
    assert len(seen) == 2 + 6 + 3 + 1


@pytest.mark.parametrize(
    "of", ["run:zzz", f"artifact:{64 * chr(48)}", "nobody@3", "latest/none", "what"]
)
def test_an_unknown_thing_is_not_found(chain: Chain, of: str) -> None:
    assert ask(socket_path(chain.daemon.home), "GET", f"/lineage?of={of}").status == 404
